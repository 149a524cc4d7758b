// SPDX-License-Identifier: Apache-2.0
import { findPoints, onePoint, type PointInfo } from '../../pointinfo';
import { Observable } from '../../observable';
import { RestError, isAbort, textOf } from '../../rest';

const pageSize = 200;
const mostPages = 60; // kept; those asked for last stay

/** What the list shows: a search below a prefix, or the pinned ones. */
export interface Wanted {
  search: string;
  prefix: string;
  /** Exactly these instead. */
  names: readonly string[] | null;
}

/** A list of up to 100,000 points of which only pages that were looked at are here. */
export class PointSource extends Observable {
  total = 0;
  problem = '';
  isLoading = false;
  #wanted: Wanted = { search: '', prefix: '', names: null };
  #pages = new Map<number, PointInfo[]>();
  #asked = new Set<number>();
  #asking = new AbortController();

  /** Begins anew. */
  want(wanted: Wanted): void {
    this.stop();
    this.#asking = new AbortController();
    this.#wanted = wanted;
    this.#pages.clear();
    this.#asked.clear();
    this.problem = '';
    this.total = wanted.names?.length ?? 0;
    if (wanted.names === null || wanted.names.length > 0) this.need(0, pageSize);
    this.changed();
  }

  stop(): void {
    this.#asking.abort();
  }

  at(index: number): PointInfo | undefined {
    return this.#pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  /** These rows are seen. */
  need(from: number, to: number): void {
    const last = Math.floor(Math.max(from, to - 1) / pageSize);
    for (let page = Math.floor(from / pageSize); page <= last; ++page) {
      if (this.#asked.has(page)) continue;
      this.#asked.add(page);
      void this.#load(page, this.#asking.signal);
    }
  }

  async #load(page: number, signal: AbortSignal): Promise<void> {
    this.isLoading = true;
    try {
      const points = await this.#fetch(page, signal);
      if (signal.aborted) return;
      this.#pages.set(page, points);
      this.problem = '';
      this.#forgetOld();
    } catch (problem) {
      if (isAbort(problem) || signal.aborted) return;
      this.#asked.delete(page);
      this.problem = textOf(problem);
    }
    this.isLoading = false;
    this.changed();
  }

  async #fetch(page: number, signal: AbortSignal): Promise<PointInfo[]> {
    const { search, prefix, names } = this.#wanted;
    const offset = page * pageSize;
    if (names) return Promise.all(names.slice(offset, offset + pageSize).map((name) => pinned(name, signal)));
    const found = await findPoints({ search, prefix, offset, limit: pageSize, signal });
    this.total = found.total;
    return found.points;
  }

  #forgetOld(): void {
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= mostPages) return;
      this.#pages.delete(page);
      this.#asked.delete(page);
    }
  }
}

/** A pinned point may be gone, or not for this caller: its row says so. */
async function pinned(name: string, signal: AbortSignal): Promise<PointInfo> {
  try {
    return await onePoint(name, signal);
  } catch (problem) {
    if (!(problem instanceof RestError) || problem.status === 0) throw problem;
    return {
      name,
      number: 0,
      type: '',
      value: null,
      quality: 'bad:removed',
      timestamp: null,
      unit: '',
      description: problem.message,
      writable: false,
    };
  }
}
