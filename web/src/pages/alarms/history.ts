// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-empty';
import '../../elements/tw-severity';
import { now } from '../../clock';
import { formatCount, formatExact, zone } from '../../format';
import { icon } from '../../icons';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { address, rest } from '../../rest';
import { router } from '../../router';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { fromInput, isoToInput } from '../../zonedtime';
import { historyStyles } from './historystyles';
import { whatOf, type AlarmRecord } from './record';
import { rulesThatFit } from './rulesearch';
import { limitOf, valueOf } from './value';

const path = '/api/v1/alarms/history';
const perPage = 100;
const mostInCsv = 10_000;
const mostPages = 1000; // whose beginnings are remembered, for the way back
const typedFor = 400; // ms after the last key
const hourMs = 3_600_000;

/** What was with the alarms and what people did about them, the newest first, page by page. */
@customElement('alarm-history')
export class AlarmHistory extends LitElement {
  static override styles = [shared, historyStyles];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private events: AlarmRecord[] | null = null;
  @state() private next: string | null = null;
  @state() private found: number | null = null;
  /** `after` of each page up to this one. */
  @state() private places: string[] = [''];
  @state() private csv = '';
  #loader = new Loader(this, (signal) => this.#read(signal));
  #typing: ReturnType<typeof setTimeout> | undefined;
  #wanted = '';

  constructor() {
    super();
    new Watch(this, zone);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#typing);
    this.#wanted = '';
  }

  get #range(): string {
    return this.query.get('range') ?? '24';
  }

  override willUpdate(): void {
    const wanted = ['range', 'from', 'to', 'state', 'rules'].map((key) => this.query.get(key) ?? '').join('\n');
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.places = [''];
    void this.#loader.load();
  }

  /** Times are fixed when the first page is asked for: the pages after it belong to the same time. */
  #times(): { from?: string; to?: string } {
    const range = this.#range;
    if (range === 'all') return {};
    if (range !== 'own') return { from: new Date(now() - Number(range) * hourMs).toISOString() };
    return { from: this.query.get('from') || undefined, to: this.query.get('to') || undefined };
  }

  async #read(signal: AbortSignal): Promise<void> {
    const search = this.query.get('rules') ?? '';
    const rules = search ? await rulesThatFit(search, signal) : null;
    this.found = rules?.length ?? null;
    const query = { ...this.#times(), rule: rules?.join(','), state: this.query.get('state') || undefined, order: 'desc' };
    this.csv = rules?.length === 0 ? '' : address(path, { format: 'csv', limit: mostInCsv, ...query });
    if (rules?.length === 0) return this.#take([], null);
    const after = this.places[this.places.length - 1] || undefined;
    const page = await rest<{ events: AlarmRecord[]; next: string | null }>(path, {
      query: { ...query, after, limit: perPage },
      signal,
      timeoutMs: 30_000,
    });
    this.#take(page.events, page.next);
  }

  #take(events: AlarmRecord[], next: string | null): void {
    this.events = events;
    this.next = next;
    this.renderRoot.querySelector('.table')?.scrollTo({ top: 0 });
  }

  #older(): void {
    if (!this.next) return;
    this.places = [...this.places, this.next].slice(-mostPages);
    void this.#loader.load();
  }

  #newer(): void {
    this.places = this.places.slice(0, -1);
    void this.#loader.load();
  }

  #newest(): void {
    this.places = [''];
    void this.#loader.load();
  }

  #typed(event: Event): void {
    const rules = (event.target as HTMLInputElement).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => router.replaceQuery({ rules: rules || undefined }), typedFor);
  }

  #ownTime(key: 'from' | 'to', event: Event): void {
    const given = (event.target as HTMLInputElement).value;
    const at = given ? fromInput(given) : NaN;
    router.replaceQuery({ [key]: Number.isNaN(at) ? undefined : new Date(at).toISOString() });
  }

  #select(key: string, label: string, choices: Record<string, string>, chosen: string) {
    return html`<label class="field"
      >${label}
      <select @change=${(event: Event) => router.replaceQuery({ [key]: (event.target as HTMLSelectElement).value || undefined })}>
        ${Object.entries(choices).map(
          ([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`,
        )}
      </select>
    </label>`;
  }

  #ownRange() {
    const text = texts.alarms.history;
    return (['from', 'to'] as const).map(
      (key) => html`<label class="field"
        >${text[key]} (${zone.name})
        <input
          type="datetime-local"
          step="1"
          .value=${isoToInput(this.query.get(key))}
          @change=${(event: Event) => this.#ownTime(key, event)}
        />
      </label>`,
    );
  }

  #bar() {
    const text = texts.alarms.history;
    return html`<div class="bar">
      ${this.#select('range', text.range, text.ranges, this.#range)} ${this.#range === 'own' ? this.#ownRange() : ''}
      ${this.#select('state', text.state, text.states, this.query.get('state') ?? '')}
      <label class="field rules"
        >${text.rule}
        <input
          type="search"
          placeholder=${text.rulePlaceholder}
          .value=${this.query.get('rules') ?? ''}
          @input=${this.#typed}
        />
      </label>
      ${this.found === null
        ? ''
        : html`<span class="muted small found" role="status">${this.found > 0 ? text.rulesFound(this.found) : text.noRules}</span>`}
      <span class="grow"></span>
      <button @click=${this.#newest} ?disabled=${this.#loader.isLoading}>${text.refresh}</button>
      ${this.csv
        ? html`<a class="button" href=${this.csv} download="alarms.csv" title=${text.csvHint(formatCount(mostInCsv))}
            >${icon('download')}${text.csv}</a
          >`
        : ''}
    </div>`;
  }

  #row(record: AlarmRecord) {
    const isState = record.type === 'alarm_state';
    const value = isState ? valueOf(record) : '';
    const limit = isState && record.state !== 'OK' ? limitOf(record) : '';
    return html`<tr>
      <td class="time">${zone.row(record.ts)}</td>
      <td class="severity"><tw-severity .severity=${record.severity} ?hollow=${record.state === 'OK'}></tw-severity></td>
      <td class="name">
        <a href=${router.href('alarms', { rule: String(record.rule_id) })}>${record.rule_name}</a>
        <span class="muted small area">${record.area ?? ''}</span>
      </td>
      <td class="what ${record.type === 'alarm_state' && record.state !== 'OK' ? 'came' : ''}">${whatOf(record)}</td>
      <td class="value"><span title=${isState ? valueOf(record, formatExact) : ''}>${value}</span> <span class="muted">${limit}</span></td>
      <td class="by">${record.by ?? ''}</td>
      <td class="comment">${record.comment ?? ''}</td>
    </tr>`;
  }

  #table(events: AlarmRecord[]) {
    const text = texts.alarms.history.columns;
    return html`<table>
      <thead>
        <tr>
          <th>${text.time} <span class="muted">${zone.name}</span></th>
          <th><span class="hidden-text">${texts.alarms.columns.severity}</span></th>
          <th>${text.name}</th>
          <th>${text.what}</th>
          <th>${text.value}</th>
          <th>${text.by}</th>
          <th>${text.comment}</th>
        </tr>
      </thead>
      <tbody>
        ${events.map((each) => this.#row(each))}
      </tbody>
    </table>`;
  }

  override render() {
    const text = texts.alarms.history;
    const { events } = this;
    return html`${this.#bar()}
      ${this.#loader.failure(text.failed)}
      <div class="table scroll" tabindex="0" role="region" aria-label=${text.title} aria-busy=${this.#loader.isLoading ? 'true' : 'false'}>
        ${events === null
          ? html`<p class="muted loading">${texts.common.loading}</p>`
          : events.length === 0
            ? html`<tw-empty .heading=${text.none}></tw-empty>`
            : this.#table(events)}
      </div>
      <div class="pages">
        <button ?disabled=${this.places.length < 2 || this.#loader.isLoading} @click=${this.#newest}>${text.newest}</button>
        <button ?disabled=${this.places.length < 2 || this.#loader.isLoading} @click=${this.#newer}>${text.newer}</button>
        <span class="muted" role="status">${text.page(this.places.length)}</span>
        <button ?disabled=${!this.next || this.#loader.isLoading} @click=${this.#older}>${text.older}</button>
      </div>`;
  }
}
