// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import '../../elements/tw-empty';
import '../../elements/tw-error';
import '../../elements/tw-virtual-list';
import type { ActivateEvent, RangeEvent, TwVirtualList } from '../../elements/tw-virtual-list';
import { formatCount, zone } from '../../format';
import { icon } from '../../icons';
import type { WireEvent } from '../../live';
import { Watch } from '../../observable';
import { router } from '../../router';
import { listHead } from '../../styles/listhead';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { eventColumns } from './columns';
import { kindText } from './describe';
import { EventLog, mostEvents, type EventFilter } from './eventlog';
import './eventrow';
import { facts } from './facts';
import { filterBox, isWrongRange, rangeInputs, readForm } from './range';
import { logStyles } from './styles';

const kinds = ['alarm', 'alarm_condition', 'trigger', 'command', 'system', 'history_gap'];
const phone = matchMedia('(max-width: 40rem)');

/** What happens and has happened. */
@customElement('log-events')
export class LogEvents extends LitElement {
  static override styles = [
    shared,
    logStyles,
    eventColumns,
    listHead,
    css`
      .sheet {
        overflow: hidden;
        display: flex;
        flex-direction: column;
      }
      .head {
        min-height: 1.9rem;
      }
      @media (max-width: 40rem) {
        .head {
          display: none;
        }
      }
    `,
  ];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private open: WireEvent | null = null;
  @state() private isPaused = false;
  @state() private isScrolled = false;
  @state() private isWrong = false;
  @query('tw-virtual-list') private list!: TwVirtualList | null;
  #log = new EventLog();
  #shown = '';

  constructor() {
    super();
    new Watch(this, this.#log, zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#shown = '';
    phone.addEventListener('change', this.#resized);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#log.close();
    phone.removeEventListener('change', this.#resized);
  }

  #resized = (): void => this.requestUpdate();

  get #filter(): EventFilter {
    const { query } = this;
    return {
      kind: query.get('kind') ?? '',
      source: query.get('source') ?? '',
      text: query.get('text') ?? '',
      from: query.get('from'),
      to: query.get('to'),
    };
  }

  override willUpdate(): void {
    const shown = JSON.stringify(this.#filter);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.isScrolled = false;
    this.#log.show(this.#filter);
    this.#log.hold(this.isPaused);
  }

  #submit(event: Event): void {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const { kind, source, text, from, to } = readForm(form);
    this.isWrong = isWrongRange(from, to);
    if (!this.isWrong) router.replaceQuery({ kind, source, text, from, to });
  }

  #ranged(event: RangeEvent): void {
    this.isScrolled = event.from > 0;
    this.#log.hold(this.isPaused || this.isScrolled);
    if (event.to >= this.#log.rows.length - 5) void this.#log.older();
  }

  #pause(): void {
    this.isPaused = !this.isPaused;
    this.#log.hold(this.isPaused || this.isScrolled);
  }

  #toTop(): void {
    this.isPaused = false;
    this.#log.hold(false);
    this.#log.release();
    this.list?.show(0);
  }

  #again(): void {
    this.#log.show(this.#filter);
  }

  #form() {
    const text = texts.log.events;
    const { kind, source, text: words, from, to } = this.#filter;
    return html`<form class="filters" @submit=${this.#submit} @change=${(event: Event) => this.#submit(event)}>
      <label class="field"
        >${text.kind}<select name="kind">
          <option value="">${text.allKinds}</option>
          ${kinds.map((each) => html`<option value=${each} ?selected=${each === kind}>${kindText(each)}</option>`)}
        </select></label
      >
      <label class="field short">${text.source}<input name="source" .value=${source} /></label>
      <label class="field">${texts.log.text}<input type="search" name="text" .value=${words} /></label>
      ${rangeInputs(from, to)}
      <button>${texts.log.filter}</button>
    </form>`;
  }

  #told() {
    const text = texts.log.events;
    const log = this.#log;
    const fresh = log.fresh.length + log.freshLeft;
    return html`<div class="told" role="status">
      <span class=${this.isPaused ? 'strong' : ''}>${this.isPaused ? text.paused : log.isPast ? text.past : text.live}</span>
      ${log.isPast
        ? ''
        : html`<button @click=${this.#pause}>
            ${icon(this.isPaused ? 'play' : 'pause')}${this.isPaused ? text.resume : text.pause}
          </button>`}
      ${fresh > 0 ? html`<button @click=${this.#toTop}>${text.fresh(formatCount(fresh))}</button>` : ''}
      <span>${texts.log.zone(zone.name)}</span>
      ${log.isLoading ? html`<span>${text.loading}</span>` : html`<span>${this.#endText()}</span>`}
      ${log.hasGap ? html`<span class="wait">? ${text.gap}</span><button @click=${this.#again}>${texts.log.refresh}</button>` : ''}
      ${this.isWrong ? html`<span class="bad" role="alert">${texts.log.wrongRange}</span>` : ''}
    </div>`;
  }

  #endText(): string {
    const text = texts.log.events;
    switch (this.#log.end) {
      case 'end':
        return text.end;
      case 'none':
        return text.noPast;
      case 'right':
        return text.notForYou;
      case 'full':
        return text.full(formatCount(mostEvents));
      default:
        return '';
    }
  }

  #rows() {
    const { rows, isLoading, problem } = this.#log;
    if (problem) {
      return html`<tw-error .heading=${texts.log.failed} .text=${problem} canRetry @retry=${this.#again}></tw-error>`;
    }
    if (rows.length === 0 && !isLoading) return html`<tw-empty .heading=${texts.log.events.empty}></tw-empty>`;
    const text = texts.log.events;
    return html`<div class="sheet">
      <div class="columns head" aria-hidden="true">
        <span>${text.time}</span><span>${text.kind}</span><span class="source">${text.source}</span><span></span
        ><span>${texts.log.text}</span>
      </div>
      <tw-virtual-list
        .count=${rows.length}
        .rowHeight=${phone.matches ? 3.4 : 2}
        .label=${text.list}
        .renderRow=${(index: number) => {
          const event = rows[index];
          return html`${event ? html`<log-event-row .event=${event}></log-event-row>` : ''}`;
        }}
        @range=${this.#ranged}
        @activate=${({ index }: ActivateEvent) => (this.open = rows[index] ?? null)}
      ></tw-virtual-list>
    </div>`;
  }

  override render() {
    const { open } = this;
    return html`${filterBox(this.#form(), Object.values(this.#filter).some(Boolean))} ${this.#told()} ${this.#rows()}
    ${open
      ? html`<tw-dialog .heading=${kindText(open.type)} @closed=${() => (this.open = null)}>${facts(open)}</tw-dialog>`
      : ''}`;
  }
}
