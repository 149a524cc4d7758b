// SPDX-License-Identifier: Apache-2.0
import { NextFrame } from './frames';
import type { LiveMessage, TopicBatch } from './types';

/** Called once per frame with all that came for the topic. */
export type TopicListener = (batch: TopicBatch) => void;

export interface TopicOptions {
  /** Points and tags at most so often: "10/s". */
  maxRate?: string;
}

interface Subscription {
  id: string;
  topic: string;
  maxRate: string | undefined;
  listeners: Set<TopicListener>;
  batch: TopicBatch | null;
  seq: number | null;
}

type Send = (message: object) => boolean;

const emptyBatch = (): TopicBatch => ({ isReset: false, hasGap: false, points: [], tags: [], alarms: [], events: [] });

/**
 * Topics with wildcards: `alarms/#`, `tags/*`, `events/command`, `points/plc1/#`. Whoever asks for the same shares one
 * subscription. After a break events go on where they ended; everything else begins with a snapshot.
 */
export class Topics {
  #byId = new Map<string, Subscription>();
  #byKey = new Map<string, Subscription>();
  #frame = new NextFrame(() => this.#tell());
  #nextId = 0;
  #epoch = '';
  #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Returns what ends it. */
  watch(topic: string, listener: TopicListener, options: TopicOptions = {}): () => void {
    const key = `${topic} ${options.maxRate ?? ''}`;
    let subscription = this.#byKey.get(key);
    if (!subscription) {
      const id = `t${++this.#nextId}`;
      subscription = { id, topic, maxRate: options.maxRate, listeners: new Set(), batch: null, seq: null };
      this.#byKey.set(key, subscription);
      this.#byId.set(id, subscription);
    }
    subscription.listeners.add(listener);
    // Also for who joins later: the snapshot is theirs too.
    if (subscription.listeners.size === 1 || !isOfEvents(topic)) this.#subscribe(subscription);
    return () => this.#leave(key, listener);
  }

  opened(): void {
    for (const subscription of this.#byId.values()) this.#subscribe(subscription);
  }

  /** False when the message is for somebody else. */
  received(message: LiveMessage): boolean {
    const subscription = typeof message.id === 'string' ? this.#byId.get(message.id) : undefined;
    if (!subscription) return false;
    if (message.epoch) this.#epoch = message.epoch;
    if (message.op === 'snapshot' || message.op === 'update') this.#gather(subscription, message);
    return true;
  }

  #gather(subscription: Subscription, message: LiveMessage): void {
    subscription.seq = message.seq ?? subscription.seq;
    const batch = (subscription.batch ??= emptyBatch());
    if (message.op === 'snapshot') {
      batch.isReset = true;
      batch.hasGap = batch.hasGap || message.gap === true;
      batch.points = [];
      batch.tags = [];
      batch.alarms = [];
    }
    append(batch.points, message.points);
    append(batch.tags, message.tags);
    append(batch.alarms, message.alarms);
    append(batch.events, message.events);
    this.#frame.ask();
  }

  #tell(): void {
    for (const subscription of [...this.#byId.values()]) {
      const batch = subscription.batch;
      subscription.batch = null;
      if (batch) for (const listener of [...subscription.listeners]) listener(batch);
    }
  }

  #subscribe({ id, topic, maxRate, seq }: Subscription): void {
    const resumes = isOfEvents(topic) && seq !== null && this.#epoch !== '';
    const resume = resumes ? { epoch: this.#epoch, after: seq } : {};
    this.#send({ op: 'subscribe', id, topics: [topic], ...(maxRate ? { max_rate: maxRate } : {}), ...resume });
  }

  #leave(key: string, listener: TopicListener): void {
    const subscription = this.#byKey.get(key);
    if (!subscription?.listeners.delete(listener) || subscription.listeners.size > 0) return;
    this.#byKey.delete(key);
    this.#byId.delete(subscription.id);
    this.#send({ op: 'unsubscribe', id: subscription.id });
  }
}

function isOfEvents(topic: string): boolean {
  return topic.startsWith('events/');
}

/** Not push(...more): a snapshot may have more entries than a call may have arguments. */
function append<T>(list: T[], more: T[] | undefined): void {
  if (more) for (const each of more) list.push(each);
}
