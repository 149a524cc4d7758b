// SPDX-License-Identifier: Apache-2.0
// The last ten minutes of the points that are seen, for sparklines: first from the history, then as values come.
import { now } from './clock';
import type { Spark } from './elements/tw-sparkline';
import type { PointValue } from './live';
import { restName } from './names';
import { RestError, rest } from './rest';

const span = 600_000; // ms
const mostValues = 600; // of one point
const mostPoints = 1000;
const perRequest = 100; // points, as the server allows
const buckets = 120;

interface Trend {
  series: { point: string; buckets: { t: string; avg: number | null }[] }[];
}

export class Sparks {
  #byName = new Map<string, Spark>();
  #asked = new Set<string>();
  #hasHistory = true;

  get(name: string): Spark | undefined {
    return this.#byName.get(name);
  }

  /** A value that has come. */
  add(point: PointValue): void {
    const number = typeof point.value === 'boolean' ? Number(point.value) : point.value;
    if (!point.time || !point.isFresh) return;
    const spark = this.#sparkOf(point.name);
    const last = spark.times[spark.times.length - 1] ?? 0;
    const isAfterHole = Number.isNaN(spark.values[spark.values.length - 1] ?? 0);
    const told = Date.parse(point.time);
    // A value from before the hole is known to hold again from now on.
    const time = isAfterHole && told <= last ? now() : told;
    if (time <= last) return;
    const isGood = typeof number === 'number' && !point.quality.startsWith('bad');
    // A value holds until the next: a step, not a slope over minutes.
    const before = spark.values[spark.values.length - 1];
    if (before !== undefined && !isAfterHole && time - last > 15_000) push(spark, time - 1, before);
    push(spark, time, isGood ? number : NaN);
    trim(spark);
  }

  /** The link is lost: from here on nobody knows, also of those that nobody looks at just now. */
  lost(): void {
    for (const spark of this.#byName.values()) addHole(spark, now());
  }

  /** Asks the history for those that were not asked for yet. Without a history there are live values only. */
  async fill(names: readonly string[], signal: AbortSignal): Promise<void> {
    const missing = names.filter((name) => !this.#asked.has(name)).slice(0, perRequest);
    if (missing.length === 0 || !this.#hasHistory) return;
    for (const name of missing) this.#asked.add(name);
    const from = new Date(now() - span).toISOString();
    const point = missing.map(restName);
    try {
      const trend = await rest<Trend>('/api/v1/history', {
        query: { point, from, buckets, aggregate: 'avg' },
        signal,
      });
      for (const series of trend.series) this.#putBefore(series);
    } catch (problem) {
      for (const name of missing) this.#asked.delete(name);
      if (problem instanceof RestError && (problem.status === 404 || problem.status === 403)) this.#hasHistory = false;
    }
  }

  #putBefore({ point, buckets: stored }: Trend['series'][number]): void {
    const spark = this.#sparkOf(point);
    const first = spark.times[0] ?? Infinity;
    const older: Spark = { times: [], values: [] };
    for (const { t, avg } of stored) {
      const time = Date.parse(t);
      if (time < first) push(older, time, avg ?? NaN);
    }
    spark.times.unshift(...older.times);
    spark.values.unshift(...older.values);
    trim(spark);
  }

  #sparkOf(name: string): Spark {
    let spark = this.#byName.get(name);
    if (spark) return spark;
    if (this.#byName.size >= mostPoints) {
      const [oldest] = this.#byName.keys();
      if (oldest !== undefined) {
        this.#byName.delete(oldest);
        this.#asked.delete(oldest);
      }
    }
    spark = { times: [], values: [] };
    this.#byName.set(name, spark);
    return spark;
  }
}

/** Up to here the line goes, and no further until another value comes. */
export function addHole(spark: Spark, time: number): void {
  const last = spark.values[spark.values.length - 1];
  if (last === undefined || Number.isNaN(last)) return;
  push(spark, Math.max(time - 1, (spark.times[spark.times.length - 1] ?? 0) + 1), last);
  push(spark, Math.max(time, (spark.times[spark.times.length - 1] ?? 0) + 1), NaN);
}

function push(spark: Spark, time: number, value: number): void {
  spark.times.push(time);
  spark.values.push(value);
}

function trim(spark: Spark): void {
  const oldest = now() - span;
  let drop = Math.max(0, spark.times.length - mostValues);
  // One before the edge stays, so that the line comes from the left.
  while (drop + 1 < spark.times.length && (spark.times[drop + 1] ?? 0) < oldest) drop += 1;
  if (drop === 0) return;
  spark.times.splice(0, drop);
  spark.values.splice(0, drop);
}
