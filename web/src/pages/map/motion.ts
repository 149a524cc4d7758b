// SPDX-License-Identifier: Apache-2.0
import type { Point2 } from './geometry';

const mostFixes = 8;
const firstInterval = 500; // ms between fixes, until it is known
const smoothUpTo = 5_000; // ms between fixes; rarer ones are shown as they come
export const apart = 10_000; // ms without a fix: nobody knows the way between

export interface Fix extends Point2 {
  /** ms since 1970, at the source. */
  t: number;
}

/**
 * A tag's way between its fixes. What is shown runs after the fixes at the speed of the clock, never faster, and stands
 * still at the newest one: so it moves just as fast as the data says, about one interval late.
 */
export class Motion {
  #fixes: Fix[] = [];
  #head = 0;
  #interval = firstInterval;

  /** False: it is no newer than what is there. */
  add(fix: Fix): boolean {
    const last = this.#fixes[this.#fixes.length - 1];
    if (!last) {
      this.#fixes = [fix];
      this.#head = fix.t;
      return true;
    }
    const gap = fix.t - last.t;
    if (gap <= 0) return false;
    if (gap > apart) {
      this.#fixes = [fix];
      this.#head = fix.t;
      return true;
    }
    this.#interval += (gap - this.#interval) * 0.2;
    this.#fixes.push(fix);
    if (this.#fixes.length > mostFixes) this.#fixes.shift();
    this.#head = Math.max(this.#head, fix.t - this.#mostLate, this.#fixes[0]?.t ?? 0);
    return true;
  }

  /** What can't be caught up without hurrying is left out. */
  get #mostLate(): number {
    return this.#interval > smoothUpTo ? 0 : Math.max(600, 2.5 * this.#interval);
  }

  get interval(): number {
    return this.#interval;
  }
  get newest(): Fix | undefined {
    return this.#fixes[this.#fixes.length - 1];
  }

  /** Goes no further by itself: it is where the newest fix was. */
  end(): void {
    this.#head = this.newest?.t ?? 0;
  }

  /** True while it moves. */
  advance(ms: number): boolean {
    const last = this.newest;
    if (!last || this.#head >= last.t) return false;
    this.#head = Math.min(this.#head + ms, last.t);
    return true;
  }

  /** Where it is shown; written into `out`, as this is asked for thousands of times each frame. */
  place(out: Point2): void {
    const fixes = this.#fixes;
    let after = fixes.length - 1;
    while (after > 0 && (fixes[after - 1] as Fix).t > this.#head) after -= 1;
    const to = fixes[after] as Fix;
    const from = fixes[Math.max(0, after - 1)] as Fix;
    const part = to.t > from.t ? Math.min(1, Math.max(0, (this.#head - from.t) / (to.t - from.t))) : 1;
    out.x = from.x + (to.x - from.x) * part;
    out.y = from.y + (to.y - from.y) * part;
  }
}
