// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import '../../elements/tw-error';
import { Watch } from '../../observable';
import { textOf } from '../../rest';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import './applydialog';
import { desk, type ManifestState, type Problem } from './desk';
import './editor';
import type { ConfigEditor } from './editor';
import { outcome } from './outcome';
import { partStyles } from './styles';

const mostProblems = 200;

/** The manifest's text: checked, and applied. */
@customElement('config-manifest')
export class ConfigManifest extends LitElement {
  static override styles = [
    shared,
    partStyles,
    css`
      config-editor {
        flex: 1 1 12rem;
      }
      .problems {
        flex: 0 1 auto;
        max-height: 35%;
        min-height: 3rem;
        overflow: auto;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--surface);
      }
      .problems li {
        padding: 0.2rem var(--space-2);
        border-bottom: 1px solid var(--line);
        overflow-wrap: anywhere;
      }
      .problems button {
        min-height: 1.6rem;
        padding-block: 0;
        text-align: start;
      }
      .error {
        color: var(--critical-text);
        font-weight: 600;
      }
      .warning {
        color: var(--major-text);
        font-weight: 600;
      }
      .hash {
        max-width: 9rem;
      }
      summary {
        cursor: pointer;
      }
      details ul {
        padding: var(--space-1) var(--space-3);
        max-height: 10rem;
        overflow: auto;
      }
    `,
  ];
  @state() private problem = '';
  @state() private isBusy = false;
  @state() private isApplying = false;
  @query('config-editor') private editor!: ConfigEditor | null;

  constructor() {
    super();
    new Watch(this, desk);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void desk.load();
  }

  async #try(work: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.problem = '';
    try {
      await work();
    } catch (problem) {
      this.problem = textOf(problem);
    }
    this.isBusy = false;
  }

  #facts(state: ManifestState) {
    const text = texts.configuration.manifest;
    return html`<div class="bar small">
      <span>${text.file} <strong>${state.file}</strong></span>
      <span>${text.version} <strong>${state.version}</strong></span>
      <span class="row">${text.hash} <code class="mono clip hash" title=${state.hash}>${state.hash}</code></span>
      <details>
        <summary>${text.documents}: ${state.documents.length}</summary>
        <ul>
          ${state.documents.map(({ file, hash }) => html`<li>${file} <code class="mono muted">${hash?.slice(0, 16) ?? text.noHash}</code></li>`)}
        </ul>
      </details>
      ${desk.isChanged ? html`<strong class="chip">${text.unsaved}</strong>` : ''}
    </div>`;
  }

  #isOwn({ file, line }: Problem): boolean {
    return line > 0 && (file === '' || file === desk.loaded?.file);
  }

  #problemRow(each: Problem) {
    const text = texts.configuration.manifest;
    const place = this.#isOwn(each)
      ? html`<button class="quiet" @click=${() => this.editor?.show(each.line)}>${text.line(each.line, each.column)}</button>`
      : html`<span class="muted">${text.inFile(each.file, each.line)}</span>`;
    return html`<li>
      <span class=${each.severity}>${text[each.severity]}</span> ${place} ${each.path ? html`<code class="mono">${each.path}</code>: ` : ''}${each.message}
    </li>`;
  }

  #problems(problems: readonly Problem[]) {
    const text = texts.configuration.manifest;
    const old = desk.isCheckOld ? html` <span class="muted">${text.oldCheck}</span>` : '';
    if (problems.length === 0) return html`<p class="told" role="status">${text.fine}.${old}</p>`;
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    return html`<p class="small" role="status">${text.problems(errors, problems.length - errors)}.${old}</p>
      <ul class="problems" tabindex="0" aria-label=${text.problemsLabel}>
        ${problems.slice(0, mostProblems).map((each) => this.#problemRow(each))}
        ${problems.length > mostProblems ? html`<li class="muted">${text.more(problems.length - mostProblems)}</li>` : ''}
      </ul>`;
  }

  #notRunning() {
    const text = texts.configuration.manifest;
    return html`<div class="told row wrap">
      <span>${text.notRunning}</span>
      <button ?disabled=${this.isBusy} title=${text.readAgainHint} @click=${() => void this.#try(() => desk.readAgain())}>${text.readAgain}</button>
    </div>`;
  }

  #buttons(state: ManifestState) {
    const text = texts.configuration.manifest;
    const isGoing = desk.outcome?.state === 'going';
    const isNew = desk.isChanged || !state.is_running;
    return html`<div class="bar">
      <button ?disabled=${this.isBusy} @click=${() => void this.#try(() => desk.check())}>${this.isBusy ? text.checking : text.check}</button>
      ${state.can_apply
        ? html`<button class="primary" ?disabled=${!isNew || isGoing} @click=${() => (this.isApplying = true)}>${text.apply}</button>`
        : ''}
      ${desk.isChanged
        ? html`<button @click=${() => desk.reset()}>${text.reset}</button>`
        : html`<button @click=${() => void desk.load()}>${text.reload}</button>`}
    </div>`;
  }

  override render() {
    const text = texts.configuration.manifest;
    const { loaded, problem } = desk;
    const isGoing = desk.outcome?.state === 'going';
    const failed = problem ? html`<tw-error canRetry .heading=${text.failed} .text=${problem} @retry=${() => void desk.load()}></tw-error>` : '';
    if (!loaded) return failed || html`<p class="muted" role="status">${texts.common.loading}</p>`;
    const marks = desk.isCheckOld ? [] : (desk.problems ?? []).filter((each) => this.#isOwn(each));
    return html`${failed} ${this.#facts(loaded)} ${outcome()}
      ${loaded.is_running || isGoing ? '' : this.#notRunning()}
      ${loaded.can_apply ? '' : html`<p class="told">${text.cannotApply}: ${loaded.why_not ?? ''}</p>`} ${this.#buttons(loaded)}
      ${this.problem ? html`<tw-error .text=${this.problem}></tw-error>` : ''}
      <config-editor
        .label=${text.label}
        .value=${desk.text}
        .marks=${marks}
        @input=${(event: Event) => desk.edit((event.currentTarget as ConfigEditor).value)}
      ></config-editor>
      ${desk.problems ? this.#problems(desk.problems) : ''}
      ${this.isApplying ? html`<config-apply @closed=${() => (this.isApplying = false)}></config-apply>` : ''}`;
  }
}
