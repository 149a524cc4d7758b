// SPDX-License-Identifier: Apache-2.0
// A record of the history of alarms: a change of state, or of what people know and did of it.
import type { WireAlarm } from '../../live';
import { texts } from '../../texts';

export interface AlarmRecord extends Omit<WireAlarm, 'type'> {
  seq: number;
  type: 'alarm_state' | 'alarm_condition';
  previous?: string;
}

/** "Normal → Alarm", "Acknowledged" */
export function whatOf(record: AlarmRecord): string {
  const text = texts.alarms;
  const stateName = (state: string | undefined): string =>
    state === 'OK' ? text.normal : ((text.state as Record<string, string>)[state ?? ''] ?? state ?? '');
  if (record.type === 'alarm_state') return text.history.change(stateName(record.previous), stateName(record.state));
  const cause = record.cause ?? '';
  return text.history.causes[cause] ?? (cause.replaceAll('_', ' ') || (text.conditions[record.condition] ?? record.condition));
}
