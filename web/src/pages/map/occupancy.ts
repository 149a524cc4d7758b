// SPDX-License-Identifier: Apache-2.0
import { live } from '../../live';
import { Observable } from '../../observable';
import { session } from '../../session';
import type { Site } from './places';
import type { ShownTag } from './tags';

export type Counts = Map<number, { count: number | null; isUncertain: boolean }>;

/** How many tags are in each zone and below, as the server counts them. */
export class Occupancy extends Observable {
  counts: Counts = new Map();
  #end = (): void => {};
  #past: { key: readonly ShownTag[]; second: number; counts: Counts } | null = null;

  watch(instance: string): void {
    this.stop();
    if (!session.maySome('points:read')) return;
    const endTopic = live.watchTopic(`points/${instance}/zone/*/occupancy`, (batch) => {
      const counts: Counts = batch.isReset ? new Map() : new Map(this.counts);
      for (const { p, v, q } of batch.points) {
        const zone = Number(p.split('/').at(-2));
        counts.set(zone, { count: typeof v === 'number' ? v : null, isUncertain: q !== 'good' });
      }
      this.counts = counts;
      this.changed();
    });
    const endLink = live.observe(() => this.#linkChanged());
    this.#end = () => (endTopic(), endLink());
  }

  /** Without a link nobody knows who has come or gone since. */
  #linkChanged(): void {
    if (live.isOnline) return;
    this.counts = new Map([...this.counts].map(([zone, { count }]) => [zone, { count, isUncertain: true }]));
    this.changed();
  }

  stop(): void {
    this.#end();
    this.#end = () => {};
    this.counts = new Map();
  }

  /** Counted here, of what is shown of the past. */
  ofPast(site: Site, tags: readonly ShownTag[]): Counts {
    const second = Math.floor(performance.now() / 1000);
    if (this.#past?.key === tags && this.#past.second === second) return this.#past.counts;
    const counts: Counts = new Map(site.zones.map(({ id }) => [id, { count: 0, isUncertain: false }]));
    for (const { zone, state } of tags) {
      if (state === 'lost') continue;
      for (let each = site.zone(zone); each; each = site.zone(each.parent)) {
        const entry = counts.get(each.id);
        if (entry) entry.count = (entry.count ?? 0) + 1;
      }
    }
    this.#past = { key: tags, second, counts };
    return counts;
  }
}
