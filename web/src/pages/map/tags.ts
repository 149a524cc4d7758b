// SPDX-License-Identifier: Apache-2.0
import { now } from '../../clock';
import { live, type TopicBatch, type WireTag } from '../../live';
import { Observable } from '../../observable';
import type { Point2 } from './geometry';
import { Motion } from './motion';
import type { Muster, MusterTag } from './places';

export type TagState = 'fresh' | 'stale' | 'lost';

const staleAfter = 10_000; // ms, or four of its intervals if that is more
export const trailLasts = 60_000; // ms
const mostTrail = 90;

/** What the map shows of a tag, now or in the past. */
export interface ShownTag {
  readonly id: string;
  name: string;
  kind: string;
  zone: number;
  z: number;
  state: TagState;
  /** ms since 1970 of the newest fix. */
  time: number;
  at: Point2;
  /** x, y, x, y …, the oldest first. */
  trail: number[];
}

class LiveTag implements ShownTag {
  name = '';
  kind = '';
  zone = 0;
  z = 0;
  state: TagState = 'stale';
  time = 0;
  at: Point2 = { x: 0, y: 0 };
  trail: number[] = [];
  battery: number | null = null;
  accuracy: number | null = null;
  isBad = false;
  motion = new Motion();
  heard = 0;
  #trailTimes: number[] = [];

  constructor(readonly id: string) {}

  /** Of a snapshot nobody knows when it was heard: its own time counts. */
  take(wire: WireTag, isSnapshot: boolean): void {
    const time = Date.parse(wire.TS);
    this.isBad = wire.q.startsWith('bad') || wire.X === null || wire.Y === null;
    this.battery = wire.Bat ?? null;
    this.accuracy = wire.Acc ?? null;
    this.zone = wire.zone_id ?? 0;
    this.time = time;
    this.heard = isSnapshot ? time : now();
    if (this.isBad) this.motion.end();
    if (wire.X === null || wire.Y === null) return;
    this.z = wire.Z ?? 0;
    if (this.motion.add({ t: time, x: wire.X, y: wire.Y })) this.#leaveTrail(time, wire.X, wire.Y);
  }

  /** A tag that stands leaves no trail. */
  #leaveTrail(time: number, x: number, y: number): void {
    const { trail } = this;
    if (x !== trail[trail.length - 2] || y !== trail[trail.length - 1]) {
      trail.push(x, y);
      this.#trailTimes.push(time);
    }
    const first = this.#trailTimes.findIndex((each) => each > time - trailLasts);
    const over = Math.max(first, this.#trailTimes.length - mostTrail);
    if (over <= 0) return;
    trail.splice(0, 2 * over);
    this.#trailTimes.splice(0, over);
  }

  judge(time: number, isOnline: boolean): TagState {
    const limit = Math.max(staleAfter, 4 * this.motion.interval);
    this.state = this.isBad ? 'lost' : isOnline && time - this.heard < limit ? 'fresh' : 'stale';
    return this.state;
  }
}

/**
 * The tags of one site as they are now. Which tags belong to the site the muster list tells, for the stream carries those
 * of all sites; `onStranger` asks for it anew. Observers are told when tags come, go or change their state.
 */
export class TagBook extends Observable {
  onStranger: () => void = () => {};
  #all = new Map<string, LiveTag>();
  #known = new Map<string, MusterTag>();
  #shown: LiveTag[] = [];
  #end: (() => void) | null = null;

  start(): void {
    this.#end = live.watchTopic('tags/*', (batch) => this.take(batch), { maxRate: '10/s' });
  }
  stop(): void {
    this.#end?.();
    this.#end = null;
    this.#all.clear();
    this.#shown = [];
  }

  /** Tags whose place is known, of this site. */
  get shown(): readonly ShownTag[] {
    return this.#shown;
  }
  get(id: string): (ShownTag & { battery: number | null; accuracy: number | null }) | undefined {
    return this.#known.has(id) ? this.#all.get(id) : undefined;
  }

  knows(muster: Muster): void {
    this.#known.clear();
    const listed = [...muster.zones.flatMap(({ tags }) => tags), ...muster.lost_tags, ...muster.unseen_tags];
    for (const tag of listed) this.#known.set(tag.tag_id, tag);
    this.#list();
  }

  take(batch: TopicBatch): void {
    if (batch.isReset) this.#all.clear();
    let isNew = batch.isReset;
    let hasStranger = false;
    for (const wire of batch.tags) {
      let tag = this.#all.get(wire.ID);
      if (!tag) {
        tag = new LiveTag(wire.ID);
        this.#all.set(wire.ID, tag);
        isNew = true;
        hasStranger ||= !this.#known.has(wire.ID);
      }
      tag.take(wire, batch.isReset);
    }
    if (isNew) this.#list();
    if (hasStranger) this.onStranger();
  }

  #list(): void {
    this.#shown = [];
    for (const tag of this.#all.values()) {
      const known = this.#known.get(tag.id);
      if (!known || !tag.motion.newest) continue;
      tag.name = known.name ?? '';
      tag.kind = known.class ?? '';
      tag.judge(now(), live.isOnline);
      this.#shown.push(tag);
    }
    this.#shown.sort((a, b) => (a.name || a.id).localeCompare(b.name || b.id, 'en', { numeric: true }));
    this.changed();
  }

  /** Moves everything on by this many ms; false: nothing has moved. */
  advance(ms: number): boolean {
    let hasMoved = false;
    for (const tag of this.#shown) {
      if (tag.motion.advance(ms)) hasMoved = true;
      tag.motion.place(tag.at);
    }
    return hasMoved;
  }

  /** Looks who has become silent. */
  judge(): void {
    const time = now();
    let hasChanged = false;
    for (const tag of this.#shown) if (tag.state !== tag.judge(time, live.isOnline)) hasChanged = true;
    if (hasChanged) this.changed();
  }
}
