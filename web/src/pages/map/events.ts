// SPDX-License-Identifier: Apache-2.0
import { live, type TopicBatch } from '../../live';
import { Observable } from '../../observable';
import { rest } from '../../rest';

const mostKept = 200;

export interface TriggerEvent {
  seq: number;
  t: string;
  source: string;
  direction: string;
  tag_id: string;
  tag_name: string;
  trigger_id: number;
  trigger_name: string;
  zone_id: number;
  reason: string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

function eventOf(raw: Record<string, unknown>): TriggerEvent {
  return {
    seq: number(raw.seq),
    t: text(raw.t) || text(raw.timestamp),
    source: text(raw.source),
    direction: text(raw.direction),
    tag_id: text(raw.tag_id),
    tag_name: text(raw.tag_name),
    trigger_id: number(raw.trigger_id),
    trigger_name: text(raw.trigger_name),
    zone_id: number(raw.zone_id),
    reason: text(raw.reason),
  };
}

/** What triggers told lately, the newest first. */
export class TriggerLog extends Observable {
  list: readonly TriggerEvent[] = [];
  onEvent: (event: TriggerEvent) => void = () => {};
  #end: (() => void) | null = null;

  async start(signal: AbortSignal): Promise<void> {
    this.#end = live.watchTopic('events/trigger', (batch) => this.#take(batch));
    const before = await rest<Record<string, unknown>[]>('/api/v1/events', {
      query: { type: 'trigger', limit: mostKept },
      signal,
    });
    const known = new Set(this.list.map(({ seq }) => seq));
    const older = before.map(eventOf).filter(({ seq }) => !known.has(seq));
    this.list = [...this.list, ...older.reverse()].slice(0, mostKept);
    this.changed();
  }

  stop(): void {
    this.#end?.();
    this.#end = null;
    this.list = [];
  }

  #take(batch: TopicBatch): void {
    if (batch.events.length === 0) return;
    const came = batch.events.map(eventOf);
    for (const event of came) this.onEvent(event);
    this.list = [...came.reverse(), ...this.list].slice(0, mostKept);
    this.changed();
  }
}

/** Those of a past time that are stored, the oldest first; `isWhole` false: there were more. */
export async function pastTriggers(
  source: string,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<{ list: TriggerEvent[]; isWhole: boolean }> {
  const page = await rest<{ events: Record<string, unknown>[]; next: unknown }>('/api/v1/history/events', {
    query: { kind: 'trigger', source, from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit: 1000 },
    signal,
  });
  return { list: page.events.map(eventOf), isWhole: page.next === null };
}
