// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { isActive, isInstance, isTrip, isUnacknowledged } from '../../alarms';
import '../../elements/tw-severity';
import { now } from '../../clock';
import { formatExact, zone } from '../../format';
import { icon } from '../../icons';
import type { WireAlarm } from '../../live';
import { Watch } from '../../observable';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { mayDo, type AlarmAction } from './actions';
import { alarmColumns } from './columns';
import type { Row } from './order';
import { rowStyles } from './rowstyles';
import { limitOf, valueOf } from './value';

/** What a row's button asks for; `choose` turns the choice of the alarm over. */
export class RowEvent extends Event {
  constructor(
    readonly action: AlarmAction | 'choose',
    readonly alarm: WireAlarm,
  ) {
    super('row', { bubbles: true, composed: true });
  }
}

const byOneClick: readonly AlarmAction[] = ['ack', 'reset', 'unshelve', 'unsuppress', 'in-service'];
const dayMs = 86_400_000;

export function stateWord(alarm: WireAlarm): string {
  const words = texts.alarms.state;
  if (isTrip(alarm)) return isActive(alarm) ? words.tripped : words.mayReset;
  if (isInstance(alarm)) return words.givenUp;
  if (alarm.condition === 'Latched') return words.latched;
  return words[alarm.state] ?? alarm.state;
}

/** Only the time of what is younger than a day: "14:05:09", else "02-28 14:05". */
export function shortTime(at: string): string {
  return Math.abs(now() - Date.parse(at)) < dayMs ? zone.time(at) : zone.dateTime(at).slice(5, 16);
}

/** Who keeps it from being told, and until when. */
function inhibitedBy(alarm: WireAlarm): string {
  const { shelved_by, shelved_until, suppressed_by, out_of_service_by } = alarm;
  if (alarm.condition === 'Shelved') {
    const who = shelved_by ?? '';
    return shelved_until ? texts.alarms.details.until(shortTime(shelved_until), who) : who;
  }
  const who = alarm.condition === 'Out-of-Service' ? out_of_service_by : suppressed_by;
  return who ? texts.alarms.details.by(who) : texts.alarms.details.suppressedByCondition;
}

/** One alarm of the list, or the heading above a section. */
@customElement('alarm-row')
export class AlarmRow extends LitElement {
  static override styles = [shared, alarmColumns, rowStyles];
  @property({ attribute: false }) row: Row | undefined;
  @property({ type: Boolean }) chosen = false;
  @property({ type: Boolean }) inhibited = false;
  /** False while the link is lost: nothing can be done about what may be old. */
  @property({ attribute: false }) isFresh = true;

  constructor() {
    super();
    new Watch(this, zone);
  }

  /** All of them blink together, whenever they came. */
  override updated(): void {
    const severity = this.renderRoot.querySelector('.calls');
    for (const animation of severity?.getAnimations() ?? []) animation.startTime = 0;
  }

  #ask(action: AlarmAction | 'choose'): void {
    if (this.row?.alarm) this.dispatchEvent(new RowEvent(action, this.row.alarm));
  }

  #marks(alarm: WireAlarm): TemplateResult {
    const text = texts.alarms;
    return html`${alarm.first_out ? html`<span class="mark first" title=${text.firstOutHint}>${text.firstOut}</span>` : ''}
    ${alarm.chattering ? html`<span class="mark" title=${text.chatteringHint}>${text.chattering}</span>` : ''}
    ${alarm.stored === false ? html`<span class="mark" title=${text.notStoredHint}>${text.notStored}</span>` : ''}
    ${alarm.comment
      ? html`<span class="note" title=${text.hasComment(alarm.comment)}
          >${icon('comment')}<span class="hidden-text">${text.hasComment(alarm.comment)}</span></span
        >`
      : ''}`;
  }

  #button(alarm: WireAlarm) {
    const action = byOneClick.find((each) => mayDo(each, alarm));
    if (!action) return '';
    const label = texts.alarms.act(texts.alarms.actions.short[action] ?? action, alarm.rule_name);
    return html`<button aria-label=${label} ?disabled=${!this.isFresh} title=${texts.alarms.actions[action]} @click=${() => this.#ask(action)}>
      ${texts.alarms.actions.short[action]}
    </button>`;
  }

  #alarm(alarm: WireAlarm) {
    const waits = isUnacknowledged(alarm);
    const value = valueOf(alarm);
    const limit = isActive(alarm) ? limitOf(alarm) : '';
    const facts = this.inhibited ? inhibitedBy(alarm) : html`<span title=${valueOf(alarm, formatExact)}>${value}</span> <span class="muted">${limit}</span>`;
    const classes = `${waits ? 'waits' : ''} ${isActive(alarm) ? 'active' : 'over'} ${this.inhibited ? 'inhibited' : ''} ${this.isFresh ? '' : 'stale'}`;
    return html`<div class="alarm ${alarm.severity} ${classes}">
      <div class="columns">
        <span role="gridcell" class="choose"
          ><input
            type="checkbox"
            aria-label=${texts.alarms.choose(alarm.rule_name)}
            .checked=${this.chosen}
            @change=${() => this.#ask('choose')}
        /></span>
        <span role="gridcell" class="severity"
          ><tw-severity
            class=${waits ? 'calls' : ''}
            .severity=${alarm.severity}
            ?hollow=${!isActive(alarm) || this.inhibited}
          ></tw-severity
        ></span>
        <span role="gridcell" class="state">${stateWord(alarm)}</span>
        <span role="gridcell" class="time muted" title=${zone.exact(alarm.ts)}>${shortTime(alarm.ts)}</span>
        <span role="gridcell" class="name"
          ><span class="clip title" title=${alarm.rule_name}>${alarm.rule_name}</span>${this.#marks(alarm)}</span
        >
        <span role="gridcell" class="area muted clip" title=${alarm.area ?? ''}>${alarm.area ?? ''}</span>
        <span role="gridcell" class="value clip">${facts}</span>
        <span role="gridcell" class="facts clip" aria-hidden="true"
          >${stateWord(alarm)} <span class="muted">${shortTime(alarm.ts)}</span> ${facts}
          <span class="muted">${alarm.area ?? ''}</span></span
        >
        <span role="gridcell" class="actions">${this.#button(alarm)}</span>
      </div>
    </div>`;
  }

  override render() {
    const row = this.row;
    if (!row) return '';
    if (row.alarm) return this.#alarm(row.alarm);
    return html`<div class="heading" role="gridcell">
      ${texts.alarms.sections[row.section]} <span class="muted">${row.count}</span>
    </div>`;
  }
}
