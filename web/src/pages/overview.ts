// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { ref } from 'lit/directives/ref.js';
import { alarmBook } from '../alarms';
import { now } from '../clock';
import '../elements/tw-severity';
import '../elements/tw-sparkline';
import type { Spark } from '../elements/tw-sparkline';
import { formatBytes, formatCount, formatDuration, formatRate } from '../format';
import { live } from '../live';
import { Watch } from '../observable';
import { router } from '../router';
import { session } from '../session';
import { addHole } from '../sparks';
import { statusWatch, type HistoryStatus, type InstanceStatus, type Status } from '../status';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import './overview/areas';
import { problemsOf, type Problem } from './overview/problems';
import { overviewStyles } from './overview/styles';

const span = 300_000; // ms that the small lines show
const oldAfter = 12_000; // ms without an answer until the state counts as not known

/** The state of everything at a glance: green only when all is well. */
@customElement('page-overview')
export class PageOverview extends LitElement {
  static override styles = [shared, overviewStyles];
  #endUse = (): void => {};
  #endStatus = (): void => {};
  #rates = new Map<string, Spark>();

  constructor() {
    super();
    new Watch(this, live, statusWatch, alarmBook, session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (session.may('ws:stats')) this.#endUse = statusWatch.use();
    this.#endStatus = statusWatch.observe(() => this.#note());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#endUse();
    this.#endUse = () => {};
    this.#endStatus();
  }

  /** Keeps the rates of the last minutes. */
  #note(): void {
    const status = statusWatch.newest;
    if (!status || statusWatch.problem) {
      // No line over the time of which nothing is known.
      for (const spark of this.#rates.values()) addHole(spark, now());
      return;
    }
    for (const [name, rate] of Object.entries(status.rates)) {
      const spark = this.#rates.get(name) ?? { times: [], values: [] };
      const last = spark.times[spark.times.length - 1] ?? Infinity;
      if (now() - last > oldAfter) addHole(spark, last + 1);
      spark.times.push(now());
      spark.values.push(rate);
      while ((spark.times[0] ?? Infinity) < now() - span) {
        spark.times.shift();
        spark.values.shift();
      }
      this.#rates.set(name, spark);
    }
  }

  get #isKnown(): boolean {
    const age = Date.now() - statusWatch.at;
    const isFresh = Math.abs(age) < oldAfter && !statusWatch.problem;
    return isFresh && live.isOnline && (alarmBook.isFresh || !session.maySome('alarms:read'));
  }

  #banner(status: Status | null): TemplateResult {
    const text = texts.overview;
    if (!this.#isKnown || !status) {
      const isStarting = !statusWatch.problem && live.connection.state !== 'waiting';
      return html`<section class="banner unknown" role="status">
        <span class="sign" aria-hidden="true">?</span>
        <div>
          <h1>${isStarting ? texts.common.loading : text.unknown}</h1>
          ${isStarting ? '' : html`<p>${statusWatch.problem || text.unknownHint}</p>`}
        </div>
      </section>`;
    }
    const problems = problemsOf(status);
    if (problems.length === 0) {
      return html`<section class="banner well" role="status">
        <span class="sign" aria-hidden="true">✓</span>
        <div><h1>${text.allWell}</h1></div>
      </section>`;
    }
    return html`<section class="banner" role="status">
      <tw-severity class="sign" .severity=${problems[0]?.severity ?? 'minor'}></tw-severity>
      <div class="grow">
        <h1>${text.notWell(problems.length)}</h1>
        <ul class="problems">
          ${problems.map((each) => this.#problem(each))}
        </ul>
      </div>
    </section>`;
  }

  #problem({ severity, text, detail, href }: Problem): TemplateResult {
    return html`<li>
      <tw-severity .severity=${severity}></tw-severity>
      <span>${href ? html`<a href=${href}>${text}</a>` : text}${detail ? html`<span class="muted"> – ${detail}</span>` : ''}</span>
    </li>`;
  }

  #plugins({ instances }: Status): TemplateResult {
    const text = texts.overview;
    const rank = ({ state }: InstanceStatus): number => ['failed', 'degraded', 'starting', 'stopped', 'running'].indexOf(state);
    const sorted = [...instances].sort((a, b) => rank(a) - rank(b));
    return html`<section class="card plugins">
      <h2>${text.plugins}</h2>
      <table>
        <thead>
          <tr>
            <th>${text.plugin}</th>
            <th>${text.type}</th>
            <th>${text.state}</th>
            <th>${text.why}</th>
          </tr>
        </thead>
        <tbody>
          ${sorted.map((each) => this.#plugin(each))}
        </tbody>
      </table>
    </section>`;
  }

  #plugin({ id, type, state, text }: InstanceStatus): TemplateResult {
    const isRunning = state === 'running';
    const word = texts.overview.states[state] ?? state;
    return html`<tr class=${isRunning ? '' : 'abnormal'}>
      <td>${id}</td>
      <td class="muted">${type}</td>
      <td class="state">
        ${isRunning
          ? html`<span class="muted">${word}</span>`
          : html`<tw-severity .severity=${state === 'failed' ? 'critical' : 'major'}></tw-severity>${word}`}
      </td>
      <td class="why">${text}</td>
    </tr>`;
  }

  /** What there is, so that a young page shows a line too. */
  #seenSpan(name: string): number {
    return Math.min(span, Math.max(60_000, now() - (this.#rates.get(name)?.times[0] ?? now())));
  }

  #rate(name: keyof Status['rates'], label: string, status: Status): TemplateResult {
    return html`<div class="figure">
      <span class="muted small">${label}</span>
      <span class="figure-value">${formatRate(status.rates[name])}</span>
      <tw-sparkline
        .label=${label}
        .spanMs=${this.#seenSpan(name)}
        .data=${() => this.#rates.get(name)}
      ></tw-sparkline>
    </div>`;
  }

  #figure(label: string, value: string, isAbnormal = false): TemplateResult {
    return html`<div class="figure ${isAbnormal ? 'abnormal' : ''}">
      <span class="muted small">${label}</span><span class="figure-value">${value}</span>
    </div>`;
  }

  #traffic(status: Status): TemplateResult {
    const text = texts.overview;
    return html`<section class="card">
      <h2>${text.rates}</h2>
      <div class="figures">
        ${this.#rate('samples_per_s', text.samples, status)} ${this.#rate('events_per_s', text.events, status)}
        ${this.#rate('messages_out_per_s', text.messagesOut, status)}
      </div>
    </section>`;
  }

  #points({ points }: Status): TemplateResult {
    const text = texts.overview;
    const share = points.total > 0 ? (100 * points.good) / points.total : 100;
    const bar = ref((element) => {
      if (!(element instanceof HTMLElement)) return;
      element.style.setProperty('--bad-share', `${points.total > 0 ? (100 * points.bad) / points.total : 0}%`);
      element.style.setProperty('--good-share', `${share}%`);
    });
    return html`<section class="card">
      <h2><a href=${router.href('points')}>${text.points}</a></h2>
      <div class="figures">
        ${this.#figure(text.total, formatCount(points.total))} ${this.#figure(text.good, formatCount(points.good))}
        ${this.#figure(text.uncertain, formatCount(points.uncertain), points.uncertain > 0)}
        ${this.#figure(text.bad, formatCount(points.bad), points.bad > 0)}
      </div>
      <div class="share" role="img" aria-label=${text.share(share.toFixed(1))} ${bar}></div>
    </section>`;
  }

  #storage({ history }: Status): TemplateResult {
    const text = texts.overview;
    if (history.length === 0) return html`<section class="card"><h2>${text.storage}</h2><p class="muted">${text.noStorage}</p></section>`;
    return html`${history.map((each) => this.#history(each))}`;
  }

  #history(history: HistoryStatus): TemplateResult {
    const text = texts.overview;
    const { instance, state, stored_per_s: stored, spooled = 0, quarantined = 0, dropped = 0, disk_bytes: disk } = history;
    return html`<section class="card">
      <h2>${text.storage}: ${instance}</h2>
      <div class="figures">
        ${this.#figure(text.state, text.states[state] ?? state, state !== 'running')}
        ${stored === undefined ? '' : this.#figure(text.stored, formatRate(stored))}
        ${this.#figure(text.spooled, formatCount(spooled))}
        ${this.#figure(text.quarantined, formatCount(quarantined), quarantined > 0)}
        ${this.#figure(text.dropped, formatCount(dropped), dropped > 0)}
        ${disk === undefined ? '' : this.#figure(text.disk, formatBytes(disk))}
      </div>
    </section>`;
  }

  #program(status: Status): TemplateResult {
    const text = texts.overview;
    return html`<section class="card">
      <h2>${text.runtime}</h2>
      <div class="figures">
        ${this.#figure(text.websocket, formatCount(status.clients.websocket))}
        ${this.#figure(text.http, formatCount(status.clients.http))}
        ${status.loop_lag_ms === undefined ? '' : this.#figure(text.loopLag, `${status.loop_lag_ms.toFixed(1)} ms`)}
        ${status.memory_bytes === undefined ? '' : this.#figure(text.memory, formatBytes(status.memory_bytes))}
      </div>
    </section>`;
  }

  override render() {
    const text = texts.overview;
    const mayStatus = session.may('ws:stats');
    const status = mayStatus ? statusWatch.newest : null;
    return html`${mayStatus ? this.#banner(status) : ''}
      ${status
        ? html`<p class="muted small facts">
            ${status.site} · ${text.since(formatDuration(status.uptime_s * 1000))} · ${text.version(status.version)}
          </p>`
        : ''}
      <div class="cards ${this.#isKnown || !mayStatus ? '' : 'old'}">
        ${session.maySome('alarms:read')
          ? html`<section class="card alarms"><h2>${text.alarmsByArea}</h2><overview-areas></overview-areas></section>`
          : ''}
        ${status
          ? html`${this.#plugins(status)} ${this.#points(status)} ${this.#traffic(status)} ${this.#storage(status)}
            ${this.#program(status)}`
          : ''}
      </div>`;
  }
}
