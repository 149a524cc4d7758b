// SPDX-License-Identifier: Apache-2.0
// An alarm's value beside the limit that it has passed, as people read it.
import { formatExact, formatNumber } from '../../format';
import type { WireAlarm } from '../../live';
import { texts } from '../../texts';

/** An alarm, or a record of one. */
type Valued = Omit<WireAlarm, 'type'>;
/** The ranges' limits stand beside those of types.ts. */
type WithSides = Valued & {
  alarm_threshold_low?: number | null;
  alarm_threshold_high?: number | null;
  warning_threshold_low?: number | null;
  warning_threshold_high?: number | null;
};

const signs: Record<string, string> = { above: '≥', below: '≤', equals: '=', not_equals: '≠', rate_of_change: '≥', deviation: '≥' };
export const rangeSigns: Record<string, string> = { outside_range: '∉', inside_range: '∈' };

export function valueOf(alarm: Valued, number: (value: number) => string = formatNumber): string {
  if (alarm.value_text) return alarm.value_text;
  if (alarm.comparison === 'bad_quality' && alarm.state !== 'OK') return texts.alarms.badQuality;
  if (alarm.comparison === 'stale' && alarm.state !== 'OK') return texts.alarms.noValue;
  if (typeof alarm.value !== 'number' || alarm.comparison === 'expression' || alarm.comparison === 'interlock') return '';
  return number(alarm.value) + (alarm.comparison === 'rate_of_change' ? '/s' : '');
}

function range(low: number | null | undefined, high: number | null | undefined): string {
  return `${typeof low === 'number' ? formatExact(low) : '…'} … ${typeof high === 'number' ? formatExact(high) : '…'}`;
}

/** "≥ 83": the limit of the state that the alarm is in; after its end that of the alarm. */
export function limitOf(alarm: WithSides): string {
  const comparison = alarm.comparison ?? '';
  const isWarning = alarm.state === 'WARNING';
  if (rangeSigns[comparison]) {
    const low = (isWarning ? alarm.warning_threshold_low : null) ?? alarm.alarm_threshold_low;
    const high = (isWarning ? alarm.warning_threshold_high : null) ?? alarm.alarm_threshold_high;
    return `${rangeSigns[comparison]} ${range(low, high)}`;
  }
  const limit = (isWarning ? alarm.warning_threshold : null) ?? alarm.alarm_threshold;
  const sign = signs[comparison];
  return sign && typeof limit === 'number' ? `${sign} ${formatExact(limit)}` : '';
}
