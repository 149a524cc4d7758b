// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import { zone } from '../../format';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { fromInput, toInput } from '../../zonedtime';
import { longest, shortest } from './address';

/** ms since 1970. */
export class RangePickEvent extends Event {
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    super('pick');
  }
}

/** A range from and to. Tells `pick` and `closed`. */
@customElement('trend-range')
export class TrendRange extends LitElement {
  static override styles = [
    shared,
    css`
      .two {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr));
        gap: var(--space-3);
      }
      .problem {
        color: var(--critical-text);
      }
    `,
  ];
  @property({ attribute: false }) from = 0;
  @property({ attribute: false }) to = 0;
  @state() private problem = '';

  #submit(event: Event): void {
    event.preventDefault();
    const value = (name: string): number =>
      fromInput(this.renderRoot.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.value ?? '');
    const [from, to] = [value('from'), value('to')];
    const text = texts.trends.range;
    if (Number.isNaN(from) || Number.isNaN(to)) this.problem = text.due;
    else if (to - from < shortest) this.problem = text.order;
    else if (to - from > longest) this.problem = text.tooLong;
    else this.dispatchEvent(new RangePickEvent(from, to));
  }

  override render() {
    const text = texts.trends.range;
    return html`<tw-dialog .heading=${text.title} @closed=${() => this.dispatchEvent(new Event('closed'))}>
      <form class="stack" id="form" @submit=${this.#submit}>
        <div class="two">
          <label class="field"
            >${text.from}<input type="datetime-local" step="1" name="from" required .value=${toInput(this.from)}
          /></label>
          <label class="field"
            >${text.to}<input type="datetime-local" step="1" name="to" required .value=${toInput(this.to)}
          /></label>
        </div>
        <p class="muted small">${text.zone(zone.name, zone.mark(this.to))}</p>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : ''}
        <button class="primary">${text.show}</button>
      </form>
    </tw-dialog>`;
  }
}
