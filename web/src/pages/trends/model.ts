// SPDX-License-Identifier: Apache-2.0
// The values that a trend shows: stored ones in buckets, with live ones appended; texts as they are.
import { now } from '../../clock';
import { live, type PointValue } from '../../live';
import { Observable } from '../../observable';
import { onePoint } from '../../pointinfo';
import { RestError, isAbort, textOf } from '../../rest';
import { texts } from '../../texts';
import { Cells, type Bucket, type Rows } from './cells';
import { askHistory, type Answer, type Gap, type Step } from './history';
import { intervalFor } from './intervals';

const margin = 0.25; // of what is seen, loaded on each side so that moving shows something at once
const mostSteps = 4000; // of one text point
const mostOutages = 100;

/** Nobody knows what was then; ms since 1970. */
export type Hole = Pick<Gap, 'from' | 'to'>;

export interface Track {
  name: string;
  type: string;
  unit: string;
  /** Of numbers and booleans. */
  cells: Cells | null;
  /** Of texts, by time. */
  steps: Step[];
  /** There are more than can be shown. */
  isCut: boolean;
  /** The history knows nothing of it. */
  isUnknown: boolean;
}

export class TrendModel extends Observable {
  tracks = new Map<string, Track>();
  gaps: readonly Gap[] = [];
  isLoading = false;
  problem = '';
  hasHistory = true;
  /** ms; the first cell begins at `start`. */
  start = 0;
  interval = 1000;
  length = 0;
  readonly descriptions = new Map<string, string>();
  readonly problems = new Map<string, string>();
  #learning = new AbortController();
  #asking: AbortController | null = null;
  #types = new Map<string, { type: string; unit: string }>();
  /** ms since 1970 up to which a value holds while there is no link. */
  #linkLost: number | null = null;
  /** Without a link: what was then is known where the history was asked since, and keeps the point. */
  #outages: Hole[] = [];
  /** When the history was asked that has answered; ms since 1970. */
  #coveredUntil = 0;

  /** Asks what these points are: how their values are asked for depends on it. */
  async learn(names: readonly string[]): Promise<void> {
    const unknown = names.filter((name) => !this.descriptions.has(name));
    await Promise.all(unknown.map((name) => this.#learnOne(name)));
  }

  async #learnOne(name: string): Promise<void> {
    try {
      const { type, unit, description } = await onePoint(name, this.#learning.signal);
      this.#types.set(name, { type, unit });
      this.descriptions.set(name, description);
      this.problems.delete(name);
    } catch (problem) {
      if (isAbort(problem)) return;
      const isNone = problem instanceof RestError && (problem.status === 404 || problem.status === 403);
      this.problems.set(name, isNone ? texts.trends.notKnown : textOf(problem));
    }
  }

  stop(): void {
    this.#learning.abort();
    this.#learning = new AbortController();
    this.#asking?.abort();
  }

  linkChanged(): void {
    if (!live.isOnline) {
      this.#linkLost ??= now();
    } else if (this.#linkLost !== null) {
      this.#outages = [...this.#outages, { from: this.#linkLost, to: now() }].slice(-mostOutages);
      this.#linkLost = null;
    }
  }

  /** Loads a range for `width` px. What was there stays until the answer comes. */
  async load(names: readonly string[], from: number, to: number, width: number): Promise<void> {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    const span = to - from;
    const interval = intervalFor(span, Math.max(200, Math.min(1000, Math.round(width / 1.5))));
    const first = from - span * margin;
    const start = Math.floor(first / interval) * interval;
    const length = Math.ceil((to + span * margin - start) / interval) + 1;
    this.isLoading = true;
    this.changed();
    try {
      const asked = now();
      const plain = names.filter((name) => this.#types.get(name)?.type === 'text');
      const answer = await askHistory(names, plain, start, start + length * interval, interval, asking.signal);
      this.#take(names, answer, start, interval, length);
      this.#coveredUntil = asked;
      this.problem = '';
      this.hasHistory = true;
    } catch (problem) {
      if (isAbort(problem) || asking.signal.aborted) return;
      // Without a history there is what comes live.
      this.hasHistory = !(problem instanceof RestError && problem.status === 404);
      this.problem = textOf(problem);
      this.#take(names, { series: [], steps: [], unknown: [], gaps: [], starts: [], origin: null }, start, interval, length);
    }
    this.isLoading = false;
    this.changed();
  }

  #take(names: readonly string[], answer: Answer, start: number, interval: number, length: number): void {
    const before = { tracks: this.tracks, start: this.start, interval: this.interval };
    // Buckets lie where the server has them.
    const shift = answer.origin === null ? 0 : (((answer.origin - start) % interval) + interval) % interval;
    this.start = shift > 0 ? start + shift - interval : start;
    this.interval = interval;
    this.length = length;
    this.tracks = new Map();
    for (const name of names) {
      const track = this.#track(name, answer);
      this.tracks.set(name, track);
      this.#keepNewer(track, before);
    }
    this.gaps = [...answer.gaps, ...answer.starts.flatMap((at) => this.#stoppedBefore(at))];
  }

  /** From the last thing that was stored until the program was started. */
  #stoppedBefore(start: number): Gap[] {
    const end = this.indexOf(start);
    const last = Math.max(-1, ...[...this.tracks.values()].map(({ cells }) => cells?.lastFilled(end) ?? -1));
    const from = this.start + (last + 1) * this.interval;
    return start - from > this.interval ? [{ from, to: start, records: 0, reason: '' }] : [];
  }

  #track(name: string, answer: Answer): Track {
    const stored = answer.series.find(({ point }) => point === name);
    const steps = answer.steps.find(({ point }) => point === name);
    const known = this.#types.get(name);
    const type = known?.type ?? stored?.type ?? steps?.type ?? '';
    const cells = type === 'text' ? null : new Cells(this.length);
    if (cells && stored) {
      cells.before = stored.before;
      for (const bucket of stored.buckets) cells.put(this.indexOf(Date.parse(bucket.t)), bucket as Bucket);
    }
    return {
      name,
      type,
      unit: known?.unit || stored?.unit || steps?.unit || '',
      cells,
      steps: steps?.steps ?? [],
      isCut: steps?.isCut ?? false,
      isUnknown: answer.unknown.includes(name),
    };
  }

  /** What came live and is not stored yet when the history answers must not vanish. */
  #keepNewer(track: Track, before: { tracks: Map<string, Track>; start: number; interval: number }): void {
    const old = before.tracks.get(track.name);
    if (!old) return this.#keepLive(track);
    if (track.cells && old.cells && before.interval === this.interval) {
      const shift = (this.start - before.start) / this.interval;
      if (Number.isInteger(shift)) track.cells.takeNewer(old.cells, shift);
    }
    const last = track.steps[track.steps.length - 1]?.time ?? 0;
    if (!track.isCut) track.steps = [...track.steps, ...old.steps.filter(({ time }) => time > last)];
    this.#keepLive(track);
  }

  #keepLive(track: Track): void {
    const value = live.point(track.name);
    if (!value?.time || !value.isFresh || !track.cells) return;
    const index = this.indexOf(Date.parse(value.time));
    if (index >= 0 && index < this.length && track.cells.lastFilled(this.length) < index) this.takeLive([value]);
  }

  indexOf(time: number): number {
    return Math.floor((time - this.start) / this.interval);
  }

  /** Values as they come. */
  takeLive(changed: readonly PointValue[]): void {
    if (this.length === 0) return;
    for (const point of changed) {
      const track = this.tracks.get(point.name);
      if (!track || !point.time || !point.isFresh) continue;
      // A device's clock may be ahead: nothing is drawn in the future.
      const time = this.#knownAt(track, Math.min(Date.parse(point.time), now()));
      if (track.cells) this.#addCell(track.cells, time, point);
      else this.#addStep(track, time, point);
    }
  }

  /** What comes from before an outage, or from within, holds from its end on as far as anybody knows. */
  #knownAt(track: Track, time: number): number {
    const last = this.holesOf(track).at(-1);
    return last && time < last.to ? last.to : time;
  }

  /** The outages of which the history does not tell for this point. */
  holesOf({ isUnknown }: Track): readonly Hole[] {
    const isKept = this.hasHistory && !isUnknown;
    return this.#outages.filter(({ to }) => to > this.start && !(isKept && to <= this.#coveredUntil));
  }

  #addCell(cells: Cells, time: number, point: PointValue): void {
    const number = typeof point.value === 'boolean' ? Number(point.value) : point.value;
    const isGood = typeof number === 'number' && !point.quality.startsWith('bad');
    const index = this.indexOf(time);
    // Older than all that is shown: it has held since; what the history says of before counts then.
    if (index < 0 && (cells.before !== null || cells.lastFilled(cells.length) >= 0)) return;
    cells.add(index, isGood ? number : null);
  }

  #addStep(track: Track, time: number, point: PointValue): void {
    const last = track.steps[track.steps.length - 1];
    const value = point.quality.startsWith('bad') || point.value === null ? null : String(point.value);
    if (last && (time <= last.time || last.value === value)) return;
    track.steps.push({ time, value });
    if (track.steps.length > mostSteps) track.steps.splice(0, track.steps.length - mostSteps);
  }

  /** Moves on with the time, so that `to` is within. */
  follow(to: number): void {
    const cells = this.indexOf(to) - (this.length - 1);
    if (this.length === 0 || cells <= 0) return;
    this.start += cells * this.interval;
    for (const track of this.tracks.values()) {
      track.cells?.slide(cells);
      const first = track.steps.findIndex(({ time }) => time >= this.start);
      if (first > 1) track.steps.splice(0, first - 1);
    }
    this.gaps = this.gaps.filter((gap) => gap.to > this.start);
  }

  /** Up to here a value holds: now, or when the link was lost. */
  get heldUntil(): number {
    return this.#linkLost ?? now();
  }

  /** In s since 1970: the middle of each cell, the one that it is now at its newest. */
  times(): number[] {
    const end = this.heldUntil;
    return Array.from({ length: this.length }, (_, index) => {
      const begin = this.start + index * this.interval;
      return (begin <= end && end < begin + this.interval ? end : begin + this.interval / 2) / 1000;
    });
  }

  rows(track: Track): Rows | null {
    const end = this.indexOf(this.heldUntil) + 1;
    const holes = [...this.gaps, ...this.holesOf(track)];
    return track.cells?.rows(end, (index) => this.#isLost(index, holes)) ?? null;
  }

  #isLost(index: number, holes: readonly Hole[]): boolean {
    const from = this.start + index * this.interval;
    return holes.some((hole) => hole.from < from + this.interval && hole.to > from);
  }
}
