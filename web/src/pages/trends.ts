// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { now } from '../clock';
import '../elements/tw-empty';
import type { AreaEvent, CursorEvent, TwPlot, ViewEvent } from '../elements/tw-plot';
import '../elements/tw-point-picker';
import type { PickEvent, TwPointPicker } from '../elements/tw-point-picker';
import { zone } from '../format';
import { live, type PointWatch } from '../live';
import { notices } from '../notices';
import { Watch } from '../observable';
import type { PointInfo } from '../pointinfo';
import { preferences } from '../preferences';
import { router } from '../router';
import { session } from '../session';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import { addressOf, longest, mostPoints, readAddress, shortest, spanOf, type RangeWord, type Shown } from './trends/address';
import { picture, save, seenCsv, storedCsv } from './trends/export';
import './trends/lanes';
import type { TrendLanes } from './trends/lanes';
import './trends/legend';
import type { LegendEvent } from './trends/legend';
import { TrendModel } from './trends/model';
import './trends/rangedialog';
import type { RangePickEvent } from './trends/rangedialog';
import { drawn, isLane, lanesOf, seriesOf, type Drawn } from './trends/shapes';
import './trends/sharedialog';
import { trendStyles } from './trends/styles';
import { told } from './trends/told';
import { toolbar } from './trends/toolbar';

const askAfter = 200; // ms after the last step of a zoom
const drawEvery = 200; // ms at most; less often where nobody could see it

/** Several points over time, stored and live. */
@customElement('page-trends')
export class PageTrends extends LitElement {
  static override styles = [shared, trendStyles];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private shown: Shown = readAddress(new URLSearchParams(), now());
  @state() private drawn: Drawn[] = [];
  @state() private times: number[] = [];
  @state() private cursor = -1;
  @state() private area = { left: 0, width: 0 };
  @state() private dialog: 'none' | 'share' | 'range' = 'none';
  @state() private isPlotLoaded = false;
  @query('tw-plot') private plot!: TwPlot | null;
  @query('trend-lanes') private lanes!: TrendLanes | null;
  #model = new TrendModel();
  #watch: PointWatch | null = null;
  #ends: (() => void)[] = [];
  #asking: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #written = '';
  #lastRange: RangeWord = '1h';
  #drawnAt = 0;
  #isDirty = false;
  #wasOnline = true;

  constructor() {
    super();
    new Watch(this, session, preferences);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watch = live.watchPoints([], (changed) => {
      this.#model.takeLive(changed);
      this.#isDirty = true;
    });
    this.#wasOnline = live.isOnline;
    this.#ends = [
      this.#model.observe(() => this.#draw()),
      live.observe(() => this.#linkChanged()),
      zone.observe(() => this.#zoneChanged()),
    ];
    this.#timer = setInterval(() => this.#tick(), drawEvery);
    document.addEventListener('visibilitychange', this.#seenAgain);
    void import('../elements/tw-plot').then(() => (this.isPlotLoaded = true));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.#ends) end();
    this.#watch?.close();
    this.#model.stop();
    clearInterval(this.#timer);
    clearTimeout(this.#asking);
    document.removeEventListener('visibilitychange', this.#seenAgain);
    this.#written = '';
    zone.setLinked(null);
  }

  override willUpdate(changed: PropertyValues): void {
    // Our own writing comes back as a query too.
    if (changed.has('query') && this.query.toString() !== this.#written) this.#read();
  }

  #read(): void {
    this.#written = this.query.toString();
    this.shown = readAddress(this.query, now());
    if (this.shown.range) this.#lastRange = this.shown.range;
    if (this.shown.zone) zone.setLinked(this.shown.zone);
    this.#pointsChanged();
  }

  #write(): void {
    const query = addressOf({ ...this.shown, zone: this.shown.points.length > 0 ? zone.name : null });
    const parameters = new URLSearchParams();
    for (const key of ['points', 'hidden', 'range', 'from', 'to', 'zone'] as const) {
      if (query[key]) parameters.set(key, query[key]);
    }
    this.#written = parameters.toString();
    // Elsewhere already: the address is another page's.
    if (!this.isConnected || router.page !== 'trends') return;
    history.replaceState(null, '', `#/trends${this.#written ? `?${this.#written}` : ''}`);
  }

  #zoneChanged(): void {
    if (this.hasUpdated) this.#write();
    this.requestUpdate();
  }

  #pointsChanged(): void {
    this.#watch?.set(this.shown.points.filter((name) => this.#mayLive(name)));
    // Types decide how values are asked for: they are needed first.
    void this.#model.learn(this.shown.points).then(() => this.#load());
  }

  #mayLive = (name: string): boolean => session.may('points:read', name);

  async #load(): Promise<void> {
    clearTimeout(this.#asking);
    if (!this.isConnected || this.shown.points.length === 0) return this.#draw();
    const { from, to } = this.#range();
    await this.#model.load(this.shown.points, from, to, this.clientWidth || 1000);
  }

  #loadSoon(): void {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => {
      this.#write();
      void this.#load();
    }, askAfter);
  }

  #range(): { from: number; to: number } {
    const { range, from, to } = this.shown;
    return range ? { from: now() - spanOf(range), to: now() } : { from, to };
  }

  #tick(): void {
    if (document.hidden || this.#model.length === 0) return;
    const { from, to } = this.#range();
    // A step of less than half a pixel is none.
    const step = Math.max(drawEvery, Math.min(5000, (to - from) / Math.max(1, this.clientWidth) / 2));
    const isDue = this.shown.range ? now() - this.#drawnAt >= step || this.#isDirty : this.#isDirty && to > now() - 1000;
    if (isDue) this.#draw();
  }

  #draw(): void {
    const { from, to } = this.#range();
    if (this.shown.range) this.shown = { ...this.shown, from, to };
    this.#model.follow(Math.min(to, now()));
    this.#isDirty = false;
    this.#drawnAt = now();
    this.times = this.#model.times();
    this.drawn = drawn(this.#model, this.shown.points, this.shown.hidden);
  }

  #linkChanged(): void {
    this.#model.linkChanged();
    // What came meanwhile stands in the history only.
    if (live.isOnline && !this.#wasOnline) this.#loadSoon();
    this.#wasOnline = live.isOnline;
    this.#isDirty = true;
  }

  #seenAgain = (): void => {
    if (!document.hidden) this.#loadSoon();
  };

  #view(from: number, to: number): void {
    const span = Math.min(longest, Math.max(shortest, to - from));
    // Beyond now there is nothing.
    const end = Math.min((from + to + span) / 2, now() + span / 2);
    this.shown = { ...this.shown, range: null, from: end - span, to: end };
    this.#loadSoon();
  }

  #move = (part: number): void => {
    const { from, to } = this.#range();
    const shift = (to - from) * part;
    this.#view(from + shift, to + shift);
  };

  #zoom = (factor: number): void => {
    const { from, to } = this.#range();
    // While it follows, what is new stays in sight.
    const middle = this.shown.range ? to : (from + to) / 2;
    const part = this.shown.range ? 1 : 0.5;
    this.#view(middle - (to - from) * factor * part, middle + (to - from) * factor * (1 - part));
  };

  #follow = (range: RangeWord): void => {
    this.#lastRange = range;
    this.shown = { ...this.shown, range, ...this.#lastSpan(range) };
    this.#write();
    void this.#load();
  };

  #lastSpan(range: RangeWord): { from: number; to: number } {
    return { from: now() - spanOf(range), to: now() };
  }

  #pause = (): void => {
    this.shown = { ...this.shown, range: null, ...this.#range() };
    this.#write();
  };

  #pickRange(event: RangePickEvent): void {
    this.dialog = 'none';
    this.shown = { ...this.shown, range: null, from: event.from, to: event.to };
    this.#write();
    void this.#load();
  }

  #pick(event: PickEvent): void {
    const { point } = event;
    const picker = event.target as TwPointPicker;
    if (!point) return;
    this.#add([point]);
    void picker.updateComplete.then(() => (picker.value = ''));
  }

  #add(points: readonly (PointInfo | { name: string; type: string })[]): void {
    const text = texts.trends;
    const names = points.filter(({ type }) => type !== 'position').map(({ name }) => name);
    const fresh = names.filter((name) => !this.shown.points.includes(name));
    if (names.length === 0) return notices.error(text.positions);
    if (fresh.length === 0) return notices.add({ kind: 'info', text: text.isThere });
    if (this.shown.points.length + fresh.length > mostPoints) notices.error(text.full(mostPoints));
    this.shown = { ...this.shown, points: [...this.shown.points, ...fresh].slice(0, mostPoints) };
    this.#write();
    this.#pointsChanged();
  }

  #toggle({ point }: LegendEvent): void {
    const { hidden } = this.shown;
    const next = hidden.includes(point) ? hidden.filter((each) => each !== point) : [...hidden, point];
    this.shown = { ...this.shown, hidden: next };
    this.#write();
    this.#draw();
  }

  #remove({ point }: LegendEvent): void {
    const without = (names: string[]): string[] => names.filter((each) => each !== point);
    this.shown = { ...this.shown, points: without(this.shown.points), hidden: without(this.shown.hidden) };
    this.#write();
    this.#pointsChanged();
  }

  #fileName(ending: string): string {
    return `trend-${zone.dateTime(this.shown.to).replace(/[: ]/g, '-')}.${ending}`;
  }

  async #savePng(): Promise<void> {
    const canvases = [this.plot?.canvas, this.lanes?.canvas].filter((each) => each instanceof HTMLCanvasElement);
    const title = `${this.#shownText()} (${zone.name})`;
    const blob = await picture(title, canvases, this.drawn, getComputedStyle(this).fontFamily);
    if (blob) save(blob, this.#fileName('png'));
  }

  #saveCsv(): void {
    const { from, to } = this.#range();
    const text = seenCsv(this.#model, this.drawn, from, to);
    save(new Blob(['\ufeff', text], { type: 'text/csv' }), this.#fileName('csv'));
  }

  #shownText(): string {
    const { from, to } = this.shown;
    return texts.trends.shown(zone.row(from, to), `${zone.dateTime(to)} ${zone.mark(to)}`);
  }

  #plots() {
    const { from, to } = this.shown;
    const lanes = lanesOf(this.drawn, this.#model);
    const series = seriesOf(this.drawn);
    const isFlat = !this.drawn.some(({ track }) => !isLane(track));
    const gaps = this.#model.gaps.map((gap) => ({ from: gap.from / 1000, to: gap.to / 1000 }));
    if (!this.isPlotLoaded) return html`<p class="muted">${texts.trends.loading}</p>`;
    return html`<tw-plot
        plain
        class=${isFlat ? 'flat' : ''}
        .times=${this.times}
        .series=${series}
        .gaps=${gaps}
        .from=${from / 1000}
        .to=${to / 1000}
        @view=${(event: ViewEvent) => this.#view(event.from * 1000, event.to * 1000)}
        @reset=${() => this.#follow(this.#lastRange)}
        @cursor=${(event: CursorEvent) => (this.cursor = event.index)}
        @area=${({ left, width }: AreaEvent) => (this.area = { left, width })}
      ></tw-plot>
      ${lanes.length > 0
        ? html`<trend-lanes
            .lanes=${lanes}
            .from=${from / 1000}
            .to=${to / 1000}
            .left=${this.area.left}
            .width=${this.area.width}
            .cursor=${this.times[this.cursor] ?? null}
          ></trend-lanes>`
        : ''}`;
  }

  #empty() {
    const pinned = preferences.favourites.slice(0, mostPoints);
    return html`<tw-empty .heading=${texts.trends.noPoints} .text=${texts.trends.noPointsHint}>
      ${pinned.length > 0
        ? html`<button @click=${() => this.#add(pinned.map((name) => ({ name, type: '' })))}>${texts.trends.addPinned}</button>`
        : ''}
    </tw-empty>`;
  }

  #dialog() {
    const { from, to } = this.shown;
    const close = (): string => (this.dialog = 'none');
    if (this.dialog === 'range') {
      return html`<trend-range .from=${from} .to=${to} @pick=${this.#pickRange} @closed=${close}></trend-range>`;
    }
    if (this.dialog !== 'share') return '';
    const { points } = this.shown;
    const mayStored = this.#model.hasHistory && points.every((name) => session.may('history:read', name));
    return html`<trend-share
      .link=${location.href}
      .stored=${mayStored ? storedCsv(points, from, to) : ''}
      ?follows=${this.shown.range !== null}
      @save-png=${() => void this.#savePng()}
      @save-csv=${this.#saveCsv}
      @closed=${close}
    ></trend-share>`;
  }

  override render() {
    const hasPoints = this.shown.points.length > 0;
    const cursorAt = this.times[this.cursor];
    return html`<h1 class="hidden-text">${texts.trends.title}</h1>
      ${toolbar({
        range: this.shown.range,
        lastRange: this.#lastRange,
        isIdle: !hasPoints,
        pick: (event) => this.#pick(event),
        follow: this.#follow,
        pause: this.#pause,
        move: this.#move,
        zoom: this.#zoom,
        open: (dialog) => (this.dialog = dialog),
      })}
      ${hasPoints
        ? told({
            shown: this.shown,
            model: this.#model,
            text: this.#shownText(),
            retry: () => void this.#load(),
          })
        : html`<div></div>`}
      ${hasPoints
        ? html`<div class="plots">${this.#plots()}</div>
            <trend-legend
              .drawn=${this.drawn}
              .model=${this.#model}
              .descriptions=${this.#model.descriptions}
              .problems=${this.#model.problems}
              .from=${this.shown.from}
              .to=${this.shown.to}
              .cursor=${cursorAt === undefined ? -1 : this.cursor}
              .cursorTime=${cursorAt === undefined ? '' : zone.dateTime(cursorAt * 1000)}
              .canLive=${this.#mayLive}
              @toggle-point=${this.#toggle}
              @remove-point=${this.#remove}
            ></trend-legend>`
        : this.#empty()}
      ${this.#dialog()}`;
  }
}
