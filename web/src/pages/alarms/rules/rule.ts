// SPDX-License-Identifier: Apache-2.0
// Alarm rules as the server has them, and which keys belong to which comparison (plugins/alarms/rulecheck.cpp).
import { session } from '../../../session';
import { texts } from '../../../texts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const comparisons = [
  'above',
  'below',
  'outside_range',
  'inside_range',
  'equals',
  'not_equals',
  'rate_of_change',
  'deviation',
  'stale',
  'bad_quality',
  'discrete',
  'expression',
] as const;
export type Comparison = (typeof comparisons)[number];

export interface AlarmRule {
  id: number;
  name: string;
  comparison: Comparison;
  point?: string;
  area?: string;
  severity?: string;
  group?: string;
  guidance?: string;
  version: number;
  from_manifest: boolean;
  changed_by?: string;
  changed_at?: string;
  removed?: boolean;
  [key: string]: unknown;
}

/** How a key is asked for. `seconds` stand as milliseconds in the rule. */
export type FieldKind = 'number' | 'seconds' | 'flag' | 'direction' | 'values' | 'value' | 'point' | 'condition';
export interface Field {
  key: string;
  kind: FieldKind;
  isDue?: boolean;
}

const due = (key: string, kind: FieldKind = 'number'): Field => ({ key, kind, isDue: true });
const may = (key: string, kind: FieldKind = 'number'): Field => ({ key, kind });
const deadband = may('deadband');
const levels = [due('alarm_threshold'), may('warning_threshold')];
const sides = [
  due('alarm_threshold_low'),
  due('alarm_threshold_high'),
  may('warning_threshold_low'),
  may('warning_threshold_high'),
];
const way = [may('window_ms', 'seconds'), may('direction', 'direction')];
const point = due('point', 'point');

export const ruleFields: Record<Comparison, readonly Field[]> = {
  above: [point, ...levels, deadband],
  below: [point, ...levels, deadband],
  outside_range: [point, ...sides, deadband],
  inside_range: [point, ...sides, deadband],
  equals: [point, ...levels, deadband],
  not_equals: [point, due('alarm_threshold')],
  rate_of_change: [point, ...levels, ...way, deadband],
  deviation: [point, due('reference', 'point'), ...levels, deadband],
  stale: [point, due('stale_after_ms', 'seconds'), may('warning_after_ms', 'seconds')],
  bad_quality: [point, may('warning_on_uncertain', 'flag')],
  discrete: [point, may('alarm_values', 'values'), may('warning_values', 'values')],
  expression: [due('when', 'condition'), may('warning_when', 'condition'), may('point', 'point')],
};

/** Of a condition within an expression; its point stands apart. */
export const conditionFields: Record<Exclude<Comparison, 'expression'>, readonly Field[]> = {
  above: [due('threshold'), deadband],
  below: [due('threshold'), deadband],
  outside_range: [due('low'), due('high'), deadband],
  inside_range: [due('low'), due('high'), deadband],
  equals: [due('value', 'value')],
  not_equals: [due('value', 'value')],
  rate_of_change: [due('threshold'), ...way, deadband],
  deviation: [due('reference', 'point'), due('threshold'), deadband],
  stale: [due('stale_after_ms', 'seconds')],
  bad_quality: [may('or_uncertain', 'flag')],
  discrete: [due('values', 'values')],
};

/** Keys that every rule may have. */
const common = [
  'id',
  'name',
  'comparison',
  'severity',
  'area',
  'on_delay_ms',
  'off_delay_ms',
  'latch',
  'words',
  'schedule',
  'group',
  'suppress_when',
  'escalation',
  'guidance',
];

/** What is sent: without keys of another comparison, and without what is empty. `version` says what it is based on. */
export function bodyOf(draft: JsonObject): JsonObject {
  const fields = ruleFields[draft.comparison as Comparison] ?? [];
  const allowed = new Set([...common, 'version', ...fields.map(({ key }) => key)]);
  return Object.fromEntries(Object.entries(draft).filter(([key, value]) => allowed.has(key) && !isEmpty(value)));
}

function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The place of its point, where it names no area: as the server has it. */
export function areaOf(rule: JsonObject | AlarmRule): string {
  const area = typeof rule.area === 'string' ? rule.area : '';
  const name = typeof rule.point === 'string' ? rule.point : '';
  return area || name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

export function mayChange(rule: AlarmRule): boolean {
  return !rule.from_manifest && session.may('alarms:admin', areaOf(rule));
}

const besides = new Set(['version', 'from_manifest', 'changed_by', 'changed_at', 'removed', 'id']);

/** Keys in which two versions differ, of the rule itself. */
export function differences(before: object, after: object): string[] {
  const [one, other] = [before as JsonObject, after as JsonObject];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].filter((key) => !besides.has(key) && JSON.stringify(one[key]) !== JSON.stringify(other[key])).sort();
}

export function labelOf(key: string): string {
  return texts.alarmRules.fields[key] ?? key;
}
