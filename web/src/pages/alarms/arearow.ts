// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../../elements/tw-severity';
import { icon } from '../../icons';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import type { AreaCount } from './order';

const deepest = 8; // levels that are moved to the right

/** One area of the tree. Tells `turn` when it is to be opened or shut. */
@customElement('alarm-area-row')
export class AlarmAreaRow extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        height: 100%;
        cursor: pointer;
      }
      .area {
        display: flex;
        align-items: center;
        gap: 0.3rem;
        height: 100%;
        padding-inline-end: var(--space-2);
      }
      .area:hover {
        background: var(--hover);
      }
      .chosen {
        background: var(--selected);
        font-weight: 650;
      }
      .depth {
        display: flex;
        flex: none;
      }
      .depth i {
        width: 0.9rem;
      }
      button.turn {
        min-height: 1.5rem;
        width: 1.5rem;
        flex: none;
      }
      .turn.open svg {
        transform: rotate(90deg);
      }
      .gap {
        width: 1.5rem;
        flex: none;
      }
      .count {
        font-variant-numeric: tabular-nums;
        min-width: 1.4rem;
        text-align: end;
      }
      tw-severity {
        font-size: 0.8em;
      }
    `,
  ];
  @property({ attribute: false }) area: AreaCount | undefined;
  @property({ attribute: false }) isChosen = false;
  /** null: there is nothing below it. */
  @property({ attribute: false }) isOpen: boolean | null = null;

  #turn = (event: Event): void => {
    event.stopPropagation();
    this.dispatchEvent(new Event('turn'));
  };

  override render() {
    const area = this.area;
    if (!area) return '';
    const levels = area.name.split('/');
    const label = area.name === '' ? texts.alarms.areas.whole : (levels[levels.length - 1] ?? '');
    const depth = area.name === '' ? 0 : Math.min(levels.length, deepest);
    const words = texts.alarms.areas.count(area.name || label, area.count, area.waiting);
    return html`<div class="area ${this.isChosen ? 'chosen' : ''}" role="gridcell" title=${words}>
      <span class="depth">${Array.from({ length: depth }, () => html`<i></i>`)}</span>
      ${this.isOpen === null
        ? html`<span class="gap"></span>`
        : html`<button
            class="quiet icon turn ${this.isOpen ? 'open' : ''}"
            aria-expanded=${this.isOpen ? 'true' : 'false'}
            aria-label=${this.isOpen ? texts.alarms.areas.shut(area.name || label) : texts.alarms.areas.open(area.name || label)}
            @click=${this.#turn}
          >
            ${icon('open')}
          </button>`}
      <span class="grow clip">${label}</span>
      ${area.worst ? html`<tw-severity .severity=${area.worst} ?hollow=${area.waiting === 0}></tw-severity>` : ''}
      <span class="count ${area.count > 0 ? '' : 'muted'}">${area.count > 0 ? area.count : ''}</span>
      <span class="hidden-text">${words}</span>
    </div>`;
  }
}
