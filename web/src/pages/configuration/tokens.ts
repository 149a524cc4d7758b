// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { now } from '../../clock';
import '../../elements/tw-dialog';
import '../../elements/tw-empty';
import '../../elements/tw-error';
import { zone } from '../../format';
import { Loader } from '../../loader';
import { notices } from '../../notices';
import { Watch } from '../../observable';
import { rest, textOf } from '../../rest';
import { session } from '../../session';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { partStyles } from './styles';

const path = '/api/v1/tokens';
const lifetimes = [1, 7, 30, 90, 365, 0]; // days; 0: no end
const usual = 90;

interface Token {
  name: string;
  permissions: string[];
  created: string;
  created_by: string;
  expires: string | null;
}
interface NewToken extends Token {
  token: string;
}

/** One a line: a name may hold blanks and commas. */
export function permissionsOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
}

/** Credentials of devices and programs. */
@customElement('config-tokens')
export class ConfigTokens extends LitElement {
  static override styles = [shared, partStyles];
  @state() private tokens: Token[] | null = null;
  @state() private isAdding = false;
  @state() private leaving: Token | null = null;
  @state() private made: NewToken | null = null;
  @state() private told = '';
  @state() private refusal = '';
  @state() private isBusy = false;
  @query('input[name=token]') private shown!: HTMLInputElement | null;
  #loader = new Loader(this, async (signal) => {
    this.tokens = await rest<Token[]>(path, { signal });
  });

  constructor() {
    super();
    new Watch(this, session, zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#loader.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.made = null;
  }

  async #try(work: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    this.refusal = '';
    try {
      await work();
      void this.#loader.load();
    } catch (problem) {
      this.refusal = textOf(problem);
    }
    this.isBusy = false;
  }

  async #add(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const permissions = permissionsOf(String(data.get('permissions') ?? ''));
    const days = Number(data.get('days'));
    const expires = days > 0 ? { expires: new Date(now() + days * 86_400_000).toISOString() } : {};
    await this.#try(async () => {
      const body = { name: String(data.get('name') ?? ''), permissions, ...expires };
      this.made = await rest<NewToken>(path, { method: 'POST', body });
      this.told = '';
      this.isAdding = false;
    });
  }

  async #revoke(event: SubmitEvent, { name }: Token): Promise<void> {
    event.preventDefault();
    await this.#try(async () => {
      await rest(`${path}/${encodeURIComponent(name)}`, { method: 'DELETE' });
      this.leaving = null;
      notices.add({ kind: 'success', text: texts.configuration.tokens.revoked(name) });
    });
  }

  async #copy(): Promise<void> {
    const text = texts.configuration.tokens;
    try {
      await navigator.clipboard.writeText(this.made?.token ?? '');
      this.told = text.copied;
    } catch {
      // Without https browsers give no clipboard.
      this.shown?.select();
      this.told = text.notCopied;
    }
  }

  #expiry({ expires }: Token) {
    const text = texts.configuration.tokens;
    if (!expires) return text.never;
    return html`${zone.row(expires)} ${Date.parse(expires) <= now() ? html`<strong class="chip">${text.expired}</strong>` : ''}`;
  }

  #row(token: Token) {
    const text = texts.configuration.tokens;
    return html`<tr>
      <td>${token.name}</td>
      <td class="mono">${token.permissions.map((each) => html`<div>${each}</div>`)}</td>
      <td class="late">${zone.row(token.created)}</td>
      <td class="late">${token.created_by}</td>
      <td>${this.#expiry(token)}</td>
      <td class="acts">
        ${session.may('tokens:admin', token.name)
          ? html`<button
              aria-label=${text.revokeOf(token.name)}
              @click=${() => {
                this.refusal = '';
                this.leaving = token;
              }}
            >
              ${text.revoke}
            </button>`
          : ''}
      </td>
    </tr>`;
  }

  #addDialog() {
    const text = texts.configuration.tokens;
    return html`<tw-dialog .heading=${text.add} @closed=${() => (this.isAdding = false)}>
      <form class="stack" @submit=${(event: SubmitEvent) => void this.#add(event)}>
        <label class="field"
          >${text.name} <input name="name" maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false" required
        /></label>
        <label class="field"
          >${text.permissions}
          <textarea class="small" name="permissions" autocapitalize="none" spellcheck="false" required></textarea>
        </label>
        <p class="small muted">${text.permissionsHint}</p>
        <label class="field"
          >${text.lasts}
          <select name="days">
            ${lifetimes.map((days) => html`<option value=${days} ?selected=${days === usual}>${text.days(days)}</option>`)}
          </select>
        </label>
        ${this.refusal ? html`<tw-error .text=${this.refusal}></tw-error>` : ''}
        <button class="primary" ?disabled=${this.isBusy}>${this.isBusy ? texts.configuration.busy : text.addNow}</button>
      </form>
      <button slot="buttons" @click=${() => (this.isAdding = false)}>${texts.common.cancel}</button>
    </tw-dialog>`;
  }

  #madeDialog(made: NewToken) {
    const text = texts.configuration.tokens;
    return html`<tw-dialog .heading=${text.madeHeading(made.name)} @closed=${() => (this.made = null)}>
      <div class="stack">
        <p><strong>${text.once}</strong></p>
        <label class="field">${text.token} <input class="mono" name="token" readonly autocomplete="off" .value=${made.token} /></label>
        <div class="row">
          <button @click=${() => void this.#copy()}>${text.copy}</button>
          <span role="status">${this.told}</span>
        </div>
      </div>
      <button slot="buttons" class="primary" @click=${() => (this.made = null)}>${text.done}</button>
    </tw-dialog>`;
  }

  #revokeDialog(token: Token) {
    const text = texts.configuration.tokens;
    return html`<tw-dialog .heading=${text.revokeHeading(token.name)} @closed=${() => (this.leaving = null)}>
      <form class="stack" @submit=${(event: SubmitEvent) => void this.#revoke(event, token)}>
        <p>${text.revokeHint}</p>
        ${this.refusal ? html`<tw-error .text=${this.refusal}></tw-error>` : ''}
        <button class="primary" ?disabled=${this.isBusy}>${this.isBusy ? texts.configuration.busy : text.revokeNow}</button>
      </form>
      <button slot="buttons" @click=${() => (this.leaving = null)}>${texts.common.cancel}</button>
    </tw-dialog>`;
  }

  #table(tokens: readonly Token[]) {
    const text = texts.configuration.tokens;
    if (tokens.length === 0) return html`<tw-empty .heading=${text.none}></tw-empty>`;
    return html`<div class="sheet" role="region" tabindex="0" aria-label=${texts.configuration.tabs.tokens!}>
      <table>
        <thead>
          <tr>
            <th>${text.name}</th>
            <th>${text.permissions}</th>
            <th class="late">${text.created}</th>
            <th class="late">${text.by}</th>
            <th>${text.expires} <span class="muted">${zone.name}</span></th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          ${tokens.map((token) => this.#row(token))}
        </tbody>
      </table>
    </div>`;
  }

  override render() {
    const text = texts.configuration.tokens;
    const begin = (): void => {
      this.refusal = '';
      this.isAdding = true;
    };
    return html`<div class="bar"><button class="primary" @click=${begin}>${text.add}</button></div>
      ${this.#loader.shown(text.failed, this.tokens, (found) => this.#table(found))}
      ${this.isAdding ? this.#addDialog() : ''} ${this.made ? this.#madeDialog(this.made) : ''}
      ${this.leaving ? this.#revokeDialog(this.leaving) : ''}`;
  }
}
