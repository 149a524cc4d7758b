// SPDX-License-Identifier: Apache-2.0
// What /api/v1/history tells for a trend.
import { restName } from '../../names';
import { rest } from '../../rest';
import { session } from '../../session';
import type { PlainValue } from '../../live';
import type { Bucket } from './cells';

const mostTexts = 2000; // of all text points together, in one answer

/** Values that are not known to be: ms since 1970. */
export interface Gap {
  from: number;
  to: number;
  /** How many records are lost; 0: the program did not run. */
  records: number;
  reason: string;
}
/** A text from this time on; null: a bad value. */
export interface Step {
  time: number;
  value: string | null;
}

interface Stored {
  t: string;
  v: PlainValue;
  q: string;
}
interface WireSeries {
  point: string;
  type: string;
  unit: string;
  buckets?: Bucket[];
  values?: Stored[];
  before?: Stored;
}
interface WirePage {
  series: WireSeries[];
  unknown: string[];
  gaps: { from: string; to: string; records: number; reason: string }[];
  next?: string | null;
}

export interface Answer {
  series: { point: string; type: string; unit: string; buckets: Bucket[]; before: number | null }[];
  steps: { point: string; type: string; unit: string; steps: Step[]; isCut: boolean }[];
  unknown: string[];
  gaps: Gap[];
  /** ms; when the program was started within the range. */
  starts: number[];
  /** ms; where some bucket begins. */
  origin: number | null;
}

export async function askHistory(
  names: readonly string[],
  texts: readonly string[],
  from: number,
  to: number,
  interval: number,
  signal: AbortSignal,
): Promise<Answer> {
  const range = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), before: true };
  const numbers = names.filter((name) => !texts.includes(name));
  const [trend, plain, starts] = await Promise.all([
    numbers.length > 0 ? ask(numbers, { ...range, interval: `${interval}ms` }, signal) : null,
    texts.length > 0 ? ask(texts, { ...range, limit: mostTexts }, signal) : null,
    startsWithin(from, to, signal),
  ]);
  const origin = trend?.series.flatMap(({ buckets }) => buckets ?? [])[0]?.t;
  return {
    series: (trend?.series ?? []).map(({ point, type, unit, buckets, before }) => ({
      point,
      type,
      unit,
      buckets: buckets ?? [],
      before: numberOf(before),
    })),
    steps: (plain?.series ?? []).map((series) => stepsOf(series, plain?.next ?? null)),
    unknown: [...(trend?.unknown ?? []), ...(plain?.unknown ?? [])],
    gaps: (trend ?? plain)?.gaps.map((gap) => ({ ...gap, from: Date.parse(gap.from), to: Date.parse(gap.to) })) ?? [],
    starts,
    origin: origin ? Date.parse(origin) : null,
  };
}

interface StoredEvent {
  seq: number;
  t: string;
}

/**
 * Events are numbered anew when the program starts, and it tells of its plugins at once: so it is known when values had
 * nobody to store them. Who may not read events sees such a time as one without changes.
 */
async function startsWithin(from: number, to: number, signal: AbortSignal): Promise<number[]> {
  if (!session.may('history:read') || !session.may('events:read')) return [];
  const [first, last] = [new Date(from).toISOString(), new Date(to).toISOString()];
  const path = '/api/v1/history/events';
  try {
    const [before, within] = await Promise.all([
      rest<{ events: StoredEvent[] }>(path, { query: { kind: 'system', to: first, order: 'desc', limit: 1 }, signal }),
      rest<{ events: StoredEvent[] }>(path, { query: { kind: 'system', from: first, to: last, limit: 1000 }, signal }),
    ]);
    let seq = before.events[0]?.seq ?? 0;
    const starts = within.events.filter((event) => {
      const isStart = event.seq < seq;
      seq = event.seq;
      return isStart;
    });
    return starts.map(({ t }) => Date.parse(t));
  } catch (problem) {
    if (signal.aborted) throw problem;
    return [];
  }
}

function ask(names: readonly string[], query: Record<string, string | number | boolean>, signal: AbortSignal) {
  return rest<WirePage>('/api/v1/history', { query: { ...query, point: names.map(restName) }, signal });
}

function numberOf(value: Stored | undefined): number | null {
  if (!value || value.q.startsWith('bad')) return null;
  if (typeof value.v === 'boolean') return Number(value.v);
  return typeof value.v === 'number' ? value.v : null;
}

function stepsOf({ point, type, unit, values, before }: WireSeries, next: string | null) {
  const stored = [...(before ? [before] : []), ...(values ?? [])];
  const steps = stored.map(({ t, v, q }) => ({
    time: Date.parse(t),
    value: q.startsWith('bad') || v === null ? null : String(v),
  }));
  return { point, type, unit, steps, isCut: next !== null };
}
