// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { exactWithUnit, formatExact, formatNumber, formatValue, qualityOf } from '../format';
import { live, type PointValue, type PointWatch } from '../live';
import { shared } from '../styles/shared';

/**
 * A point's live value with its unit: `<tw-value point="plc1/boiler/temp"></tw-value>`. What is not good, or old since the
 * link is lost, looks so; `sign` shows the quality's sign beside it.
 */
@customElement('tw-value')
export class TwValue extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: inline-flex;
        align-items: baseline;
        gap: 0.3rem;
        font-variant-numeric: tabular-nums;
        min-width: 0;
      }
      .unit {
        color: var(--muted);
        font-size: 0.88em;
      }
      .value {
        font-weight: 600;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .bad {
        color: var(--bad);
        text-decoration: line-through;
        text-decoration-thickness: 1px;
        font-weight: 400;
      }
      .uncertain {
        color: var(--uncertain);
        text-decoration: underline dashed 1px;
        text-underline-offset: 0.2em;
      }
      .stale,
      .none {
        color: var(--muted);
        font-weight: 400;
        font-style: italic;
      }
      .sign.bad,
      .sign.uncertain,
      .sign.stale {
        text-decoration: none;
        font-style: normal;
        font-weight: 700;
      }
    `,
  ];
  @property() point = '';
  /** Known from elsewhere, until the first value comes. */
  @property() unit = '';
  @property({ type: Boolean }) sign = false;
  /** Every digit; else a few, and all of them in the title. */
  @property({ type: Boolean }) exact = false;
  #watch: PointWatch | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watch = live.watchPoints(this.point ? [this.point] : [], () => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watch?.close();
    this.#watch = null;
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('point')) this.#watch?.set(this.point ? [this.point] : []);
  }

  override render() {
    const point: PointValue | undefined = live.point(this.point);
    const view = qualityOf(point);
    const unit = typeof point?.value === 'boolean' ? '' : point?.unit || this.unit;
    const title = point && view.level !== 'none' ? `${exactWithUnit(point.value, unit)} – ${view.text}` : view.text;
    const showSign = this.sign && view.level !== 'good';
    return html`${showSign ? html`<span class="sign ${view.level}" aria-hidden="true">${view.sign}</span>` : ''}<span
        class="value ${view.level}"
        title=${title}
        >${formatValue(point?.value, this.exact ? formatExact : formatNumber)}</span
      >${unit ? html`<span class="unit">${unit}</span>` : ''}${view.level === 'good'
        ? ''
        : html`<span class="hidden-text">${view.text}</span>`}`;
  }
}
