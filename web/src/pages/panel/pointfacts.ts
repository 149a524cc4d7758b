// SPDX-License-Identifier: Apache-2.0
import { Observable } from '../../observable';
import { onePoint, type PointInfo } from '../../pointinfo';
import { RestError, isAbort, rest } from '../../rest';
import { session } from '../../session';
import type { Interlock } from '../../write/dryrun';

const atOnce = 4; // requests
const mostKept = 2_000;
const renewEvery = 5_000; // ms
const tryAgainAfter = 5_000;

interface WireInterlock extends Interlock {
  points: string[];
  is_violated: boolean;
}

/** What tiles have to know of their points besides the values: what they are, and which interlock is in the way. */
export class PointFacts extends Observable {
  infos: ReadonlyMap<string, PointInfo | null> = new Map();
  blocks: ReadonlyMap<string, Interlock> = new Map();
  #wanted: readonly string[] = [];
  #asked = new Set<string>();
  #asking = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    this.#asking = new AbortController();
    this.#timer = setInterval(() => void this.#readInterlocks(), renewEvery);
    void this.#readInterlocks();
  }
  stop(): void {
    this.#asking.abort();
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    this.#asked.clear();
    this.#wanted = [];
    this.infos = new Map();
  }

  want(names: readonly string[]): void {
    this.#wanted = names.slice(0, mostKept);
    this.#next();
  }

  #next(): void {
    for (const name of this.#wanted) {
      if (this.#asked.size >= atOnce) return;
      if (name && !this.infos.has(name) && !this.#asked.has(name)) void this.#ask(name);
    }
  }

  async #ask(name: string): Promise<void> {
    this.#asked.add(name);
    const { signal } = this.#asking;
    let info: PointInfo | null | undefined;
    try {
      info = await onePoint(name, signal);
    } catch (problem) {
      if (isAbort(problem) || signal.aborted) return;
      const isGone = problem instanceof RestError && (problem.status === 403 || problem.status === 404);
      if (isGone) info = null;
    }
    this.#asked.delete(name);
    if (info === undefined) {
      // The server is away: asked again later, not at once.
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#next(), tryAgainAfter);
      return;
    }
    const wanted = new Set(this.#wanted);
    const infos = new Map(this.infos.size < mostKept ? this.infos : [...this.infos].filter(([each]) => wanted.has(each)));
    this.infos = infos.set(name, info);
    this.changed();
    this.#next();
  }

  async #readInterlocks(): Promise<void> {
    if (document.hidden || !session.maySome('interlocks:read')) return;
    try {
      const all = await rest<WireInterlock[]>('/api/v1/interlocks', { signal: this.#asking.signal });
      const blocks = new Map<string, Interlock>();
      for (const each of all) {
        const isInTheWay = each.mode === 'advisory' ? false : each.is_violated || each.is_tripped === true;
        if (isInTheWay) for (const point of each.points) blocks.set(point, each);
      }
      if ([...blocks.keys()].join() === [...this.blocks.keys()].join()) return;
      this.blocks = blocks;
      this.changed();
    } catch {
      // The write dialog explains what is in the way, too.
    }
  }
}
