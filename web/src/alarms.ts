// SPDX-License-Identifier: Apache-2.0
import { live, type Severity, type WireAlarm } from './live';
import { Observable } from './observable';
import { session } from './session';

const ranks: Record<Severity, number> = { info: 0, minor: 1, major: 2, critical: 3 };

export function severityRank(severity: Severity): number {
  return ranks[severity] ?? 0;
}

/** The values of `condition` (R3-20), in its words. */
const normal = 'Normal';
const unacknowledged = new Set(['Unacknowledged-Active', 'RTN-Unacknowledged', 'Latched']);
const inhibited = new Set(['Shelved', 'Suppressed-by-Design', 'Out-of-Service']);

export function isActive(alarm: WireAlarm): boolean {
  return alarm.state !== 'OK';
}
/** Shelved, suppressed or out of service: nobody is to be called by it. */
export function isInhibited(alarm: WireAlarm): boolean {
  return inhibited.has(alarm.condition);
}
/** Somebody has to acknowledge it. */
export function isUnacknowledged(alarm: WireAlarm): boolean {
  return !isInhibited(alarm) && unacknowledged.has(alarm.condition);
}

/** Every alarm that stands: active, to be acknowledged, or inhibited. By the rule's number. */
class AlarmBook extends Observable {
  readonly alarms = new Map<number, WireAlarm>();
  /** False until the first snapshot of this link: what is shown may be old. */
  isFresh = false;
  /** Somebody becomes or rises to an alarm. */
  onRaised: (alarm: WireAlarm) => void = () => {};
  #end: (() => void) | null = null;

  start(): void {
    live.observe(() => {
      if (live.isOnline) return;
      this.isFresh = false;
      this.changed();
    });
    session.observe(() => this.#sessionChanged());
    this.#sessionChanged();
  }

  get active(): WireAlarm[] {
    return [...this.alarms.values()].filter((alarm) => isActive(alarm) && !isInhibited(alarm));
  }
  get unacknowledged(): WireAlarm[] {
    return [...this.alarms.values()].filter(isUnacknowledged);
  }
  /** Those that call for somebody: active or to be acknowledged. */
  get calling(): WireAlarm[] {
    return [...this.alarms.values()].filter((alarm) => isUnacknowledged(alarm) || (isActive(alarm) && !isInhibited(alarm)));
  }
  /** The worst of those; null when there is none. */
  get worst(): Severity | null {
    let worst: Severity | null = null;
    for (const alarm of this.calling) {
      if (worst === null || severityRank(alarm.severity) > severityRank(worst)) worst = alarm.severity;
    }
    return worst;
  }

  #sessionChanged(): void {
    const isAllowed = session.state === 'in' && session.maySome('alarms:read');
    if (isAllowed && !this.#end) {
      this.#end = live.watchTopic('alarms/#', (batch) => {
        if (batch.isReset) {
          this.alarms.clear();
          this.isFresh = true;
        }
        for (const each of batch.alarms) this.#take(each, batch.isReset);
        this.changed();
      });
    } else if (!isAllowed && this.#end) {
      this.#end();
      this.#end = null;
      this.alarms.clear();
      this.changed();
    }
  }

  #take(told: WireAlarm, isSnapshot: boolean): void {
    const before = this.alarms.get(told.rule_id);
    const alarm = told.type === 'alarm_condition' ? withCondition(before, told) : { ...told };
    if (alarm.state === 'OK' && alarm.condition === normal) this.alarms.delete(alarm.rule_id);
    else this.alarms.set(alarm.rule_id, alarm);
    const rose = isActive(alarm) && (!before || !isActive(before) || alarm.level !== before.level);
    if (rose && !isSnapshot && told.type === undefined && !isInhibited(alarm)) this.onRaised(alarm);
  }
}

/** A change of condition tells only what has changed. */
function withCondition(before: WireAlarm | undefined, told: WireAlarm): WireAlarm {
  const { type: _type, ts, by, until, comment, ...rest } = told;
  const alarm: WireAlarm = { ...before, ...rest, ts: before?.ts ?? ts };
  const word = told.condition;
  alarm.acknowledged = /^ack/i.test(word);
  if (/^ack/i.test(word)) {
    alarm.acknowledged_by = by;
    alarm.acknowledged_at = ts;
  }
  if (comment) alarm.comment = comment;
  alarm.shelved_until = /^shelved/i.test(word) ? until : undefined;
  alarm.shelved_by = /^shelved/i.test(word) ? by : undefined;
  alarm.suppressed_by = /^suppressed/i.test(word) ? by : undefined;
  alarm.out_of_service_by = /^out/i.test(word) ? by : undefined;
  return alarm;
}

export const alarmBook = new AlarmBook();
