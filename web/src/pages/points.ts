// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import '../elements/tw-empty';
import '../elements/tw-error';
import '../elements/tw-virtual-list';
import type { ActivateEvent, RangeEvent, TwVirtualList } from '../elements/tw-virtual-list';
import '../elements/tw-write-dialog';
import { formatCount } from '../format';
import { icon } from '../icons';
import { live, type PointWatch } from '../live';
import { Watch } from '../observable';
import { onePoint, type PointInfo } from '../pointinfo';
import { preferences } from '../preferences';
import { isAbort } from '../rest';
import { router } from '../router';
import { Sparks } from '../sparks';
import { listHead } from '../styles/listhead';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import { pointColumns } from './points/columns';
import './points/details';
import { PointSource } from './points/pointsource';
import './points/row';
import type { WriteEvent } from './points/row';
import { pointsStyles } from './points/styles';
import './points/tree';
import type { GroupEvent } from './points/tree';

const typedFor = 250; // ms after the last key
const restFor = 150; // ms without scrolling until the history is asked
const agesEvery = 1000;

/** Tree, search, live list, details and writing of all points. What is chosen stands in the address. */
@customElement('page-points')
export class PagePoints extends LitElement {
  static override styles = [shared, pointColumns, listHead, pointsStyles];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private writing: PointInfo | null = null;
  @state() private detail: PointInfo | null = null;
  @state() private isTreeOpen = false;
  @query('tw-virtual-list') private list!: TwVirtualList | null;
  #source = new PointSource();
  #sparks = new Sparks();
  #watch: PointWatch | null = null;
  #wanted = '';
  #seen: string[] = [];
  #typing: ReturnType<typeof setTimeout> | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;
  #ages: ReturnType<typeof setInterval> | undefined;
  #endLink = (): void => {};
  #filling = new AbortController();

  constructor() {
    super();
    new Watch(this, this.#source, preferences, live);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#filling = new AbortController();
    this.#watch = live.watchPoints(this.#seen, (changed) => {
      for (const point of changed) this.#sparks.add(point);
    });
    this.#endLink = live.observe(() => !live.isOnline && this.#sparks.lost());
    this.#ages = setInterval(() => this.#refreshRows(), agesEvery);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#typing);
    clearTimeout(this.#resting);
    clearInterval(this.#ages);
    this.#watch?.close();
    this.#endLink();
    this.#source.stop();
    this.#filling.abort();
    this.#wanted = '';
  }

  get #search(): string {
    return this.query.get('search') ?? '';
  }
  get #under(): string {
    return this.query.get('under') ?? '';
  }
  get #isPinned(): boolean {
    return this.query.get('show') === 'pinned';
  }

  override willUpdate(): void {
    const names = this.#isPinned ? preferences.favourites : null;
    const wanted = JSON.stringify([this.#search, this.#under, names]);
    if (wanted !== this.#wanted) {
      this.#wanted = wanted;
      const prefix = this.#under ? `${this.#under}/` : '';
      this.#source.want({ search: this.#search, prefix, names });
    }
    const point = this.query.get('point');
    if (point !== (this.detail?.name ?? null)) void this.#openDetail(point);
  }

  async #openDetail(name: string | null): Promise<void> {
    if (!name) {
      this.detail = null;
      return;
    }
    const stub: PointInfo = { name, number: 0, type: '', value: null, quality: '', timestamp: null, unit: '', description: '', writable: false };
    this.detail = this.#known(name) ?? stub;
    if (this.detail.type) return;
    try {
      const point = await onePoint(name, this.#filling.signal);
      if (this.detail?.name === name) this.detail = point;
    } catch (problem) {
      if (!isAbort(problem)) this.detail = { ...stub, description: String((problem as Error).message) };
    }
  }

  #known(name: string): PointInfo | undefined {
    const [from, to] = this.#range;
    for (let index = from; index < to; ++index) if (this.#source.at(index)?.name === name) return this.#source.at(index);
    return undefined;
  }

  override updated(): void {
    this.#watchSeen();
  }

  #range: [number, number] = [0, 0];

  #ranged(event: RangeEvent): void {
    this.#range = [event.from, event.to];
    this.#source.need(event.from, event.to);
    this.#watchSeen();
  }

  /** Live values and sparklines of what is drawn, and of nothing else. */
  #watchSeen(): void {
    const [from, to] = this.#range;
    const seen: string[] = [];
    for (let index = from; index < Math.min(to, this.#source.total); ++index) {
      const name = this.#source.at(index)?.name;
      if (name) seen.push(name);
    }
    if (seen.length === this.#seen.length && seen.every((name, index) => name === this.#seen[index])) return;
    this.#seen = seen;
    this.#watch?.set(seen);
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => void this.#sparks.fill(seen, this.#filling.signal), restFor);
  }

  #refreshRows(): void {
    if (document.hidden) return;
    for (const row of this.list?.renderRoot.querySelectorAll<LitElement>('point-row') ?? []) row.requestUpdate();
  }

  #typed(event: Event): void {
    const search = (event.target as HTMLInputElement).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => router.replaceQuery({ search, show: undefined }), typedFor);
  }

  #choose(path: string): void {
    this.isTreeOpen = false;
    router.replaceQuery({ under: path || undefined, show: undefined });
  }

  #activate(event: ActivateEvent): void {
    const point = this.#source.at(event.index);
    if (point) router.replaceQuery({ point: point.name });
  }

  #sidebar() {
    const isAll = !this.#under && !this.#isPinned;
    return html`<aside class=${this.isTreeOpen ? 'open' : ''} aria-label=${texts.points.tree}>
      <div class="choices">
        <button class="quiet" aria-pressed=${isAll ? 'true' : 'false'} @click=${() => this.#choose('')}>
          ${icon('points')}${texts.points.all}
        </button>
        <button
          class="quiet"
          aria-pressed=${this.#isPinned ? 'true' : 'false'}
          @click=${() => {
            this.isTreeOpen = false;
            router.replaceQuery({ show: 'pinned', under: undefined, search: undefined });
          }}
        >
          ${icon('star', this.#isPinned)}${texts.points.pinned}
          <span class="muted">${preferences.favourites.length}</span>
        </button>
      </div>
      <points-tree .under=${this.#under} @group=${(event: GroupEvent) => this.#choose(event.path)}></points-tree>
    </aside>`;
  }

  #bar() {
    const count = formatCount(this.#source.total);
    return html`<div class="bar">
      <button
        class="tree-button"
        aria-label=${texts.points.showTree}
        aria-expanded=${this.isTreeOpen ? 'true' : 'false'}
        @click=${() => (this.isTreeOpen = !this.isTreeOpen)}
      >
        ${icon('tree')}<span>${texts.points.showTree}</span>
      </button>
      <div class="search">
        ${icon('search')}
        <input
          type="search"
          aria-label=${texts.points.search}
          placeholder=${texts.points.searchPlaceholder}
          .value=${this.#search}
          @input=${this.#typed}
        />
      </div>
      <span class="muted small count" role="status"
        >${this.#under ? texts.points.countIn(count, this.#under) : texts.points.count(count)}</span
      >
    </div>`;
  }

  #head() {
    const text = texts.points;
    return html`<div class="columns head" aria-hidden="true">
      <span></span><span>${text.name}</span><span class="description">${text.description}</span
      ><span class="spark-head spark">${text.trend}</span><span class="number">${text.value}</span><span></span
      ><span class="number age">${text.age}</span><span></span>
    </div>`;
  }

  #nothing() {
    const text = texts.points;
    if (this.#source.problem) return '';
    if (this.#isPinned) return html`<tw-empty .heading=${text.noPins} .text=${text.noPinsHint}></tw-empty>`;
    if (this.#source.isLoading) return html`<p class="loading muted" role="status">${texts.common.loading}</p>`;
    if (this.#search) return html`<tw-empty .heading=${text.none} .text=${text.noneHint}></tw-empty>`;
    return html`<tw-empty .heading=${text.empty}></tw-empty>`;
  }

  #rows() {
    if (this.#source.total === 0) return this.#nothing();
    return html`${this.#head()}
      <tw-virtual-list
        .label=${texts.points.list}
        .count=${this.#source.total}
        .renderRow=${this.#row}
        .active=${-1}
        @range=${this.#ranged}
        @activate=${this.#activate}
      ></tw-virtual-list>`;
  }

  get #row() {
    // A new function each time, so that the list draws anew with what has come.
    return (index: number) =>
      html`<point-row .point=${this.#source.at(index)} .sparks=${this.#sparks} .under=${this.#under}></point-row>`;
  }

  override render() {
    return html`${this.#sidebar()}
      <section class="list" @write=${(event: WriteEvent) => (this.writing = event.point)}>
        ${this.#bar()}
        ${this.#source.problem
          ? html`<tw-error
              .heading=${texts.points.failed}
              .text=${this.#source.problem}
              canRetry
              @retry=${() => this.#source.need(...this.#range)}
            ></tw-error>`
          : ''}
        ${this.#rows()}
      </section>
      ${this.detail
        ? html`<point-details
            .point=${this.detail}
            @closed=${() => router.replaceQuery({ point: undefined })}
            @write=${(event: WriteEvent) => (this.writing = event.point)}
          ></point-details>`
        : ''}
      ${this.writing
        ? html`<tw-write-dialog .point=${this.writing} @closed=${() => (this.writing = null)}></tw-write-dialog>`
        : ''}`;
  }
}
