// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatDuration } from '../../format';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import type { ShownTag, TagState } from './tags';

export const signs: Record<TagState, string> = { fresh: '●', stale: '◌', lost: '⊗' };

/** One tag in the list: sign, name, zone, age. */
@customElement('map-tag-row')
export class MapTagRow extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: grid;
        grid-template-columns: 1.2rem minmax(0, 1fr) minmax(0, 0.8fr) 3.4rem;
        gap: var(--space-2);
        align-items: center;
        height: 100%;
        padding: 0 var(--space-3) 0 var(--space-2);
        border-bottom: 1px solid var(--line);
        cursor: pointer;
      }
      :host([chosen]) {
        background: var(--selected);
      }
      .sign {
        text-align: center;
      }
      .number {
        font-size: var(--small);
      }
      .stale {
        color: var(--uncertain);
        font-weight: 600;
      }
      .lost {
        color: var(--bad);
        font-weight: 600;
      }
    `,
  ];
  @property({ attribute: false }) tag!: ShownTag;
  @property() zone = '';
  /** Of the tag, which changes in place. */
  @property() state: TagState = 'fresh';
  @property({ attribute: false }) age = 0;
  @property({ type: Boolean, reflect: true }) chosen = false;

  override render() {
    const text = texts.map.states[this.state];
    return html`<span role="gridcell" class="sign ${this.state}" title=${text}
        ><span aria-hidden="true">${signs[this.state]}</span><span class="hidden-text">${text}</span></span
      >
      <span role="gridcell" class="clip" title=${this.tag.id}>${this.tag.name || this.tag.id}</span>
      <span role="gridcell" class="clip muted small">${this.zone}</span>
      <span role="gridcell" class="number ${this.state}"
        >${this.age < 1500 ? texts.values.now : formatDuration(this.age)}</span
      >`;
  }
}
