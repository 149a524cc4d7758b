// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-empty';
import type { PlotSeries } from '../../elements/tw-plot';
import '../../elements/tw-severity';
import { now } from '../../clock';
import { formatCount, zone } from '../../format';
import type { Severity } from '../../live';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { rest } from '../../rest';
import { router } from '../../router';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { figuresStyles } from './figuresstyles';
import { severities } from './order';

interface Count {
  rule_id: number;
  rule_name: string;
  area?: string;
  count: number;
}
interface Figures {
  from: string;
  to: string;
  total: number;
  per_10_min: number[];
  average_per_10_min: number;
  peak_per_10_min: number;
  flood_share: number;
  standing: number;
  standing_over_24_h: number;
  unacknowledged: number;
  shelved: number;
  chattering: Count[];
  most_frequent: Count[];
  by_severity: Record<Severity, number>;
}

const hourMs = 3_600_000;
const sliceMs = hourMs / 6;
const refreshEvery = 60_000;
const flood = 10; // EEMUA 191: more in 10 minutes
const manageable = 12; // and the most that one operator can deal with in an hour

/** How many alarms there are and were, beside what EEMUA 191 holds for good. */
@customElement('alarm-figures')
export class AlarmFigures extends LitElement {
  static override styles = [shared, figuresStyles];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private figures: Figures | null = null;
  @state() private hasPlots = false;
  #loader = new Loader(this, (signal) => this.#read(signal), refreshEvery);
  #wanted = '';

  constructor() {
    super();
    new Watch(this, zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void import('../../elements/tw-plot').then(() => (this.hasPlots = true));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#wanted = '';
  }

  get #range(): string {
    const wanted = this.query.get('range') ?? '24';
    return texts.alarms.figures.ranges[wanted] ? wanted : '24';
  }

  override willUpdate(): void {
    if (this.#wanted === this.#range) return;
    this.#wanted = this.#range;
    void this.#loader.load();
  }

  /** Slices begin at full ten minutes, so that they stay the same from one look to the next. */
  async #read(signal: AbortSignal): Promise<void> {
    const to = now();
    const from = Math.ceil((to - Number(this.#range) * hourMs) / sliceMs) * sliceMs;
    this.figures = await rest<Figures>('/api/v1/alarms/statistics', {
      query: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
      signal,
      timeoutMs: 30_000,
    });
  }

  #tile(name: string, value: string, target = '', isTooMuch = false) {
    return html`<div class="card tile ${isTooMuch ? 'much' : ''}">
      <dt>${name}</dt>
      <dd>${isTooMuch ? html`<span class="sign" aria-hidden="true">▲</span>` : ''}${value}</dd>
      ${target
        ? html`<dd class="muted small">
            ${target}${isTooMuch ? html`<span class="hidden-text">, ${texts.alarms.figures.tooMuch}</span>` : ''}
          </dd>`
        : ''}
    </div>`;
  }

  #tiles(figures: Figures) {
    const text = texts.alarms.figures;
    const { average_per_10_min: average, peak_per_10_min: peak, flood_share: share } = figures;
    return html`<dl class="tiles">
      ${this.#tile(text.total, formatCount(figures.total))}
      ${this.#tile(text.average, average.toFixed(average < 10 ? 2 : 0), text.targets.average, average > 2)}
      ${this.#tile(text.peak, formatCount(peak), text.targets.peak, peak > flood)}
      ${this.#tile(text.flood, percent(share), text.targets.flood, share >= 0.01)}
      ${this.#tile(text.standing, formatCount(figures.standing))}
      ${this.#tile(text.standingLong, formatCount(figures.standing_over_24_h))}
      ${this.#tile(text.unacknowledged, formatCount(figures.unacknowledged))}
      ${this.#tile(text.shelved, formatCount(figures.shelved))}
    </dl>`;
  }

  #plots(figures: Figures) {
    const text = texts.alarms.figures;
    const from = Date.parse(figures.from) / 1000;
    const times = figures.per_10_min.map((_, index) => from + index * 600);
    const line = (label: string, value: number): PlotSeries => ({ label, unit: '', values: times.map(() => value) });
    const perSlice: PlotSeries = { label: text.perTenMinutes, unit: '', values: figures.per_10_min, isStepped: true };
    const perHour: PlotSeries = { label: text.inAnHour, unit: '', values: hourly(figures.per_10_min), isStepped: true };
    return html`${this.#plot(text.perTenMinutes, text.perTenMinutesHint, times, [perSlice, line(text.floodLine, flood)])}
    ${this.#plot(text.rate, text.rateHint, times, [perHour, line(text.manageable, manageable)])}`;
  }

  #plot(title: string, hint: string, times: number[], series: PlotSeries[]): TemplateResult {
    return html`<section class="card">
      <h2>${title}</h2>
      <p class="muted small">${hint}</p>
      ${this.hasPlots ? html`<tw-plot .times=${times} .series=${series}></tw-plot>` : html`<div class="plot"></div>`}
    </section>`;
  }

  #severities(figures: Figures) {
    const text = texts.alarms.figures;
    const share = (count: number): string => (figures.total > 0 ? percent(count / figures.total) : '–');
    return html`<section class="card">
      <h2>${text.bySeverity}</h2>
      <table>
        <thead>
          <tr>
            <th>${texts.alarms.columns.severity}</th>
            <th class="number">${text.count}</th>
            <th class="number">${text.share}</th>
            <th class="number">${text.target}</th>
          </tr>
        </thead>
        <tbody>
          ${severities.map(
            (each) => html`<tr>
              <td><tw-severity words .severity=${each} ?hollow=${figures.by_severity[each] === 0}></tw-severity></td>
              <td class="number">${formatCount(figures.by_severity[each] ?? 0)}</td>
              <td class="number">${share(figures.by_severity[each] ?? 0)}</td>
              <td class="number muted">${text.severityTargets[each]}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </section>`;
  }

  #counts(title: string, none: string, counts: readonly Count[], total: number, hint?: (share: string) => string) {
    const text = texts.alarms.figures;
    const sum = counts.reduce((all, { count }) => all + count, 0);
    return html`<section class="card">
      <h2>${title}</h2>
      ${counts.length === 0 ? html`<p class="muted">${none}</p>` : ''}
      ${counts.length > 0 && total > 0 && hint
        ? html`<p class="muted small">${hint(percent(sum / total))}</p>`
        : ''}
      ${counts.length === 0
        ? ''
        : html`<table>
            <thead>
              <tr>
                <th>${texts.alarms.columns.name}</th>
                <th>${texts.alarms.columns.area}</th>
                <th class="number">${text.count}</th>
                <th class="number">${text.share}</th>
              </tr>
            </thead>
            <tbody>
              ${counts.map(
                (each) => html`<tr>
                  <td class="name">
                    <a href=${router.href('alarms', { tab: 'history', rules: String(each.rule_id), range: this.#range })}
                      >${each.rule_name}</a
                    >
                  </td>
                  <td class="muted">${each.area ?? ''}</td>
                  <td class="number">${formatCount(each.count)}</td>
                  <td class="number">${total > 0 ? percent(each.count / total) : '–'}</td>
                </tr>`,
              )}
            </tbody>
          </table>`}
    </section>`;
  }

  #bar() {
    const text = texts.alarms.figures;
    const { figures } = this;
    return html`<div class="row wrap bar">
      <div class="row" role="group" aria-label=${text.range}>
        ${Object.entries(text.ranges).map(
          ([value, label]) => html`<button
            aria-pressed=${value === this.#range ? 'true' : 'false'}
            @click=${() => router.replaceQuery({ range: value === '24' ? undefined : value })}
          >
            ${label}
          </button>`,
        )}
      </div>
      ${figures ? html`<span class="muted small">${zone.row(figures.from, Date.parse(figures.to))} – ${zone.dateTime(figures.to)} ${zone.mark(Date.parse(figures.to))}</span>` : ''}
    </div>`;
  }

  override render() {
    const text = texts.alarms.figures;
    return html`<h2 class="hidden-text">${text.title}</h2>
      ${this.#bar()}
      ${this.#loader.shown(
        text.failed,
        this.figures,
        (figures) => html`${this.#tiles(figures)}
          <div class="grid">
            ${this.#plots(figures)} ${this.#counts(text.badActors, text.noAlarms, figures.most_frequent, figures.total, text.badActorsHint)}
            <div class="stack">
              ${this.#severities(figures)} ${this.#counts(text.chattering, text.noChattering, figures.chattering, figures.total)}
            </div>
          </div>`,
      )}`;
  }
}

/** Each slice with the five before it. */
function hourly(slices: readonly number[]): number[] {
  let sum = 0;
  return slices.map((count, index) => {
    sum += count - (index >= 6 ? (slices[index - 6] ?? 0) : 0);
    return sum;
  });
}

function percent(share: number): string {
  const value = share * 100;
  return `${value === 0 || value >= 10 ? value.toFixed(0) : value.toFixed(1)} %`;
}
