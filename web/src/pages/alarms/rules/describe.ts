// SPDX-License-Identifier: Apache-2.0
// A rule in few words, for lists.
import { formatDuration, formatExact } from '../../../format';
import { texts } from '../../../texts';
import { rangeSigns } from '../value';
import type { AlarmRule, Json, JsonObject } from './rule';

const longest = 300; // characters of an expression

const number = (value: unknown): string => (typeof value === 'number' ? formatExact(value) : '?');
const time = (value: unknown): string => formatDuration(typeof value === 'number' ? value : 0);
const list = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : '');

const signs: Record<string, string> = { above: '≥', below: '≤', equals: '=', not_equals: '≠' };

/** One side: ALARM, and the same for WARNING. */
function levels(alarm: string | null, warning: string | null): string {
  const text = texts.alarmRules.summary;
  return [alarm, warning === null ? null : text.warning(warning)].filter(Boolean).join(', ');
}

export function describeRule(rule: AlarmRule): string {
  const text = texts.alarmRules.summary;
  const { comparison, alarm_threshold, warning_threshold } = rule;
  const given = (value: unknown, make: (value: unknown) => string): string | null => (value === undefined ? null : make(value));
  const sign = signs[comparison];
  if (sign) return levels(`${sign} ${number(alarm_threshold)}`, given(warning_threshold, (each) => `${sign} ${number(each)}`));
  switch (comparison) {
    case 'outside_range':
    case 'inside_range':
      return `${rangeSigns[comparison]} ${number(rule.alarm_threshold_low)} … ${number(rule.alarm_threshold_high)}`;
    case 'rate_of_change':
      return levels(text.rate(number(alarm_threshold)), given(warning_threshold, (each) => text.rate(number(each))));
    case 'deviation':
      return text.deviation(number(alarm_threshold), String(rule.reference ?? ''));
    case 'stale':
      return levels(text.stale(time(rule.stale_after_ms)), given(rule.warning_after_ms, time));
    case 'bad_quality':
      return texts.alarmRules.comparisons.bad_quality ?? comparison;
    case 'discrete':
      return levels(text.oneOf(list(rule.alarm_values)), given(rule.warning_values, list));
    case 'expression':
      return describeCondition((rule.when ?? null) as Json).slice(0, longest);
    default:
      return comparison;
  }
}

function describeCondition(node: Json): string {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return '?';
  const text = texts.alarmRules.summary;
  if (node.not !== undefined) return `${text.not} (${describeCondition(node.not)})`;
  for (const [key, word] of [['all', text.and], ['any', text.or]] as const) {
    const parts = node[key];
    if (Array.isArray(parts)) return parts.map((each) => wrap(each)).join(` ${word} `);
  }
  return describeLeaf(node);
}

function wrap(node: Json): string {
  const inner = describeCondition(node);
  return isGroup(node) ? `(${inner})` : inner;
}

function isGroup(node: Json): boolean {
  return typeof node === 'object' && node !== null && !Array.isArray(node) && (node.all !== undefined || node.any !== undefined);
}

function describeLeaf(leaf: JsonObject): string {
  const point = String(leaf.point ?? '?');
  const comparison = String(leaf.comparison ?? '');
  const sign = signs[comparison];
  if (sign) return `${point} ${sign} ${String(leaf.threshold ?? leaf.value ?? '?')}`;
  if (rangeSigns[comparison]) return `${point} ${rangeSigns[comparison]} ${number(leaf.low)} … ${number(leaf.high)}`;
  if (comparison === 'discrete') return `${point} ∈ {${list(leaf.values)}}`;
  return `${point}: ${texts.alarmRules.comparisons[comparison] ?? comparison}`;
}
