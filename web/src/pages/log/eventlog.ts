// SPDX-License-Identifier: Apache-2.0
import { live, type TopicBatch, type WireEvent } from '../../live';
import { Observable } from '../../observable';
import { RestError, isAbort, rest, textOf } from '../../rest';
import { session } from '../../session';

export const mostEvents = 5000;
const mostFresh = 1000;
const ofRun = 500;
const ofPage = 300;

type End = '' | 'end' | 'none' | 'right' | 'full';

export interface EventFilter {
  kind: string;
  source: string;
  text: string;
  from: string | null;
  to: string | null;
}

/**
 * Events, the newest first: those of this run, then stored ones page by page, and new ones as they happen. Never more than
 * `mostEvents`: the oldest give way.
 */
export class EventLog extends Observable {
  rows: WireEvent[] = [];
  /** Came while somebody looks further down, or has paused. */
  fresh: WireEvent[] = [];
  freshLeft = 0;
  isHeld = false;
  isLoading = false;
  hasGap = false;
  /** Why there are no older ones: '' while there may be. */
  end: End = '';
  problem = '';
  #filter: EventFilter = { kind: '', source: '', text: '', from: null, to: null };
  #asking = new AbortController();
  #stop: (() => void) | null = null;
  #keys = new Set<string>();

  /** Begins anew with these. */
  show(filter: EventFilter): void {
    this.close();
    this.#filter = filter;
    this.#asking = new AbortController();
    this.isLoading = false; // what was given up does not say so itself
    this.rows = [];
    this.fresh = [];
    this.freshLeft = 0;
    this.#keys.clear();
    this.end = '';
    this.problem = '';
    this.hasGap = false;
    if (this.isPast) {
      void this.older();
    } else {
      this.#stop = live.watchTopic('events/#', (batch) => this.#take(batch));
      void this.#ofRun();
    }
    this.changed();
  }

  close(): void {
    this.#stop?.();
    this.#stop = null;
    this.#asking.abort();
  }

  get isPast(): boolean {
    return this.#filter.from !== null || this.#filter.to !== null;
  }

  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return;
    this.isHeld = isHeld;
    if (!isHeld) this.release();
  }

  /** Those that waited come on top. */
  release(): void {
    if (this.fresh.length === 0) return;
    this.#put(this.fresh, true);
    this.fresh = [];
    this.freshLeft = 0;
    this.changed();
  }

  #take(batch: TopicBatch): void {
    if (batch.hasGap) this.hasGap = true;
    const found = batch.events.filter((event) => this.#admits(event)).reverse();
    if (found.length > 0) {
      if (this.isHeld) this.#wait(found);
      else this.#put(found, true);
    }
    if (found.length > 0 || batch.hasGap) this.changed();
  }

  #wait(found: WireEvent[]): void {
    this.fresh = [...found, ...this.fresh];
    this.freshLeft += Math.max(0, this.fresh.length - mostFresh);
    this.fresh = this.fresh.slice(0, mostFresh);
  }

  #put(found: readonly WireEvent[], onTop: boolean): void {
    const unknown = found.filter((event) => !this.#keys.has(keyOf(event)));
    for (const event of unknown) this.#keys.add(keyOf(event));
    this.rows = onTop ? [...unknown, ...this.rows] : [...this.rows, ...unknown];
    for (const event of this.rows.splice(mostEvents)) this.#keys.delete(keyOf(event));
  }

  #admits(event: WireEvent): boolean {
    const { kind, source, text } = this.#filter;
    if (kind && event.type !== kind) return false;
    if (source && event.source !== source) return false;
    return !text || JSON.stringify(event).toLowerCase().includes(text.toLowerCase());
  }

  /** The newest that the program remembers. */
  async #ofRun(): Promise<void> {
    await this.#ask(async (signal) => {
      const query = { limit: ofRun, type: this.#filter.kind || undefined };
      const events = await rest<WireEvent[]>('/api/v1/events', { query, signal });
      this.#put(events.filter((event) => this.#admits(event)).reverse(), false);
    });
    if (this.rows.length < ofPage && !this.problem) await this.older();
  }

  /** Another page of stored ones. */
  async older(): Promise<void> {
    if (this.isLoading || this.end || this.problem) return;
    if (!session.maySome('history:read')) return this.#endWith('right');
    if (this.rows.length >= mostEvents) return this.#endWith('full');
    await this.#ask(async (signal) => {
      let before = this.rows[this.rows.length - 1]?.t ?? this.#filter.to;
      // A text is looked for here, not by the server: several pages may be due for a few rows.
      for (let page = 0; page < 5; ++page) {
        const found = await this.#page(before, signal);
        const count = this.rows.length;
        this.#put(found.filter((event) => this.#admits(event)), false);
        before = found[found.length - 1]?.t ?? null;
        if (found.length < ofPage) return this.#endWith('end');
        if (this.rows.length > count + 20) return;
      }
    });
  }

  async #page(before: string | null, signal: AbortSignal): Promise<WireEvent[]> {
    const { kind, source, from } = this.#filter;
    // Others of the same moment are asked for again, and left out when they are known.
    const to = before ? new Date(Date.parse(before) + 1).toISOString() : undefined;
    const start = from ?? new Date(0).toISOString();
    const query = { order: 'desc', limit: ofPage, from: start, to, kind: kind || undefined, source: source || undefined };
    return (await rest<{ events: WireEvent[] }>('/api/v1/history/events', { query, signal })).events;
  }

  #endWith(end: End): void {
    this.end = end;
    this.changed();
  }

  async #ask(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#asking;
    this.isLoading = true;
    this.changed();
    try {
      await work(signal);
    } catch (problem) {
      if (isAbort(problem) || signal.aborted) return;
      if (problem instanceof RestError && problem.status === 404) this.end = 'none';
      else if (problem instanceof RestError && problem.status === 403 && this.rows.length > 0) this.end = 'right';
      else this.problem = textOf(problem);
    } finally {
      if (!signal.aborted) {
        this.isLoading = false;
        this.changed();
      }
    }
  }
}

function keyOf(event: WireEvent): string {
  return `${event.seq} ${event.t} ${event.type}`;
}
