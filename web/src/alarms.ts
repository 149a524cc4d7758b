// SPDX-License-Identifier: Apache-2.0
import { live, type Severity, type TopicBatch, type WireAlarm } from './live';
import { Observable } from './observable';
import { session } from './session';

const ranks: Record<Severity, number> = { info: 0, minor: 1, major: 2, critical: 3 };

export function severityRank(severity: Severity): number {
  return ranks[severity] ?? 0;
}

/** null when there is none. */
export function worstOf(alarms: readonly WireAlarm[]): Severity | null {
  let worst: Severity | null = null;
  for (const { severity } of alarms) if (!worst || severityRank(severity) > severityRank(worst)) worst = severity;
  return worst;
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

/** Active, and somebody has to acknowledge it: it is heard. */
export function isUrgent(alarm: WireAlarm): boolean {
  return isActive(alarm) && isUnacknowledged(alarm);
}

/** A trip of an interlock: it ends by a reset, and by nothing else. Its number is that of the interlock below 0. */
export function isTrip(alarm: WireAlarm): boolean {
  return alarm.comparison === 'interlock';
}

/** An instance that was given up: it ends when the instance is loaded anew, and by nothing else. */
export function isInstance(alarm: WireAlarm): boolean {
  return alarm.comparison === 'instance';
}

/** Of the host, not of a rule: no action of an alarm does anything, and there is neither rule nor history. */
export function isOfHost(alarm: WireAlarm): boolean {
  return isTrip(alarm) || isInstance(alarm);
}

/** Every alarm that stands: active, to be acknowledged, or inhibited. By the rule's number. */
class AlarmBook extends Observable {
  readonly alarms = new Map<number, WireAlarm>();
  /** False until the first snapshot of this link: what is shown may be old. */
  isFresh = false;
  #raisedListeners = new Set<(alarm: WireAlarm) => void>();
  #wasTold = false;
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

  /** Of each alarm that comes, rises, or is let out of its shelf: those that call for somebody anew. */
  onRaised(listener: (alarm: WireAlarm) => void): () => void {
    this.#raisedListeners.add(listener);
    return () => this.#raisedListeners.delete(listener);
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
    return worstOf(this.calling);
  }

  #sessionChanged(): void {
    const isAllowed = session.state === 'in' && session.maySome('alarms:read');
    if (isAllowed && !this.#end) {
      this.#end = live.watchTopic('alarms/#', (batch) => this.#takeAll(batch));
    } else if (!isAllowed && this.#end) {
      this.#end();
      this.#end = null;
      this.alarms.clear();
      this.#wasTold = false;
      this.changed();
    }
  }

  /** What came while the link was lost is in the snapshot after it: that calls too. The first one calls nobody. */
  #takeAll(batch: TopicBatch): void {
    const mayCall = !batch.isReset || this.#wasTold;
    const before = batch.isReset ? new Map(this.alarms) : this.alarms;
    if (batch.isReset) {
      this.alarms.clear();
      this.isFresh = true;
      this.#wasTold = true;
    }
    for (const told of batch.alarms) {
      const known = this.alarms.get(told.rule_id) ?? before.get(told.rule_id);
      const alarm = batch.isReset && !this.alarms.has(told.rule_id) ? afterwards(undefined, told) : afterwards(known, told);
      if (alarm.state === 'OK' && alarm.condition === normal) this.alarms.delete(alarm.rule_id);
      else this.alarms.set(alarm.rule_id, alarm);
      if (mayCall && callsAnew(known, alarm)) for (const listener of [...this.#raisedListeners]) listener(alarm);
    }
    this.changed();
  }
}

function callsAnew(before: WireAlarm | undefined, alarm: WireAlarm): boolean {
  if (!isUrgent(alarm)) return false;
  if (!before || !isUrgent(before) || before.alarm_id !== alarm.alarm_id) return true;
  const isWorse = before.state === 'WARNING' && alarm.state === 'ALARM';
  return isWorse || severityRank(alarm.severity) > severityRank(before.severity);
}

/** The alarm as it stands after what was told of it (plugins/ws/protocols/alarmbook.cpp does the same). */
function afterwards(before: WireAlarm | undefined, told: WireAlarm): WireAlarm {
  if (told.type === 'alarm_condition') return withCondition(before, told);
  if (!before) return { ...told };
  const { comment, acknowledged_by, acknowledged_at, shelved_until, shelved_by, suppressed_by, out_of_service_by } = before;
  const isSame = before.alarm_id === told.alarm_id;
  const acknowledged = isSame && (before.acknowledged ?? false) && !isUnacknowledged(told);
  return {
    ...(isInhibited(told) ? { shelved_until, shelved_by, suppressed_by, out_of_service_by } : {}),
    ...(acknowledged ? { acknowledged_by, acknowledged_at } : {}),
    ...(isSame ? { comment } : {}),
    acknowledged,
    ...told,
  };
}

/** A change of condition tells only what has changed. */
function withCondition(before: WireAlarm | undefined, told: WireAlarm): WireAlarm {
  const { type: _type, ts, by, until, comment, cause, previous_condition, ...rest } = told;
  const alarm: WireAlarm = { ...before, ...rest, ts: before?.ts ?? ts };
  if (comment) alarm.comment = comment;
  if (cause === 'ack') {
    alarm.acknowledged = true;
    alarm.acknowledged_by = by;
    alarm.acknowledged_at = ts;
  }
  if (cause === 'chattering') alarm.chattering = true;
  if (cause === 'chattering_ended') delete alarm.chattering;
  const isNow = (word: string): boolean => told.condition === word;
  const whoOf = (word: string, kept?: string): string | undefined =>
    isNow(word) ? (previous_condition === word ? kept : by) : undefined;
  alarm.shelved_by = whoOf('Shelved', before?.shelved_by);
  alarm.shelved_until = isNow('Shelved') ? (until ?? before?.shelved_until) : undefined;
  alarm.suppressed_by = whoOf('Suppressed-by-Design', before?.suppressed_by);
  alarm.out_of_service_by = whoOf('Out-of-Service', before?.out_of_service_by);
  return alarm;
}

export const alarmBook = new AlarmBook();
