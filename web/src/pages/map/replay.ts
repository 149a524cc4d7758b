// SPDX-License-Identifier: Apache-2.0
import type { Place } from '../../live';
import { restName } from '../../names';
import { Observable } from '../../observable';
import { isAbort, rest, textOf } from '../../rest';
import { texts } from '../../texts';
import type { Point2 } from './geometry';
import { apart } from './motion';
import { trailLasts, type ShownTag, type TagState } from './tags';

const chunkLasts = 60_000; // ms that are loaded at once
const mostChunks = 8;
const tagsAtOnce = 50; // of one request
const pageLimit = 10_000; // values
const mostValues = 200_000; // of one chunk
export const mostReplayed = 500; // tags

interface StoredValue {
  t: string;
  v: Place | null;
  q: string;
}
interface HistoryPage {
  series: { tag?: string; values: StoredValue[] }[];
  next: string | null;
}
interface PastFix extends Point2 {
  t: number;
  z: number;
  zone: number;
  isBad: boolean;
}
interface Chunk {
  fixes: Map<string, PastFix[]>;
  isWhole: boolean;
}

class PastTag implements ShownTag {
  zone = 0;
  z = 0;
  state: TagState = 'lost';
  time = 0;
  at: Point2 = { x: 0, y: 0 };
  trail: number[] = [];
  constructor(
    readonly id: string,
    readonly name: string,
    readonly kind: string,
  ) {}
}

/** The last fix up to `time`; -1: none. */
function lastUntil(fixes: readonly PastFix[], time: number): number {
  let low = 0;
  let high = fixes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((fixes[middle] as PastFix).t <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * An hour of stored positions. Loaded minute by minute around the time that is shown, and forgotten again behind it.
 * Observers are told when something was loaded, and when the time has moved on by a second.
 */
export class Replay extends Observable {
  shown: readonly ShownTag[] = [];
  time: number;
  isPlaying = false;
  speed = 1;
  problem = '';
  /** Nothing can be shown of this time until it is loaded. */
  isLoading = false;
  #tags: PastTag[];
  #chunks = new Map<number, Chunk>();
  #asking = new Map<number, AbortController>();
  #isDue = true;
  #toldSecond = 0;

  constructor(
    tags: readonly { id: string; name: string; kind: string }[],
    readonly from: number,
    readonly to: number,
  ) {
    super();
    this.#tags = tags.slice(0, mostReplayed).map(({ id, name, kind }) => new PastTag(id, name, kind));
    this.time = from;
    this.seek(from);
  }

  stop(): void {
    for (const asking of this.#asking.values()) asking.abort();
    this.#asking.clear();
    this.#chunks.clear();
  }

  seek(time: number): void {
    this.time = Math.min(this.to, Math.max(this.from, time));
    this.#isDue = true;
    this.problem = '';
    this.#load();
    this.#show();
    this.changed();
  }

  play(isPlaying: boolean): void {
    this.isPlaying = isPlaying;
    if (isPlaying && this.time >= this.to) this.seek(this.from);
    this.changed();
  }

  /** For the floor: moves the time on, unless what comes next is not there yet. */
  advance(ms: number): boolean {
    const isThere = this.#chunks.has(this.#number(this.time));
    const isLoading = !isThere && this.problem === '';
    if (this.isLoading !== isLoading) {
      this.isLoading = isLoading;
      this.changed();
    }
    if (this.isPlaying && isThere) {
      this.time = Math.min(this.to, this.time + ms * this.speed);
      if (this.time >= this.to) this.isPlaying = false;
      this.#isDue = true;
      this.#load();
    }
    if (!this.#isDue) return false;
    this.#isDue = false;
    this.#show();
    const second = Math.floor(this.time / 1000);
    if (second !== this.#toldSecond || !this.isPlaying) {
      this.#toldSecond = second;
      this.changed();
    }
    return true;
  }

  #number(time: number): number {
    return Math.floor((Math.min(time, this.to - 1) - this.from) / chunkLasts);
  }

  /** This chunk, the one before for trails, and the next ones: more of them at a higher speed. */
  #load(): void {
    const here = this.#number(this.time);
    const ahead = Math.min(mostChunks - 3, 1 + Math.ceil(this.speed / 20));
    const last = this.#number(this.to);
    const wanted = [here];
    for (let step = 1; step <= ahead; ++step) wanted.push(here + step);
    wanted.push(here - 1);
    const isWanted = (number: number): boolean => number >= here - 1 && number <= here + ahead;
    for (const number of this.#chunks.keys()) if (!isWanted(number)) this.#chunks.delete(number);
    for (const [number, asking] of this.#asking) {
      if (isWanted(number)) continue;
      asking.abort();
      this.#asking.delete(number);
    }
    if (this.problem) return;
    for (const number of wanted) {
      if (number < 0 || number > last || this.#chunks.has(number)) continue;
      // One after the other: the history has others to serve, too.
      if (this.#asking.size === 0) void this.#ask(number);
      return;
    }
  }

  async #ask(number: number): Promise<void> {
    const asking = new AbortController();
    this.#asking.set(number, asking);
    try {
      const chunk = await this.#read(number, asking.signal);
      if (asking.signal.aborted) return;
      this.#chunks.set(number, chunk);
      if (!chunk.isWhole) this.problem = texts.map.replay.tooMuch;
    } catch (problem) {
      if (isAbort(problem) || asking.signal.aborted) return;
      this.problem = textOf(problem);
    } finally {
      if (this.#asking.get(number) === asking) this.#asking.delete(number);
    }
    this.#isDue = true;
    this.#load();
    this.changed();
  }

  async #read(number: number, signal: AbortSignal): Promise<Chunk> {
    const from = this.from + number * chunkLasts;
    const to = Math.min(this.to, from + chunkLasts);
    const chunk: Chunk = { fixes: new Map(), isWhole: true };
    let count = 0;
    for (let first = 0; first < this.#tags.length; first += tagsAtOnce) {
      const tag = this.#tags.slice(first, first + tagsAtOnce).map(({ id }) => restName(id));
      let after: string | undefined;
      do {
        const page: HistoryPage = await rest<HistoryPage>('/api/v1/history', {
          query: { tag, from: new Date(from).toISOString(), to: new Date(to).toISOString(), before: true, limit: pageLimit, after },
          signal,
        });
        for (const { tag: id, values } of page.series) {
          if (!id) continue;
          const fixes = chunk.fixes.get(id) ?? [];
          for (const value of values) addFix(fixes, value);
          chunk.fixes.set(id, fixes);
          count += values.length;
        }
        after = page.next ?? undefined;
      } while (after && count < mostValues);
      if (after) chunk.isWhole = false;
    }
    return chunk;
  }

  #show(): void {
    const number = this.#number(this.time);
    const chunk = this.#chunks.get(number);
    const shown: PastTag[] = [];
    for (const tag of this.#tags) {
      const fixes = chunk?.fixes.get(tag.id);
      const index = fixes ? lastUntil(fixes, this.time) : -1;
      if (!fixes || index < 0) continue;
      this.#place(tag, fixes, index, this.#chunks.get(number + 1)?.fixes.get(tag.id));
      this.#trail(tag, fixes, index, this.#chunks.get(number - 1)?.fixes.get(tag.id));
      shown.push(tag);
    }
    this.shown = shown;
  }

  #place(tag: PastTag, fixes: readonly PastFix[], index: number, later: readonly PastFix[] | undefined): void {
    const fix = fixes[index] as PastFix;
    const next = fixes[index + 1] ?? later?.find(({ t }) => t > fix.t);
    const gap = next ? next.t - fix.t : Infinity;
    const isKnown = next !== undefined && gap <= apart && !fix.isBad && !next.isBad;
    const part = isKnown ? (this.time - fix.t) / gap : 0;
    tag.at.x = isKnown ? fix.x + (next.x - fix.x) * part : fix.x;
    tag.at.y = isKnown ? fix.y + (next.y - fix.y) * part : fix.y;
    tag.z = fix.z;
    tag.zone = fix.zone;
    tag.time = fix.t;
    tag.state = fix.isBad ? 'lost' : this.time - fix.t > apart ? 'stale' : 'fresh';
  }

  #trail(tag: PastTag, fixes: readonly PastFix[], index: number, earlier: readonly PastFix[] | undefined): void {
    const since = this.time - trailLasts;
    tag.trail.length = 0;
    for (const { t, x, y, isBad } of earlier ?? []) if (t >= since && !isBad) tag.trail.push(x, y);
    for (let i = 0; i <= index; ++i) {
      const { t, x, y, isBad } = fixes[i] as PastFix;
      if (t >= since && !isBad) tag.trail.push(x, y);
    }
    tag.trail.push(tag.at.x, tag.at.y);
  }
}

/** A tag that is lost has no place in its record: it stays where it was. */
function addFix(fixes: PastFix[], { t, v, q }: StoredValue): void {
  const before = fixes[fixes.length - 1];
  const place = v ?? before;
  if (!place) return;
  const isBad = v === null || q.startsWith('bad');
  fixes.push({ t: Date.parse(t), x: place.x, y: place.y, z: place.z, zone: v?.zone ?? 0, isBad });
}
