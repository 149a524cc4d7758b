// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import '../../elements/tw-empty';
import '../../elements/tw-error';
import { zone } from '../../format';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { rest, textOf } from '../../rest';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { desk, path, patience, problemsOf, type ManifestState } from './desk';
import './diff';
import './editor';
import { outcome } from './outcome';
import { partStyles } from './styles';

interface Version {
  version: number;
  time: string;
  by: string;
  comment: string;
  hash: string;
  is_current: boolean;
  text?: string;
}

/** What was the manifest, and the way back. */
@customElement('config-versions')
export class ConfigVersions extends LitElement {
  static override styles = [
    shared,
    partStyles,
    css`
      config-editor {
        height: 45vh;
      }
      config-diff {
        max-height: 45vh;
      }
    `,
  ];
  @state() private versions: Version[] | null = null;
  @state() private open: Version | null = null;
  @state() private running: ManifestState | null = null;
  @state() private view = 'diff';
  @state() private isGoingBack = false;
  @state() private isBusy = false;
  @state() private refusal = '';
  #loader = new Loader(this, async (signal) => {
    this.versions = (await rest<{ versions: Version[] }>(`${path}/versions`, { signal })).versions;
  });
  #looker = new Loader(this, (signal) => this.#read(signal));
  #wanted = 0;
  #known = '';

  constructor() {
    super();
    new Watch(this, desk, zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#known = this.#state;
    desk.listen();
    void this.#loader.load();
  }

  get #state(): string {
    return `${desk.outcome?.version ?? 0} ${desk.outcome?.state ?? ''}`;
  }

  override willUpdate(): void {
    if (this.#known === this.#state) return;
    this.#known = this.#state;
    if (desk.outcome?.state !== 'going') void this.#loader.load();
  }

  #look(version: number): void {
    this.#wanted = version;
    void this.#looker.load();
  }

  async #read(signal: AbortSignal): Promise<void> {
    const options = { signal, timeoutMs: patience };
    const [kept, running] = await Promise.all([
      rest<Version>(`${path}/versions/${this.#wanted}`, options),
      rest<ManifestState>(path, options),
    ]);
    // Somebody may have changed the file since; what runs is kept as a version then.
    if (!running.is_running) running.text = (await rest<Version>(`${path}/versions/${running.version}`, options)).text ?? '';
    this.running = running;
    this.view = kept.is_current ? 'text' : 'diff';
    this.isGoingBack = false;
    this.refusal = '';
    this.open = kept;
  }

  async #goBack(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { open } = this;
    if (!open) return;
    const comment = String(new FormData(event.target as HTMLFormElement).get('comment') ?? '');
    this.isBusy = true;
    this.refusal = '';
    try {
      const body = comment ? { comment } : {};
      const { version } = await rest<{ version: number }>(`${path}/versions/${open.version}/rollback`, { method: 'POST', body, timeoutMs: patience });
      this.open = null;
      desk.follow(version);
    } catch (problem) {
      const problems = problemsOf(problem) ?? [];
      this.refusal = [textOf(problem), ...problems.slice(0, 5).map(({ message }) => message)].join('; ');
    }
    this.isBusy = false;
  }

  #row(version: Version) {
    const text = texts.configuration.versions;
    return html`<tr>
      <td class="number">${version.version}${version.is_current ? html` <strong class="chip">${text.current}</strong>` : ''}</td>
      <td>${zone.row(version.time)}</td>
      <td>${version.by}</td>
      <td>${version.comment}</td>
      <td class="mono late" title=${version.hash}>${version.hash.slice(0, 12)}</td>
      <td class="acts"><button aria-label=${text.lookAt(version.version)} @click=${() => this.#look(version.version)}>${text.look}</button></td>
    </tr>`;
  }

  #backForm() {
    const text = texts.configuration;
    return html`<form id="back" class="stack" @submit=${(event: SubmitEvent) => void this.#goBack(event)}>
      <p>${text.apply.again}</p>
      <p class="muted">${text.apply.back}</p>
      <label class="field">${text.versions.backComment} <input name="comment" maxlength="1000" /></label>
      <button class="primary" ?disabled=${this.isBusy}>${this.isBusy ? text.busy : text.versions.backNow}</button>
    </form>`;
  }

  #dialog(open: Version) {
    const text = texts.configuration.versions;
    const heading = this.isGoingBack ? text.backHeading(open.version) : text.heading(open.version);
    const mayGoBack = !open.is_current && this.running?.can_apply === true && desk.outcome?.state !== 'going';
    return html`<tw-dialog wide .heading=${heading} @closed=${() => (this.open = null)}>
      <div class="stack">
        <p class="small muted">${zone.dateTime(open.time)} ${zone.mark(Date.parse(open.time))}, ${open.by} ${open.comment}</p>
        <div class="bar">
          ${Object.entries(text.views).map(
            ([id, label]) =>
              html`<button aria-pressed=${this.view === id ? 'true' : 'false'} @click=${() => (this.view = id)}>${label}</button>`,
          )}
        </div>
        ${this.view === 'text'
          ? html`<config-editor isReadOnly .label=${text.text(open.version)} .value=${open.text ?? ''}></config-editor>`
          : html`<config-diff .older=${this.running?.text ?? ''} .newer=${open.text ?? ''}></config-diff>`}
        ${this.refusal ? html`<tw-error .heading=${texts.configuration.apply.refused} .text=${this.refusal}></tw-error>` : ''}
        ${this.isGoingBack ? this.#backForm() : ''}
      </div>
      <div slot="buttons" class="row">
        ${mayGoBack && !this.isGoingBack ? html`<button @click=${() => (this.isGoingBack = true)}>${text.back}</button>` : ''}
        <button @click=${() => (this.open = null)}>${texts.common.close}</button>
      </div>
    </tw-dialog>`;
  }

  #table(versions: readonly Version[]) {
    const text = texts.configuration.versions;
    if (versions.length === 0) return html`<tw-empty .heading=${text.none}></tw-empty>`;
    return html`<div class="sheet" role="region" tabindex="0" aria-label=${texts.configuration.tabs.versions!}>
      <table>
        <thead>
          <tr>
            <th class="number">${text.version}</th>
            <th>${text.when} <span class="muted">${zone.name}</span></th>
            <th>${text.by}</th>
            <th>${text.comment}</th>
            <th class="late">${text.hash}</th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          ${versions.map((version) => this.#row(version))}
        </tbody>
      </table>
    </div>`;
  }

  override render() {
    const text = texts.configuration.versions;
    return html`${outcome()} ${this.#looker.failure(text.lookFailed(this.#wanted))}
    ${this.#loader.shown(text.failed, this.versions, (found) => this.#table(found))}
    ${this.open ? this.#dialog(this.open) : ''}`;
  }
}
