// SPDX-License-Identifier: Apache-2.0
import { NextFrame } from './frames';
import type { LiveMessage, PointValue, WirePoint, WireTag } from './types';

const mostTopics = 64; // of one subscription, as the server has it
const gatherFor = 60; // ms; scrolling asks for many points one after the other
const rate = '10/s'; // more than anybody can read

/** Called once per frame with those of the watched points that have changed. */
export type PointListener = (changed: readonly PointValue[]) => void;

/** What `watch` gives: other points, or none any more. */
export interface PointWatch {
  set(names: readonly string[]): void;
  close(): void;
}

/** Kept as long as the server sends it: who watches a point again, on another page say, has its value at once. */
interface Entry {
  value: PointValue;
  listeners: Set<PointListener>;
}

/** One subscription at the server. */
interface Group {
  id: string;
  names: Set<string>;
  /** Nothing that was wanted has changed since it was sent. */
  isSent: boolean;
}

type Send = (message: object) => boolean;

/** Where an RTLS tag is comes as a tag and not as a point: `uwb/tag/SIM1/position` is `tags/SIM1`. */
const position = /\/tag\/([^/]+)\/position$/;

function topicsOf(name: string): string[] {
  const tag = position.exec(name)?.[1];
  return tag ? [`points/${name}`, `tags/${tag}`] : [`points/${name}`];
}

/**
 * Points by their names. However many elements watch however many points, the server sees few subscriptions, each of
 * up to 64 points, and only of what somebody watches now.
 */
export class Points {
  #entries = new Map<string, Entry>();
  #groups = new Map<string, Group>();
  #groupOf = new Map<string, Group>();
  #changed = new Set<Entry>();
  #frame = new NextFrame(() => this.#tell());
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextId = 0;
  #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** The newest value of a point that somebody watches. */
  get(name: string): PointValue | undefined {
    return this.#entries.get(name)?.value;
  }

  watch(names: readonly string[], listener: PointListener): PointWatch {
    let watched = new Set<string>();
    const set = (wanted: readonly string[]): void => {
      const next = new Set(wanted);
      for (const name of watched) if (!next.has(name)) this.#leave(name, listener);
      for (const name of next) if (!watched.has(name)) this.#join(name, listener);
      watched = next;
    };
    set(names);
    return { set, close: () => set([]) };
  }

  /** The link is there: everything is asked for anew, and each answer begins with a snapshot. */
  opened(): void {
    for (const group of this.#groups.values()) group.isSent = false;
    this.#regroup();
  }

  /** The link is lost: no value may look fresh. */
  lost(): void {
    for (const entry of this.#entries.values()) {
      entry.value.isFresh = false;
      this.#mark(entry);
    }
  }

  /** False when the message is for somebody else. */
  received(message: LiveMessage): boolean {
    if (typeof message.id !== 'string' || !this.#groups.has(message.id)) return false;
    for (const point of message.points ?? []) this.#take(point);
    for (const tag of message.tags ?? []) this.#takeTag(tag, this.#groups.get(message.id));
    return true;
  }

  #takeTag(tag: WireTag, group: Group | undefined): void {
    const v = tag.X === null || tag.Y === null ? null : { x: tag.X, y: tag.Y, z: tag.Z ?? 0 };
    for (const p of group?.names ?? []) {
      if (position.exec(p)?.[1] === tag.ID) this.#take({ p, v, q: tag.q, t: tag.TS });
    }
  }

  #take(point: WirePoint): void {
    const entry = this.#entries.get(point.p);
    if (!entry) return;
    const value = entry.value;
    value.value = point.v;
    value.quality = point.q;
    value.time = point.t;
    value.isFresh = true;
    if (point.u !== undefined) value.unit = point.u;
    this.#mark(entry);
  }

  #mark(entry: Entry): void {
    this.#changed.add(entry);
    this.#frame.ask();
  }

  #tell(): void {
    const lists = new Map<PointListener, PointValue[]>();
    for (const entry of this.#changed) {
      for (const listener of entry.listeners) {
        const list = lists.get(listener);
        if (list) list.push(entry.value);
        else lists.set(listener, [entry.value]);
      }
    }
    this.#changed.clear();
    for (const [listener, list] of lists) listener(list);
  }

  #join(name: string, listener: PointListener): void {
    let entry = this.#entries.get(name);
    if (!entry) {
      entry = {
        value: { name, value: null, quality: '', time: null, unit: '', isFresh: false },
        listeners: new Set(),
      };
      this.#entries.set(name, entry);
      this.#regroupSoon();
    } else if (entry.value.quality) {
      this.#mark(entry);
    }
    entry.listeners.add(listener);
  }

  #leave(name: string, listener: PointListener): void {
    const entry = this.#entries.get(name);
    if (entry?.listeners.delete(listener) && entry.listeners.size === 0) this.#regroupSoon();
  }

  #regroupSoon(): void {
    this.#timer ??= setTimeout(() => this.#regroup(), gatherFor);
  }

  #regroup(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const missing: string[] = [];
    for (const [name, { listeners }] of this.#entries) {
      if (this.#groupOf.has(name)) continue;
      if (listeners.size > 0) missing.push(name);
      else this.#entries.delete(name);
    }
    for (const group of [...this.#groups.values()]) this.#tidy(group, missing.length > 0);
    for (const name of missing) {
      const group = this.#roomyGroup();
      group.names.add(name);
      group.isSent = false;
      this.#groupOf.set(name, group);
    }
    for (const group of this.#groups.values()) this.#subscribe(group);
  }

  /** Takes out what nobody watches; where that is little it can wait, as a change costs a snapshot. */
  #tidy(group: Group, isRoomDue: boolean): void {
    const unused = [...group.names].filter((name) => this.#entries.get(name)?.listeners.size === 0);
    const isWorthIt = unused.length * 2 > group.names.size || (isRoomDue && unused.length > 0);
    if (!isWorthIt) return;
    for (const name of unused) {
      group.names.delete(name);
      this.#groupOf.delete(name);
      this.#entries.delete(name);
    }
    group.isSent = false;
    if (group.names.size > 0) return;
    this.#groups.delete(group.id);
    this.#send({ op: 'unsubscribe', id: group.id });
  }

  #roomyGroup(): Group {
    for (const group of this.#groups.values()) if (topicsOfAll(group).length + 2 <= mostTopics) return group;
    const group = { id: `p${++this.#nextId}`, names: new Set<string>(), isSent: false };
    this.#groups.set(group.id, group);
    return group;
  }

  #subscribe(group: Group): void {
    if (group.isSent) return;
    group.isSent = this.#send({ op: 'subscribe', id: group.id, topics: topicsOfAll(group), max_rate: rate });
  }
}

function topicsOfAll(group: Group): string[] {
  return [...group.names].flatMap(topicsOf);
}
