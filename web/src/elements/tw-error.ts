// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { shared } from '../styles/shared';
import { texts } from '../texts';

/** A problem, with a button to try again (`retry` event) where that may help. */
@customElement('tw-error')
export class TwError extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      div {
        display: flex;
        gap: var(--space-3);
        align-items: center;
        border: 1px solid var(--line-strong);
        border-inline-start: 0.3rem solid var(--critical-text);
        background: var(--raised);
        border-radius: var(--radius);
        padding: var(--space-2) var(--space-3);
      }
      p {
        flex: 1;
        overflow-wrap: anywhere;
      }
    `,
  ];
  @property() heading = '';
  @property() text = '';
  @property({ type: Boolean }) canRetry = false;

  override render() {
    return html`<div role="alert">
      <p>${this.heading ? html`<strong>${this.heading}.</strong> ` : ''}${this.text}</p>
      ${this.canRetry
        ? html`<button @click=${() => this.dispatchEvent(new Event('retry'))}>${texts.common.retry}</button>`
        : ''}
    </div>`;
  }
}
