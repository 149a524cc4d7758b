// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { alarmBook, isOfHost, isUnacknowledged } from '../../alarms';
import '../../elements/tw-error';
import '../../elements/tw-severity';
import '../../elements/tw-value';
import { formatExact, zone } from '../../format';
import { icon } from '../../icons';
import type { WireAlarm } from '../../live';
import { joinNames } from '../../names';
import { Watch } from '../../observable';
import { RestError, isAbort, rest, textOf } from '../../rest';
import { router } from '../../router';
import { session } from '../../session';
import { detailsStyles } from '../../styles/details';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import type { Interlock } from '../../write/dryrun';
import { mayDo, type AlarmAction } from './actions';
import { alarmDetailsStyles } from './detailstyles';
import { whatOf, type AlarmRecord } from './record';
import { RowEvent, shortTime, stateWord } from './row';
import type { AlarmRule } from './rules/rule';
import { limitOf, valueOf } from './value';

const recentShown = 12;
const offered: readonly AlarmAction[] = [
  'ack',
  'reset',
  'unshelve',
  'unsuppress',
  'in-service',
  'comment',
  'shelve',
  'suppress',
  'out-of-service',
];

/** All about one alarm, with what can be done about it. Tells `row` (a RowEvent) and `closed`. */
@customElement('alarm-details')
export class AlarmDetails extends LitElement {
  static override styles = [shared, detailsStyles, alarmDetailsStyles];
  @property({ attribute: false }) ruleId = 0;
  @property({ attribute: false }) isFresh = true;
  @state() private shown: (WireAlarm & { point?: string }) | null = null;
  @state() private rule: AlarmRule | null = null;
  @state() private interlock: Interlock | null = null;
  @state() private recent: AlarmRecord[] | null = null;
  @state() private problem = '';
  #asking = new AbortController();
  #asked = '';

  constructor() {
    super();
    new Watch(this, alarmBook, zone, session);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#asking.abort();
    this.#asked = '';
  }

  /** As it stands now; who is over is asked for by REST. */
  get #alarm(): WireAlarm | null {
    const known = alarmBook.alarms.get(this.ruleId);
    return known ?? (this.shown?.rule_id === this.ruleId ? this.shown : null);
  }

  override willUpdate(): void {
    const known = alarmBook.alarms.get(this.ruleId);
    const stands = known ? `${known.ts} ${known.state} ${known.condition} ${known.comment ?? ''}` : '-';
    const wanted = `${this.ruleId} ${stands}`;
    if (wanted === this.#asked || !this.ruleId) return;
    if (!this.#asked.startsWith(`${this.ruleId} `)) {
      this.shown = this.rule = this.interlock = this.recent = null;
      this.problem = '';
    }
    this.#asked = wanted;
    void this.#load();
  }

  async #load(): Promise<void> {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const id = this.ruleId;
    try {
      if (id < 0) {
        this.interlock = session.may('interlocks:read', String(-id)) ? await rest<Interlock>(`/api/v1/interlocks/${-id}`, { signal }) : null;
        return;
      }
      const [shown, rule, page] = await Promise.all([
        rest<WireAlarm & { point?: string }>(`/api/v1/alarms/${id}`, { signal }),
        this.rule ?? rest<AlarmRule>(`/api/v1/alarm-rules/${id}`, { signal }).catch(ruleOfItsOwn),
        rest<{ events: AlarmRecord[] }>('/api/v1/alarms/history', { query: { rule: id, order: 'desc', limit: recentShown }, signal }),
      ]);
      this.shown = shown;
      this.rule = rule;
      this.recent = page.events;
      this.problem = '';
    } catch (problem) {
      if (!isAbort(problem)) this.problem = textOf(problem);
    }
  }

  #ask(action: AlarmAction, alarm: WireAlarm): void {
    this.dispatchEvent(new RowEvent(action, alarm));
  }

  #actions(alarm: WireAlarm) {
    const actions = offered.filter((action) => mayDo(action, alarm));
    if (actions.length === 0) return '';
    return html`<div class="row wrap actions">
      ${actions.map(
        (action) => html`<button
          class=${action === 'ack' || action === 'reset' ? 'primary' : ''}
          ?disabled=${!this.isFresh}
          @click=${() => this.#ask(action, alarm)}
        >
          ${action === 'ack' ? texts.alarms.actions.ackComment : texts.alarms.actions[action]}
        </button>`,
      )}
    </div>`;
  }

  #facts(alarm: WireAlarm): [string, unknown][] {
    const text = texts.alarms.details;
    const when = (at?: string): string | undefined => (at ? shortTime(at) : undefined);
    const point = this.shown?.rule_id === alarm.rule_id ? this.shown.point : undefined;
    const facts: [string, unknown][] = [
      [text.condition, texts.alarms.conditions[alarm.condition] ?? alarm.condition],
      [text.since, zone.exact(alarm.ts)],
      [text.area, alarm.area],
      [text.valueThen, valueOf(alarm, formatExact)],
      [text.limit, limitOf(alarm)],
      [text.level, alarm.level],
    ];
    if (point && session.may('points:read', point)) {
      facts.push([text.valueNow, html`<tw-value exact .point=${point} sign></tw-value>`]);
      facts.push([text.point, html`<a href=${router.href('points', { point })}>${point}</a>`]);
    }
    if (alarm.acknowledged_by) facts.push([text.acknowledged, text.by(alarm.acknowledged_by, when(alarm.acknowledged_at))]);
    if (alarm.shelved_until) facts.push([text.shelved, text.until(shortTime(alarm.shelved_until), alarm.shelved_by)]);
    if (alarm.condition === 'Suppressed-by-Design') {
      facts.push([text.suppressed, alarm.suppressed_by ? text.by(alarm.suppressed_by) : text.suppressedByCondition]);
    }
    if (alarm.out_of_service_by) facts.push([text.outOfService, text.by(alarm.out_of_service_by)]);
    facts.push([text.comment, alarm.comment]);
    facts.push([text.number, String(alarm.rule_id)]);
    return facts.filter(([, value]) => value !== undefined && value !== '');
  }

  #trip(): TemplateResult | '' {
    const { interlock } = this;
    if (!interlock) return '';
    const text = texts.alarms.details;
    return html`<section class="stack">
      ${interlock.cause ? html`<h3>${text.cause}</h3><p>${interlock.cause}</p>` : ''}
      <p class="muted">${text.forced}: ${interlock.is_forced ? text.allForced : text.notForced}</p>
      <h3>${text.conditions}</h3>
      <ul class="conditions">
        ${(interlock.conditions ?? []).map((each) =>
          each.hidden
            ? html`<li class="muted">${texts.write.conditionHidden}</li>`
            : html`<li class=${each.is_met ? '' : 'unmet'}>
                <span aria-hidden="true">${each.is_met ? '✓' : '✕'}</span>
                <span
                  >${each.text}
                  <span class="muted"
                    >(${each.is_met ? texts.write.conditionMet : texts.write.conditionNotMet}; ${texts.write.found(String(each.found ?? ''))})</span
                  ></span
                >
              </li>`,
        )}
      </ul>
    </section>`;
  }

  #recent(alarm: WireAlarm) {
    if (isOfHost(alarm) || !this.recent) return '';
    const text = texts.alarms.details;
    return html`<section class="stack">
      <h3>${text.recent}</h3>
      ${this.recent.length === 0 ? html`<p class="muted">${text.noRecent}</p>` : ''}
      <ol>
        ${this.recent.map(
          (each) => html`<li>
            <span class="muted time">${shortTime(each.ts)}</span>
            <span
              >${whatOf(each)}${each.by ? html` <span class="muted">${text.by(each.by)}</span>` : ''}${each.comment
                ? html`<br /><q>${each.comment}</q>`
                : ''}</span
            >
          </li>`,
        )}
      </ol>
    </section>`;
  }

  #links(alarm: WireAlarm) {
    if (isOfHost(alarm)) return '';
    const text = texts.alarms.details;
    const rule = String(alarm.rule_id);
    const point = this.shown?.point;
    return html`<nav class="row wrap small" aria-label=${text.title}>
      ${point ? html`<a href=${router.href('trends', { points: joinNames([point]) })}>${text.toTrend}</a>` : ''}
      <a href=${router.href('alarms', { tab: 'history', rules: rule })}>${text.toHistory}</a>
      ${this.rule ? html`<a href=${router.href('alarms', { tab: 'rules', rule })}>${text.toRule}</a>` : ''}
    </nav>`;
  }

  #body(alarm: WireAlarm) {
    const text = texts.alarms.details;
    const guidance = this.rule?.guidance;
    return html`<div class="row state">
        <tw-severity words .severity=${alarm.severity} ?hollow=${alarm.state === 'OK'}></tw-severity>
        <strong>${alarm.state === 'OK' && alarm.condition === 'Normal' ? texts.alarms.normal : stateWord(alarm)}</strong>
        ${isUnacknowledged(alarm) && !isOfHost(alarm) ? html`<span class="chip">${texts.alarms.sections.unacknowledged}</span>` : ''}
      </div>
      ${guidance ? html`<section class="guidance"><h3>${text.guidance}</h3><p>${guidance}</p></section>` : ''}
      ${this.#actions(alarm)}
      <dl>
        ${this.#facts(alarm).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
      </dl>
      ${this.#trip()} ${this.#recent(alarm)} ${this.#links(alarm)}`;
  }

  override render() {
    const alarm = this.#alarm;
    const text = texts.alarms.details;
    return html`<header>
        <h2>${alarm?.rule_name ?? text.title}</h2>
        <button class="quiet icon" aria-label=${text.close} @click=${() => this.dispatchEvent(new Event('closed'))}>${icon('close')}</button>
      </header>
      <div class="body stack">
        ${this.problem ? html`<tw-error .heading=${text.failed} .text=${this.problem}></tw-error>` : ''}
        ${alarm ? this.#body(alarm) : this.problem ? '' : html`<p class="muted">${texts.common.loading}</p>`}
      </div>`;
  }
}

/** The alarm of the alarm store has no rule that could be shown. */
function ruleOfItsOwn(problem: unknown): null {
  if (problem instanceof RestError && (problem.status === 404 || problem.status === 403)) return null;
  throw problem;
}
