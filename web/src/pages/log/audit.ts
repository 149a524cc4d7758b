// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import { zone } from '../../format';
import { icon } from '../../icons';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { address, rest } from '../../rest';
import { router } from '../../router';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { facts } from './facts';
import { instead } from './instead';
import { filterBox, isWrongRange, rangeInputs, readForm } from './range';
import { logStyles } from './styles';

const path = '/api/v1/audit';
const ofPage = 100;
const mostOfCsv = 10_000;
const keys = ['kind', 'actor', 'subject', 'reference', 'from', 'to'] as const;

interface AuditRecord {
  number: number;
  time: string;
  kind: string;
  action: string;
  actor: string;
  address: string;
  subject: string;
  reference: string;
  comment: string;
  details: Record<string, unknown>;
  hash: string;
}

/** Who did what. */
@customElement('log-audit')
export class LogAudit extends LitElement {
  static override styles = [shared, logStyles];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private records: AuditRecord[] = [];
  @state() private next: number | null = null;
  /** Where each page so far began; the newest has none. */
  @state() private begins: (number | undefined)[] = [undefined];
  @state() private open: AuditRecord | null = null;
  @state() private isWrong = false;
  #loader = new Loader(this, (signal) => this.#read(signal));
  #shown: string | null = null;

  constructor() {
    super();
    new Watch(this, zone);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#shown = null;
  }

  override willUpdate(): void {
    const shown = JSON.stringify(this.#filter);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.begins = [undefined];
    void this.#loader.load();
  }

  get #filter(): Record<(typeof keys)[number], string | undefined> {
    return Object.fromEntries(keys.map((key) => [key, this.query.get(key) || undefined])) as Record<
      (typeof keys)[number],
      string | undefined
    >;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const after = this.begins[this.begins.length - 1];
    const page = await rest<{ records: AuditRecord[]; next: number | null }>(path, {
      query: { ...this.#filter, limit: ofPage, after },
      signal,
    });
    this.records = page.records;
    this.next = page.next;
  }

  #turn(begins: (number | undefined)[]): void {
    this.begins = begins;
    this.renderRoot.querySelector('.sheet')?.scrollTo(0, 0);
    void this.#loader.load();
  }

  #submit(event: Event): void {
    event.preventDefault();
    const given = readForm(event.currentTarget as HTMLFormElement);
    this.isWrong = isWrongRange(given.from, given.to);
    if (!this.isWrong) router.replaceQuery(Object.fromEntries(keys.map((key) => [key, given[key]])));
  }

  #csv(): string {
    return address(path, { format: 'csv', limit: mostOfCsv, ...this.#filter });
  }

  #form() {
    const text = texts.log.audit;
    const filter = this.#filter;
    const field = (name: 'actor' | 'subject' | 'reference', label: string) =>
      html`<label class="field">${label}<input name=${name} maxlength="500" .value=${filter[name] ?? ''} title=${text.exactHint} /></label>`;
    return html`<form class="filters" @submit=${this.#submit} @change=${(event: Event) => this.#submit(event)}>
      <label class="field short"
        >${text.kind}<select name="kind">
          <option value="">${text.all}</option>
          ${text.kinds.map((each) => html`<option value=${each} ?selected=${each === filter.kind}>${each}</option>`)}
        </select></label
      >
      ${field('actor', text.actor)} ${field('subject', text.subject)} ${field('reference', text.reference)}
      ${rangeInputs(filter.from ?? null, filter.to ?? null)}
      <button>${texts.log.filter}</button>
      <a class="button" href=${this.#csv()} download="audit.csv" title=${text.csvHint}>${texts.log.csv}</a>
    </form>`;
  }

  #told() {
    const { records, begins, next } = this;
    const first = records[0]?.number;
    const last = records[records.length - 1]?.number;
    return html`<div class="told" role="status">
      <button ?disabled=${begins.length < 2} @click=${() => this.#turn(begins.slice(0, -1))}>${icon('back')}${texts.log.newer}</button>
      <button ?disabled=${next === null} @click=${() => this.#turn([...begins, next ?? undefined])}>
        ${texts.log.older}${icon('open')}
      </button>
      <button @click=${() => void this.#loader.load()}>${icon('refresh')}${texts.log.refresh}</button>
      ${first !== undefined ? html`<span>${texts.log.page(String(first), String(last))}</span>` : ''}
      <span>${texts.log.zone(zone.name)}</span>
      ${this.#loader.isLoading ? html`<span>${texts.common.loading}</span>` : ''}
      ${this.isWrong ? html`<span class="bad" role="alert">${texts.log.wrongRange}</span>` : ''}
    </div>`;
  }

  #row(record: AuditRecord) {
    const time = zone.row(record.time);
    return html`<tr>
      <td class="time">
        <button class="link" aria-label=${texts.log.details(`${time} ${record.kind} ${record.action}`)} @click=${() => (this.open = record)}>
          ${time}
        </button>
      </td>
      <td class="text">${record.actor}</td>
      <td class="tight">${record.kind} ${record.action}</td>
      <td class="text">${record.subject}</td>
      <td class="text wide">${record.comment}</td>
      <td class="tight wide">${record.address}</td>
    </tr>`;
  }

  #table() {
    const text = texts.log.audit;
    if (this.#loader.problem || this.records.length === 0) return instead(this.#loader, text.empty);
    return html`<div class="sheet" tabindex="0" role="region" aria-label=${texts.log.tabs.audit ?? ''}>
      <table>
        <thead>
          <tr>
            <th scope="col">${text.time}</th>
            <th scope="col">${text.actor}</th>
            <th scope="col">${text.action}</th>
            <th scope="col">${text.subject}</th>
            <th scope="col" class="wide">${text.comment}</th>
            <th scope="col" class="wide">${text.address}</th>
          </tr>
        </thead>
        <tbody>
          ${this.records.map((record) => this.#row(record))}
        </tbody>
      </table>
    </div>`;
  }

  #dialog({ details, ...others }: AuditRecord) {
    return html`<tw-dialog wide .heading=${`${others.kind} ${others.action}`} @closed=${() => (this.open = null)}>
      <div class="stack">
        ${facts(others)}
        ${Object.keys(details).length > 0 ? html`<pre tabindex="0">${JSON.stringify(details, null, 2)}</pre>` : ''}
      </div>
    </tw-dialog>`;
  }

  override render() {
    return html`${filterBox(this.#form(), Object.values(this.#filter).some(Boolean))} ${this.#told()} ${this.#table()}
    ${this.open ? this.#dialog(this.open) : ''}`;
  }
}
