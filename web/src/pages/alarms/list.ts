// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { alarmBook } from '../../alarms';
import '../../elements/tw-empty';
import { ActivateEvent, type TwVirtualList } from '../../elements/tw-virtual-list';
import { live, type WireAlarm } from '../../live';
import { notices } from '../../notices';
import { Watch } from '../../observable';
import { rest, textOf } from '../../rest';
import { router } from '../../router';
import { session } from '../../session';
import { listHead } from '../../styles/listhead';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { carryOut, mayDo, mostChosen, type AlarmAction } from './actions';
import './actiondialog';
import './areas';
import type { AreaEvent } from './areas';
import { alarmColumns, isNarrowAt } from './columns';
import './details';
import './filterbar';
import { filterOf } from './filterbar';
import { listStyles } from './liststyles';
import { countAreas, modeOf, rowsOf, type ListMode, type Row } from './order';
import './row';
import type { RowEvent } from './row';

const heldFor = 400; // ms after the pointer was let go
const chosenActions: Record<ListMode, readonly AlarmAction[]> = {
  active: ['ack', 'comment', 'shelve', 'suppress', 'out-of-service', 'reset'],
  inhibited: ['unshelve', 'unsuppress', 'in-service', 'comment'],
};

/** Alarms as they stand, live: areas, filter, list, details, and what can be done about those that are chosen. */
@customElement('alarm-list')
export class AlarmList extends LitElement {
  static override styles = [shared, alarmColumns, listHead, listStyles];
  @property() mode: ListMode = 'active';
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private chosen: ReadonlySet<number> = new Set();
  @state() private asked: { action: AlarmAction; alarms: WireAlarm[] } | null = null;
  @state() private areasOpen = false;
  @state() private isNarrow = false;
  @state() private knownAreas: string[] = [];
  @query('tw-virtual-list') private list!: TwVirtualList | null;
  #rows: Row[] = [];
  #isHeld = false;
  #letGo: ReturnType<typeof setTimeout> | undefined;
  #filling = new AbortController();
  #resized = new ResizeObserver(([entry]) => (this.isNarrow = isNarrowAt(entry?.contentRect.width ?? Infinity)));

  constructor() {
    super();
    new Watch(this, alarmBook, live, session);
    this.addEventListener('row', (event) => this.#rowAsked(event as RowEvent));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#filling = new AbortController();
    void this.#loadAreas();
    this.#watchWidth(); // of a page that comes back
    addEventListener('pointerup', this.#released);
    addEventListener('pointercancel', this.#released);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#filling.abort();
    this.#resized.disconnect();
    clearTimeout(this.#letGo);
    this.#isHeld = false;
    removeEventListener('pointerup', this.#released);
    removeEventListener('pointercancel', this.#released);
  }

  override firstUpdated(): void {
    this.#watchWidth();
  }

  #watchWidth(): void {
    const middle = this.renderRoot.querySelector('.middle');
    if (middle) this.#resized.observe(middle);
  }

  async #loadAreas(): Promise<void> {
    try {
      const areas = await rest<{ area: string }[]>('/api/v1/alarms/areas', { signal: this.#filling.signal });
      this.knownAreas = areas.map(({ area }) => area);
    } catch {
      // Areas with alarms are shown all the same.
    }
  }

  /** While a button is pressed no row may move under the pointer: the click would hit another alarm. */
  #held = (): void => {
    clearTimeout(this.#letGo);
    this.#isHeld = true;
  };
  #released = (): void => {
    if (!this.#isHeld) return;
    clearTimeout(this.#letGo);
    this.#letGo = setTimeout(() => {
      this.#isHeld = false;
      this.requestUpdate();
    }, heldFor);
  };

  override willUpdate(changed: Map<string, unknown>): void {
    if (!this.#isHeld || changed.has('mode') || changed.has('query')) {
      this.#rows = rowsOf(alarmBook.alarms.values(), this.mode, filterOf(this.query));
    } else {
      this.#rows = this.#rows.map((row) => (row.alarm ? { alarm: alarmBook.alarms.get(row.alarm.rule_id) ?? row.alarm } : row));
    }
    // Who is not in this list any more is not chosen any more.
    const isHere = (id: number): boolean => {
      const alarm = alarmBook.alarms.get(id);
      return alarm !== undefined && modeOf(alarm) === this.mode;
    };
    if (changed.has('mode') && changed.get('mode') !== undefined) this.chosen = new Set();
    else if (alarmBook.isFresh && [...this.chosen].some((id) => !isHere(id))) {
      this.chosen = new Set([...this.chosen].filter(isHere));
    }
  }

  override updated(): void {
    this.list?.requestUpdate();
  }

  get #chosenAlarms(): WireAlarm[] {
    return [...this.chosen].map((id) => alarmBook.alarms.get(id)).filter((alarm) => alarm !== undefined);
  }

  #choose(alarm: WireAlarm): void {
    const chosen = new Set(this.chosen);
    if (!chosen.delete(alarm.rule_id)) chosen.add(alarm.rule_id);
    if (chosen.size > mostChosen) notices.error(texts.alarms.mostChosen(mostChosen));
    else this.chosen = chosen;
  }

  #chooseAll(event: Event): void {
    const isOn = (event.target as HTMLInputElement).checked;
    const all = this.#rows.flatMap(({ alarm }) => (alarm ? [alarm.rule_id] : []));
    this.chosen = new Set(isOn ? all.slice(0, mostChosen) : []);
    if (isOn && all.length > mostChosen) notices.add({ kind: 'info', text: texts.alarms.mostChosen(mostChosen) });
  }

  #rowAsked({ action, alarm }: RowEvent): void {
    if (action === 'choose') this.#choose(alarm);
    else if (action === 'ack') void this.#atOnce(action, alarm);
    else this.asked = { action, alarms: [alarm] };
  }

  /** What needs no more words. */
  async #atOnce(action: AlarmAction, alarm: WireAlarm): Promise<void> {
    try {
      const [failure] = await carryOut(action, [alarm]);
      if (failure) notices.error(texts.alarms.dialog.failed(1, 1), `${alarm.rule_name}: ${failure.why}`);
    } catch (problem) {
      notices.error(textOf(problem), alarm.rule_name);
    }
  }

  #open(index: number): void {
    const alarm = this.#rows[index]?.alarm;
    if (alarm) router.replaceQuery({ rule: String(alarm.rule_id) });
  }

  #key(event: KeyboardEvent): void {
    const alarm = this.#rows[this.list?.active ?? -1]?.alarm;
    if (!alarm || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.composedPath()[0] !== this.list?.renderRoot.querySelector('.scroller')) return;
    if (event.key === ' ') {
      event.preventDefault();
      this.#choose(alarm);
    } else if (event.key === 'a' && mayDo('ack', alarm) && this.#isFresh) void this.#atOnce('ack', alarm);
  }

  get #isFresh(): boolean {
    return alarmBook.isFresh && live.isOnline;
  }

  #row(index: number) {
    const row = this.#rows[index];
    return html`<alarm-row
      .row=${row}
      .chosen=${row?.alarm ? this.chosen.has(row.alarm.rule_id) : false}
      .inhibited=${this.mode === 'inhibited'}
      .isFresh=${this.#isFresh}
    ></alarm-row>`;
  }

  #chosenBar() {
    const alarms = this.#chosenAlarms;
    if (alarms.length === 0) return '';
    const offered = chosenActions[this.mode].filter((action) => alarms.some((alarm) => mayDo(action, alarm)));
    const ask = (action: AlarmAction): void => {
      this.asked = { action, alarms: alarms.filter((alarm) => mayDo(action, alarm)) };
    };
    return html`<div class="chosen row wrap" role="group" aria-label=${texts.alarms.chosen(alarms.length)}>
      <strong>${texts.alarms.chosen(alarms.length)}</strong>
      ${offered.map(
        (action) => html`<button class=${action === 'ack' ? 'primary' : ''} ?disabled=${!this.#isFresh} @click=${() => ask(action)}>
          ${texts.alarms.actions[action]}
        </button>`,
      )}
      <button class="quiet" @click=${() => (this.chosen = new Set())}>${texts.alarms.unchoose}</button>
    </div>`;
  }

  #head() {
    const text = texts.alarms.columns;
    const shown = this.#rows.filter(({ alarm }) => alarm).length;
    return html`<div class="head ${this.mode}">
      <div class="columns" role="presentation">
        <span class="choose"
          ><input
            type="checkbox"
            aria-label=${texts.alarms.chooseAll}
            ?disabled=${shown === 0}
            .checked=${shown > 0 && this.chosen.size >= Math.min(shown, mostChosen)}
            .indeterminate=${this.chosen.size > 0 && this.chosen.size < shown}
            @change=${this.#chooseAll}
        /></span>
        <span class="severity"><span class="hidden-text">${text.severity}</span></span>
        <span class="state">${text.state}</span>
        <span class="time">${text.time}</span>
        <span class="name">${text.name}</span>
        <span class="area">${text.area}</span>
        <span class="value">${this.mode === 'inhibited' ? text.by : text.value}</span>
        <span class="actions"></span>
      </div>
    </div>`;
  }

  #empty() {
    if (!alarmBook.isFresh && alarmBook.alarms.size === 0) return html`<p class="muted loading">${texts.alarms.loading}</p>`;
    const isFiltered = ['area', 'severity', 'state', 'search'].some((key) => this.query.get(key));
    const text = texts.alarms;
    if (isFiltered) return html`<tw-empty .heading=${text.noMatch} .text=${text.noMatchHint}></tw-empty>`;
    if (this.mode === 'inhibited') return html`<tw-empty .heading=${text.noneInhibited}></tw-empty>`;
    return html`<tw-empty .heading=${text.none} .text=${text.noneHint}></tw-empty>`;
  }

  #areas(isInDialog = false) {
    const areas = countAreas(alarmBook.alarms.values(), this.mode, this.knownAreas);
    return html`<alarm-areas
      class=${isInDialog ? 'in-dialog' : ''}
      .areas=${areas}
      .chosen=${this.query.get('area') ?? ''}
      @area=${(event: AreaEvent) => {
        router.replaceQuery({ area: event.area || undefined });
        this.areasOpen = false;
      }}
    ></alarm-areas>`;
  }

  override render() {
    const rule = this.query.get('rule');
    return html`<aside aria-label=${texts.alarms.areas.label}>${this.#areas()}</aside>
      <div class="middle">
        <alarm-filter-bar .mode=${this.mode} .query=${this.query} @areas=${() => (this.areasOpen = true)}></alarm-filter-bar>
        ${this.#chosenBar()} ${this.#isFresh ? '' : html`<p class="stale" role="status">${texts.alarms.stale}</p>`}
        ${this.#rows.length === 0
          ? this.#empty()
          : html`${this.#head()}
              <tw-virtual-list
                .label=${texts.alarms.list[this.mode]}
                .count=${this.#rows.length}
                .rowHeight=${this.isNarrow ? 3.4 : 2.3}
                .renderRow=${(index: number) => this.#row(index)}
                @pointerdown=${this.#held}
                @keydown=${this.#key}
                @activate=${(event: ActivateEvent) => this.#open(event.index)}
              ></tw-virtual-list>`}
      </div>
      ${rule ? this.#details(Number(rule)) : nothing} ${this.#dialogs()}`;
  }

  #details(rule: number) {
    return html`<alarm-details
      .ruleId=${rule}
      .isFresh=${this.#isFresh}
      @row=${(event: RowEvent) => {
        event.stopPropagation();
        this.asked = { action: event.action as AlarmAction, alarms: [event.alarm] };
      }}
      @closed=${() => router.replaceQuery({ rule: undefined })}
    ></alarm-details>`;
  }

  #dialogs() {
    return html`${this.areasOpen
      ? html`<tw-dialog .heading=${texts.alarms.areas.label} @closed=${() => (this.areasOpen = false)}
          >${this.#areas(true)}</tw-dialog
        >`
      : ''}
    ${this.asked
      ? html`<alarm-action-dialog
          .action=${this.asked.action}
          .alarms=${this.asked.alarms}
          @finished=${() => (this.chosen = new Set())}
          @closed=${() => (this.asked = null)}
        ></alarm-action-dialog>`
      : ''}`;
  }
}
