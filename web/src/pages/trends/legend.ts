// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { seriesDash, seriesToken } from '../../elements/plot/options';
import '../../elements/tw-value';
import { exactWithUnit, formatExact, formatNumber, withUnit } from '../../format';
import { icon } from '../../icons';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import type { TrendModel } from './model';
import { figuresOf, isLane, textAt, type Drawn } from './shapes';

/** A point of the legend was shown or hidden, or taken out. */
export class LegendEvent extends Event {
  constructor(
    type: 'toggle-point' | 'remove-point',
    readonly point: string,
  ) {
    super(type);
  }
}

/** Every point of the trend: its line, what it is at the cursor, what it is now, and the figures of what is seen. */
@customElement('trend-legend')
export class TrendLegend extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        overflow: auto;
      }
      th,
      td {
        padding: 0.15rem 0.5rem;
        vertical-align: middle;
      }
      thead th {
        position: sticky;
        top: 0;
        background: var(--surface);
        z-index: 1;
      }
      label {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        cursor: pointer;
        min-height: 1.7rem;
      }
      svg.line {
        flex: none;
      }
      .name {
        overflow-wrap: anywhere;
      }
      .description {
        max-width: 40rem;
      }
      .hole {
        color: var(--bad);
      }
      tr.off .name {
        color: var(--muted);
        text-decoration: line-through;
      }
      button.icon {
        min-height: 1.7rem;
        width: 1.9rem;
      }
      .now {
        min-width: 7rem;
      }
      @media (max-width: 60rem) {
        .wide {
          display: none;
        }
      }
      @media (max-width: 40rem) {
        .figure {
          display: none;
        }
        th,
        td {
          padding-inline: 0.25rem;
        }
        .now {
          min-width: 0;
        }
      }
    `,
  ];
  @property({ attribute: false }) drawn: readonly Drawn[] = [];
  @property({ attribute: false }) model!: TrendModel;
  @property({ attribute: false }) descriptions: ReadonlyMap<string, string> = new Map();
  @property({ attribute: false }) problems: ReadonlyMap<string, string> = new Map();
  /** ms since 1970, of what is seen. */
  @property({ attribute: false }) from = 0;
  @property({ attribute: false }) to = 0;
  /** A cell; -1: the cursor is nowhere. */
  @property({ attribute: false }) cursor = -1;
  @property() cursorTime = '';
  @property({ attribute: false }) canLive: (point: string) => boolean = () => true;

  #tell(type: 'toggle-point' | 'remove-point', point: string): void {
    this.dispatchEvent(new LegendEvent(type, point));
  }

  #swatch({ colour, track }: Drawn) {
    if (isLane(track)) {
      return html`<svg class="line" width="26" height="10" aria-hidden="true">
        <path d="M0 9.5h8V1h10v8.5h8" fill="none" stroke=${`var(${seriesToken(colour)})`} stroke-width="2" />
      </svg>`;
    }
    const dash = seriesDash(colour).join(' ');
    const width = 26;
    return html`<svg class="line" width=${width} height="10" aria-hidden="true">
      <line x1="0" y1="5" x2=${width} y2="5" stroke=${`var(${seriesToken(colour)})`} stroke-width="3" stroke-dasharray=${dash} />
    </svg>`;
  }

  #atCursor({ track, rows }: Drawn) {
    if (this.cursor < 0) return '';
    const text = texts.trends;
    if (!rows) {
      const at = this.model.start + (this.cursor + 0.5) * this.model.interval;
      return textAt(track, at, this.model.holesOf(track)) ?? html`<span class="hole">${text.hole}</span>`;
    }
    const value = rows.values[this.cursor];
    const [low, high] = [rows.min[this.cursor] ?? 0, rows.max[this.cursor] ?? 0];
    if (value == null) return html`<span class="hole">${text.hole}</span>`;
    if (track.type === 'bool') return low !== high ? text.both : value ? texts.values.on : texts.values.off;
    return html`<strong title=${exactWithUnit(value, track.unit)}>${withUnit(value, track.unit)}</strong>${low !== high
        ? html` <span class="muted small wide">${text.span(formatNumber(low), formatNumber(high))}</span>`
        : ''}`;
  }

  #figures({ track, rows }: Drawn) {
    const { model } = this;
    const found =
      rows && track.type !== 'bool' ? figuresOf(rows, model.indexOf(this.from), model.indexOf(this.to - 1)) : null;
    const cell = (value: number | undefined) =>
      html`<td class="number figure" title=${value === undefined ? '' : formatExact(value)}>${value === undefined ? '' : formatNumber(value)}</td>`;
    return html`${cell(found?.min)}${cell(found?.mean)}${cell(found?.max)}`;
  }

  #note({ track }: Drawn): string {
    const problem = this.problems.get(track.name);
    if (problem) return problem;
    const text = texts.trends;
    if (track.isCut) return text.cut;
    return track.isUnknown && this.model.hasHistory ? text.unknown : '';
  }

  #row(each: Drawn) {
    const { track, isHidden } = each;
    const text = texts.trends;
    const note = this.#note(each);
    return html`<tr class=${isHidden ? 'off' : ''}>
      <td>
        <label>
          <input
            type="checkbox"
            .checked=${!isHidden}
            aria-label=${text.show(track.name)}
            @change=${() => this.#tell('toggle-point', track.name)}
          />${this.#swatch(each)}<span class="name">${track.name}</span></label
        >
      </td>
      <td class="wide muted small description">${note || this.descriptions.get(track.name) || ''}</td>
      <td class="number at">${this.#atCursor(each)}</td>
      <td class="number now">
        ${this.canLive(track.name) ? html`<tw-value .point=${track.name} .unit=${track.unit} sign></tw-value>` : ''}
      </td>
      ${this.#figures(each)}
      <td>
        <button class="quiet icon" aria-label=${text.remove(track.name)} @click=${() => this.#tell('remove-point', track.name)}>
          ${icon('close')}
        </button>
      </td>
    </tr>`;
  }

  override render() {
    const text = texts.trends;
    return html`<table>
      <caption class="hidden-text">
        ${text.legend}
      </caption>
      <thead>
        <tr>
          <th scope="col">${text.point}</th>
          <th scope="col" class="wide">${text.description}</th>
          <th scope="col" class="number">${this.cursor >= 0 ? this.cursorTime : text.atCursor}</th>
          <th scope="col" class="number">${text.now}</th>
          <th scope="col" class="number figure">${text.min}</th>
          <th scope="col" class="number figure">${text.mean}</th>
          <th scope="col" class="number figure">${text.max}</th>
          <th><span class="hidden-text">${text.takeOut}</span></th>
        </tr>
      </thead>
      <tbody>
        ${this.drawn.map((each) => this.#row(each))}
      </tbody>
    </table>`;
  }
}
