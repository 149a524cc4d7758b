// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { now } from '../../clock';
import type { PlotSeries } from '../../elements/tw-plot';
import '../../elements/tw-quality';
import '../../elements/tw-value';
import { formatAge, zone } from '../../format';
import { icon } from '../../icons';
import { live, type PointWatch } from '../../live';
import { joinNames, restName } from '../../names';
import { Watch } from '../../observable';
import type { PointInfo } from '../../pointinfo';
import { preferences } from '../../preferences';
import { RestError, isAbort, rest, textOf } from '../../rest';
import { router } from '../../router';
import { session } from '../../session';
import { detailsStyles } from '../../styles/details';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { WriteEvent } from './row';

const span = 3_600_000; // ms
const buckets = 240;
const renewEvery = 15_000;

interface Trend {
  series: { buckets: { t: string; min: number | null; max: number | null; avg: number | null }[] }[];
}

/** All that is known of one point, with the last hour. */
@customElement('point-details')
export class PointDetails extends LitElement {
  static override styles = [
    shared,
    detailsStyles,
    css`
      .big {
        font-size: var(--huge);
        line-height: 1.2;
      }
      tw-plot {
        height: 11rem;
      }
    `,
  ];
  @property({ attribute: false }) point!: PointInfo;
  @state() private times: number[] = [];
  @state() private series: PlotSeries[] = [];
  @state() private problem = '';
  @state() private isPlotLoaded = false;
  @state() private isCopied = false;
  #watch: PointWatch | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #asking = new AbortController();
  #shown = '';

  constructor() {
    super();
    new Watch(this, live, zone, preferences);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watch = live.watchPoints(this.point ? [this.point.name] : [], () => this.requestUpdate());
    this.#timer = setInterval(() => {
      if (!document.hidden) void this.#load();
    }, renewEvery);
    void import('../../elements/tw-plot').then(() => (this.isPlotLoaded = true));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watch?.close();
    clearInterval(this.#timer);
    this.#asking.abort();
    this.#shown = '';
  }

  override willUpdate(): void {
    if (this.point.name === this.#shown) return;
    this.#shown = this.point.name;
    this.times = [];
    this.series = [];
    this.isCopied = false;
    this.#watch?.set([this.point.name]);
    void this.#load();
  }

  async #load(): Promise<void> {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { name, unit, type } = this.point;
    const from = new Date(now() - span).toISOString();
    try {
      const trend = await rest<Trend>('/api/v1/history', {
        query: { point: restName(name), from, buckets, aggregate: 'min,max,avg' },
        signal: this.#asking.signal,
      });
      const stored = trend.series[0]?.buckets ?? [];
      const isBool = type === 'bool';
      this.times = stored.map(({ t }) => Date.parse(t) / 1000);
      const values = stored.map(({ avg }) => avg);
      const band = isBool ? {} : { min: stored.map(({ min }) => min), max: stored.map(({ max }) => max) };
      this.series = stored.length > 0 ? [{ label: name, unit, values, isStepped: isBool, ...band }] : [];
      this.problem = stored.length > 0 ? '' : texts.plot.noData;
    } catch (problem) {
      if (isAbort(problem)) return;
      const hasNone = problem instanceof RestError && problem.status === 404;
      this.problem = hasNone ? texts.plot.noHistory : textOf(problem);
    }
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.point.name);
      this.isCopied = true;
    } catch {
      this.isCopied = false; // only on https or this machine; the name can be marked by hand
    }
  }

  #close(): void {
    this.dispatchEvent(new Event('closed'));
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.#close();
  }

  #facts() {
    const text = texts.points.detail;
    const { point } = this;
    const value = live.point(point.name);
    const time = value?.time ?? point.timestamp;
    const mayWrite = session.may('commands:write', point.name);
    const writable = point.writable ? (mayWrite ? text.yes : text.mayNot) : text.no;
    const quality = value?.quality || point.quality;
    return html`<dl>
      <dt>${texts.points.quality}</dt>
      <dd><tw-quality words .quality=${quality} .isFresh=${value?.quality ? value.isFresh : live.isOnline}></tw-quality></dd>
      <dt>${text.time}</dt>
      <dd>${time ? html`${zone.exact(time)} <span class="muted">(${formatAge(time)})</span>` : '–'}</dd>
      <dt>${text.type}</dt>
      <dd>${point.type || '–'}</dd>
      <dt>${text.number}</dt>
      <dd>${point.number || '–'}</dd>
      <dt>${text.writable}</dt>
      <dd>${writable}</dd>
    </dl>`;
  }

  #plot() {
    if (this.problem) return html`<p class="muted small">${this.problem}</p>`;
    if (!this.isPlotLoaded || this.series.length === 0) return html`<p class="muted small">${texts.plot.loading}</p>`;
    const to = now() / 1000;
    return html`<tw-plot small .times=${this.times} .series=${this.series} .from=${to - span / 1000} .to=${to}></tw-plot>`;
  }

  #actions() {
    const { point } = this;
    const isPinned = preferences.isFavourite(point.name);
    const mayWrite = point.writable && session.may('commands:write', point.name);
    return html`<div class="row wrap actions">
      ${mayWrite
        ? html`<button class="primary" @click=${() => this.dispatchEvent(new WriteEvent(point))}>
            ${icon('write')}${texts.points.write}
          </button>`
        : ''}
      <a class="button" href=${router.href('trends', { points: joinNames([point.name]) })}>${icon('trends')}${texts.points.detail.toTrends}</a>
      <button
        aria-pressed=${isPinned ? 'true' : 'false'}
        aria-label=${isPinned ? texts.points.unpin(point.name) : texts.points.pin(point.name)}
        @click=${() => preferences.toggleFavourite(point.name)}
      >
        ${icon('star', isPinned)}
      </button>
      <button aria-label=${texts.points.detail.copy} title=${texts.points.detail.copy} @click=${this.#copy}>
        ${icon('copy')}${this.isCopied ? texts.points.detail.copied : ''}
      </button>
    </div>`;
  }

  override render() {
    const { point } = this;
    return html`<section aria-label=${texts.points.details} @keydown=${this.#key}>
      <header>
        <h2>${point.name}</h2>
        <button class="quiet icon" aria-label=${texts.points.detail.close} @click=${this.#close}>${icon('close')}</button>
      </header>
      <div class="body stack">
        ${point.description ? html`<p>${point.description}</p>` : ''}
        <p class="big"><tw-value sign exact .point=${point.name} .unit=${point.unit}></tw-value></p>
        ${this.#actions()} ${this.#facts()}
        <h3>${texts.points.detail.lastHour}</h3>
        ${this.#plot()}
      </div>
    </section>`;
  }
}
