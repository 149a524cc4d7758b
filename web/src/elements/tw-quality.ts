// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { viewQuality } from '../format';
import { shared } from '../styles/shared';

/** A quality by colour and sign; the words as title, or beside it with `words`. Good is quiet. */
@customElement('tw-quality')
export class TwQuality extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: inline-flex;
        gap: 0.35rem;
        align-items: baseline;
        min-width: 1.3em;
      }
      .sign {
        font-weight: 700;
        width: 1.2em;
        text-align: center;
        flex: none;
      }
      .good .sign,
      .none {
        color: var(--muted);
        font-weight: 400;
      }
      .uncertain {
        color: var(--uncertain);
      }
      .bad {
        color: var(--bad);
      }
      .stale {
        color: var(--muted);
      }
      span.view {
        display: inline-flex;
        gap: 0.35rem;
      }
    `,
  ];
  @property() quality = '';
  @property({ type: Boolean }) isFresh = true;
  @property({ type: Boolean }) words = false;

  override render() {
    const view = viewQuality(this.quality, this.isFresh);
    return html`<span class="view ${view.level}" title=${view.text}
      ><span class="sign" aria-hidden="true">${view.sign}</span
      ><span class=${this.words ? '' : 'hidden-text'}>${view.text}</span></span
    >`;
  }
}
