// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { icon } from '../icons';
import { notices } from '../notices';
import { shared } from '../styles/shared';
import { texts } from '../texts';

/**
 * A modal dialog: the browser's own, which keeps the focus inside and gives it back. It is open as long as it is on the
 * page; `closed` is told when the person closes it. Buttons go into the slot `buttons`.
 */
@customElement('tw-dialog')
export class TwDialog extends LitElement {
  static override styles = [
    shared,
    css`
      dialog {
        border: 1px solid var(--line-strong);
        border-radius: calc(var(--radius) * 2);
        background: var(--surface);
        color: var(--text);
        padding: 0;
        width: min(34rem, calc(100vw - 1.5rem));
        max-height: calc(100dvh - 1.5rem);
        flex-direction: column;
        overflow: hidden;
      }
      dialog[open] {
        display: flex;
      }
      :host([wide]) dialog {
        width: min(60rem, calc(100vw - 1.5rem));
      }
      dialog::backdrop {
        background: rgb(10 14 16 / 50%);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--space-2);
        padding: var(--space-2) var(--space-2) var(--space-2) var(--space-4);
        border-bottom: 1px solid var(--line);
      }
      h2 {
        font-size: var(--large);
        overflow-wrap: anywhere;
      }
      .body {
        padding: var(--space-4);
        overflow: auto;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: var(--space-2);
        padding: var(--space-3) var(--space-4);
        border-top: 1px solid var(--line);
      }
    `,
  ];
  @property() heading = '';
  @query('dialog') private dialog!: HTMLDialogElement;

  override firstUpdated(): void {
    this.#show();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated && !this.dialog.open) this.#show();
  }

  #show(): void {
    this.dialog.showModal();
    notices.dialogOpened();
  }

  close(): void {
    this.dialog.close();
  }

  override render() {
    return html`<dialog aria-labelledby="heading" @close=${() => this.dispatchEvent(new Event('closed'))}>
      <header>
        <h2 id="heading">${this.heading}</h2>
        <button class="quiet icon" aria-label=${texts.common.close} @click=${this.close}>${icon('close')}</button>
      </header>
      <div class="body"><slot></slot></div>
      <footer><slot name="buttons"></slot></footer>
    </dialog>`;
  }
}
