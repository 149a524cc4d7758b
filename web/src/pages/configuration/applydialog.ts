// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import '../../elements/tw-error';
import { Watch } from '../../observable';
import { RestError, textOf } from '../../rest';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { desk, problemsOf } from './desk';
import './diff';

/** What will be changed, why, and what is started again for it. Tells `closed`. */
@customElement('config-apply')
export class ConfigApply extends LitElement {
  static override styles = [
    shared,
    css`
      config-diff {
        max-height: 40vh;
      }
    `,
  ];
  @state() private comment = '';
  @state() private isBusy = false;
  @state() private problem = '';

  constructor() {
    super();
    new Watch(this, desk);
  }

  #close(): void {
    desk.theirs = null;
    this.dispatchEvent(new Event('closed'));
  }

  async #apply(): Promise<void> {
    this.isBusy = true;
    this.problem = '';
    try {
      await desk.apply(this.comment, desk.theirs?.hash);
      this.#close();
    } catch (problem) {
      if (problemsOf(problem)) return this.#close(); // they stand beside the text
      // A conflict is told by what differs.
      if (!(problem instanceof RestError && problem.status === 409 && desk.theirs)) this.problem = textOf(problem);
    } finally {
      this.isBusy = false;
    }
  }

  #takeTheirs(): void {
    desk.takeTheirs();
    this.#close();
  }

  override render() {
    const text = texts.configuration.apply;
    const { theirs } = desk;
    const base = theirs ?? desk.loaded;
    return html`<tw-dialog wide .heading=${text.heading} @closed=${() => this.#close()}>
      <div class="stack">
        ${theirs ? html`<p role="alert"><strong>${text.conflict}</strong></p>` : ''}
        <config-diff .older=${base?.text ?? ''} .newer=${desk.text}></config-diff>
        <p>${text.again}</p>
        <p class="muted">${text.back}</p>
        <label class="field"
          >${text.comment}
          <input maxlength="1000" .value=${this.comment} @input=${(event: Event) => (this.comment = (event.target as HTMLInputElement).value)} />
        </label>
        ${this.problem ? html`<tw-error .heading=${text.refused} .text=${this.problem}></tw-error>` : ''}
      </div>
      <div slot="buttons" class="row wrap">
        ${theirs ? html`<button @click=${() => this.#takeTheirs()}>${text.theirs}</button>` : ''}
        <button @click=${() => this.#close()}>${texts.common.cancel}</button>
        <button class="primary" ?disabled=${this.isBusy} @click=${() => void this.#apply()}>
          ${this.isBusy ? text.busy : theirs ? text.over : text.now}
        </button>
      </div>
    </tw-dialog>`;
  }
}
