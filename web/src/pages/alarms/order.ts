// SPDX-License-Identifier: Apache-2.0
// Which alarms are shown, and in what order (ISA-18.2): those to be acknowledged first, by severity, the newest first.
import { isActive, isInhibited, isUnacknowledged, severityRank } from '../../alarms';
import type { Severity, WireAlarm } from '../../live';

export type ListMode = 'active' | 'inhibited';
export type Section = 'unacknowledged' | 'acknowledged' | 'returned' | 'shelved' | 'suppressed' | 'outOfService';
export type StateFilter = Section | 'alarm' | 'warning' | '';

export const severities: readonly Severity[] = ['critical', 'major', 'minor', 'info'];
export const sectionsOf: Record<ListMode, readonly Section[]> = {
  active: ['unacknowledged', 'acknowledged', 'returned'],
  inhibited: ['shelved', 'suppressed', 'outOfService'],
};

export interface AlarmFilter {
  area: string;
  /** Empty: all. */
  severities: ReadonlySet<string>;
  state: StateFilter;
  search: string;
}

/** A row of the list: an alarm, or the heading above a section. */
export type Row = { section: Section; count: number; alarm?: undefined } | { alarm: WireAlarm };

function sectionOf(alarm: WireAlarm): Section {
  if (isInhibited(alarm)) {
    if (alarm.condition === 'Shelved') return 'shelved';
    return alarm.condition === 'Out-of-Service' ? 'outOfService' : 'suppressed';
  }
  if (!isActive(alarm)) return 'returned';
  return isUnacknowledged(alarm) ? 'unacknowledged' : 'acknowledged';
}

export function modeOf(alarm: WireAlarm): ListMode {
  return isInhibited(alarm) ? 'inhibited' : 'active';
}

function isIn(area: string, alarm: WireAlarm): boolean {
  const own = alarm.area ?? '';
  return area === '' || own === area || own.startsWith(`${area}/`);
}

function passes(alarm: WireAlarm, filter: AlarmFilter, words: readonly string[]): boolean {
  if (!isIn(filter.area, alarm)) return false;
  if (filter.severities.size > 0 && !filter.severities.has(alarm.severity)) return false;
  if (filter.state === 'alarm' || filter.state === 'warning') {
    if (alarm.state.toLowerCase() !== filter.state) return false;
  } else if (filter.state && sectionOf(alarm) !== filter.state) return false;
  if (words.length === 0) return true;
  const text = `${alarm.rule_name} ${alarm.rule_id} ${alarm.area ?? ''} ${alarm.value_text ?? ''} ${alarm.comment ?? ''}`;
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

function compare(left: WireAlarm, right: WireAlarm): number {
  const bySeverity = severityRank(right.severity) - severityRank(left.severity);
  if (bySeverity !== 0) return bySeverity;
  if (left.ts !== right.ts) return left.ts < right.ts ? 1 : -1;
  return left.rule_id - right.rule_id;
}

export function rowsOf(alarms: Iterable<WireAlarm>, mode: ListMode, filter: AlarmFilter): Row[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  const bySection = new Map<Section, WireAlarm[]>();
  for (const alarm of alarms) {
    if (modeOf(alarm) !== mode || !passes(alarm, filter, words)) continue;
    const section = sectionOf(alarm);
    const list = bySection.get(section);
    if (list) list.push(alarm);
    else bySection.set(section, [alarm]);
  }
  const rows: Row[] = [];
  for (const section of sectionsOf[mode]) {
    const list = bySection.get(section);
    if (!list) continue;
    rows.push({ section, count: list.length });
    for (const alarm of list.sort(compare)) rows.push({ alarm });
  }
  return rows;
}

export interface AreaCount {
  /** "cold-store/room2"; '' is the whole site. */
  name: string;
  /** Shown in this mode, here and below. */
  count: number;
  waiting: number;
  worst: Severity | null;
}

/** Counts of each area, with those below it. `known`: areas that have rules, shown also when nothing is wrong. */
export function countAreas(alarms: Iterable<WireAlarm>, mode: ListMode, known: readonly string[]): AreaCount[] {
  const areas = new Map<string, AreaCount>();
  const at = (name: string): AreaCount => {
    let area = areas.get(name);
    if (!area) areas.set(name, (area = { name, count: 0, waiting: 0, worst: null }));
    return area;
  };
  at('');
  for (const name of known) for (const each of withParents(name)) at(each);
  for (const alarm of alarms) {
    if (modeOf(alarm) !== mode) continue;
    const waits = isUnacknowledged(alarm);
    for (const name of withParents(alarm.area ?? '')) {
      const area = at(name);
      area.count += 1;
      if (waits) area.waiting += 1;
      if (area.worst === null || severityRank(alarm.severity) > severityRank(area.worst)) area.worst = alarm.severity;
    }
  }
  return [...areas.values()].sort((left, right) => comparePaths(left.name, right.name));
}

/** "a/b" → "", "a", "a/b" */
function withParents(name: string): string[] {
  const parents = [''];
  for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) parents.push(name.slice(0, slash));
  if (name) parents.push(name);
  return parents;
}

/** So that each area stands right above what lies in it. */
function comparePaths(left: string, right: string): number {
  const [one, other] = [left.split('/'), right.split('/')];
  for (let level = 0; level < Math.min(one.length, other.length); ++level) {
    if (one[level] !== other[level]) return (one[level] ?? '') < (other[level] ?? '') ? -1 : 1;
  }
  return left === '' ? -1 : right === '' ? 1 : one.length - other.length;
}
