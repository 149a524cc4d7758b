// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { shared } from '../styles/shared';

/** Says that there is nothing, and why. What is slotted in may help further. */
@customElement('tw-empty')
export class TwEmpty extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        align-items: center;
        justify-content: center;
        gap: var(--space-2);
        text-align: center;
        padding: var(--space-6) var(--space-4);
        min-height: 8rem;
      }
      p {
        max-width: 32rem;
      }
    `,
  ];
  @property() heading = '';
  @property() text = '';

  override render() {
    return html`<h2>${this.heading}</h2>
      ${this.text ? html`<p class="muted">${this.text}</p>` : ''}<slot></slot>`;
  }
}
