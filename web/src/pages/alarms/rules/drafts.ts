// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from './rule';

const most = 5;

/** What was typed and not saved, so that a look at another page loses nothing. Until the browser's page is left. */
export class Drafts {
  #kept = new Map<string, JsonObject>();

  get(rule: string): JsonObject | null {
    return this.#kept.get(rule) ?? null;
  }

  keep(rule: string, draft: JsonObject): void {
    this.#kept.delete(rule);
    this.#kept.set(rule, draft);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > most) this.#kept.delete(oldest);
  }

  drop(rule: string): void {
    this.#kept.delete(rule);
  }
}
