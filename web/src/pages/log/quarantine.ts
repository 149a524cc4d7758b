// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import '../../elements/tw-empty';
import { formatCount, zone } from '../../format';
import { icon } from '../../icons';
import { Loader } from '../../loader';
import { notices } from '../../notices';
import { Watch } from '../../observable';
import { RestError, rest, textOf } from '../../rest';
import { session } from '../../session';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { logStyles } from './styles';

const ofPage = 100;
const renewEvery = 3_000; // what is tried again leaves when it is stored

interface Quarantined {
  id: number;
  since: string;
  t: string;
  what: string;
  content: string;
  reason: string;
}
interface QuarantinePage {
  total: number;
  records: Quarantined[];
  next: number | null;
}

/** Records that the database refused: to be tried again, or given up. */
@customElement('log-quarantine')
export class LogQuarantine extends LitElement {
  static override styles = [
    shared,
    logStyles,
    css`
      .intro {
        max-width: 55rem;
      }
    `,
  ];
  @state() private page: QuarantinePage | null = null;
  @state() private begins: (number | undefined)[] = [undefined];
  @state() private chosen = new Set<number>();
  @state() private histories: string[] = [];
  @state() private history = '';
  @state() private hasNone = false;
  @state() private isBusy = false;
  @state() private isAsking = false;
  #loader = new Loader(
    this,
    (signal) => this.#read(signal),
    renewEvery,
    () => !this.isBusy && !this.hasNone,
  );

  constructor() {
    super();
    new Watch(this, session, zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#histories();
    void this.#loader.load();
  }

  /** Of several histories each has a quarantine of its own. */
  async #histories(): Promise<void> {
    try {
      const plugins = await rest<{ id: string; type: string }[]>('/api/v1/plugins');
      this.histories = plugins.filter(({ type }) => type === 'sql').map(({ id }) => id);
    } catch {
      this.histories = []; // the first one is shown then
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const after = this.begins[this.begins.length - 1];
    const query = { limit: ofPage, after, history: this.history || undefined };
    try {
      this.page = await rest<QuarantinePage>('/api/v1/history/quarantine', { query, signal });
    } catch (problem) {
      this.hasNone = problem instanceof RestError && problem.status === 404;
      throw problem;
    }
    const ids = new Set(this.page.records.map(({ id }) => id));
    this.chosen = new Set([...this.chosen].filter((id) => ids.has(id)));
  }

  #turn(begins: (number | undefined)[]): void {
    this.begins = begins;
    this.chosen = new Set();
    void this.#loader.load();
  }

  #pickHistory(event: Event): void {
    this.history = (event.target as HTMLSelectElement).value;
    this.#turn([undefined]);
  }

  async #carryOut(verb: 'requeue' | 'discard'): Promise<void> {
    this.isBusy = true;
    this.isAsking = false;
    const body = this.chosen.size > 0 ? { ids: [...this.chosen] } : { all: true };
    try {
      const done = await rest<{ requeued?: number; discarded?: number }>(`/api/v1/history/quarantine/${verb}`, {
        method: 'POST',
        query: { history: this.history || undefined },
        body,
      });
      const text = texts.log.quarantine;
      const told = verb === 'requeue' ? text.requeued(done.requeued ?? 0) : text.discarded(done.discarded ?? 0);
      notices.add({ kind: 'success', text: told });
    } catch (problem) {
      notices.error(textOf(problem));
    }
    this.isBusy = false;
    this.#turn([undefined]);
  }

  #choose(id: number, isChosen: boolean): void {
    const next = new Set(this.chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    this.chosen = next;
  }

  #told(page: QuarantinePage) {
    const text = texts.log.quarantine;
    const { begins, isBusy } = this;
    const mayWrite = session.may('history:write') && page.total > 0;
    return html`<div class="told" role="status">
      <span class=${page.total > 0 ? 'wait' : ''}>${page.total > 0 ? '? ' : ''}${text.total(formatCount(page.total))}</span>
      ${begins.length > 1 || page.next !== null
        ? html`<button ?disabled=${isBusy || begins.length < 2} @click=${() => this.#turn(begins.slice(0, -1))}>
              ${icon('back')}${texts.log.older}
            </button>
            <button ?disabled=${isBusy || page.next === null} @click=${() => this.#turn([...begins, page.next ?? undefined])}>
              ${texts.log.newer}${icon('open')}
            </button>`
        : ''}
      <button @click=${() => void this.#loader.load()}>${icon('refresh')}${texts.log.refresh}</button>
      ${mayWrite
        ? html`<button ?disabled=${isBusy} @click=${() => void this.#carryOut('requeue')}>${text.requeue(this.chosen.size)}</button>
            <button ?disabled=${isBusy} @click=${() => (this.isAsking = true)}>${text.discard(this.chosen.size)}</button>`
        : ''}
    </div>`;
  }

  #row(record: Quarantined, mayWrite: boolean) {
    const text = texts.log.quarantine;
    return html`<tr>
      ${mayWrite
        ? html`<td>
            <input
              type="checkbox"
              aria-label=${text.select(record.id)}
              .checked=${this.chosen.has(record.id)}
              @change=${(event: Event) => this.#choose(record.id, (event.target as HTMLInputElement).checked)}
            />
          </td>`
        : ''}
      <td class="time">${zone.row(record.t)}</td>
      <td class="text">${record.what}</td>
      <td class="text mid">${record.content}</td>
      <td class="text">${record.reason}</td>
      <td class="time wide">${zone.row(record.since)}</td>
    </tr>`;
  }

  #table(page: QuarantinePage) {
    const text = texts.log.quarantine;
    if (page.records.length === 0) return html`<tw-empty .heading=${text.empty} .text=${text.emptyHint}></tw-empty>`;
    const mayWrite = session.may('history:write');
    const ids = page.records.map(({ id }) => id);
    const all = ids.every((id) => this.chosen.has(id));
    return html`<div class="sheet" tabindex="0" role="region" aria-label=${texts.log.tabs.quarantine ?? ''}>
      <table>
        <thead>
          <tr>
            ${mayWrite
              ? html`<th>
                  <input
                    type="checkbox"
                    aria-label=${text.selectAll}
                    .checked=${all}
                    @change=${() => (this.chosen = new Set(all ? [] : ids))}
                  />
                </th>`
              : ''}
            <th scope="col">${text.time}</th>
            <th scope="col">${text.what}</th>
            <th scope="col" class="mid">${text.content}</th>
            <th scope="col">${text.reason}</th>
            <th scope="col" class="wide">${text.since}</th>
          </tr>
        </thead>
        <tbody>
          ${page.records.map((record) => this.#row(record, mayWrite))}
        </tbody>
      </table>
    </div>`;
  }

  #dialog(total: number) {
    const text = texts.log.quarantine;
    const close = (): boolean => (this.isAsking = false);
    return html`<tw-dialog .heading=${text.discardTitle} @closed=${close}>
      <p>${text.discardText(formatCount(this.chosen.size || total))}</p>
      <button slot="buttons" @click=${close}>${texts.common.cancel}</button>
      <button slot="buttons" class="primary" @click=${() => void this.#carryOut('discard')}>${text.discardNow}</button>
    </tw-dialog>`;
  }

  override render() {
    const text = texts.log.quarantine;
    if (this.hasNone) return html`<tw-empty .heading=${text.noHistory}></tw-empty>`;
    return html`<p class="muted small intro">${text.intro}</p>
      ${this.histories.length > 1
        ? html`<form class="filters">
            <label class="field"
              >${text.history}<select ?disabled=${this.isBusy} @change=${this.#pickHistory}>
                ${this.histories.map((each) => html`<option value=${each}>${each}</option>`)}
              </select></label
            >
          </form>`
        : ''}
      ${this.#loader.failure(texts.log.failed)}
      ${this.page ? html`${this.#told(this.page)} ${this.#table(this.page)}` : ''}
      ${this.isAsking && this.page ? this.#dialog(this.page.total) : ''}`;
  }
}
