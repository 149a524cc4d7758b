// SPDX-License-Identifier: Apache-2.0
/** As /api/v1/history tells it. */
export interface Bucket {
  t: string;
  min: number | null;
  max: number | null;
  avg: number | null;
  last: number | null;
  count: number;
  good: number;
}

/** What one cell shows: null is a hole. */
export interface Rows {
  values: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
}

/**
 * One point over a row of cells of the same length in time: stored buckets, and live values as they come. As many as were
 * asked for and no more, however long it goes on.
 */
export class Cells {
  readonly length: number;
  /** What held before the first cell; null: nothing that is known. */
  before: number | null = null;
  #count: Uint32Array;
  #good: Uint32Array;
  #min: Float64Array;
  #max: Float64Array;
  #sum: Float64Array;
  #last: Float64Array;
  /** 1: it ended with a bad value. */
  #endsBad: Uint8Array;

  constructor(length: number) {
    this.length = length;
    this.#count = new Uint32Array(length);
    this.#good = new Uint32Array(length);
    this.#min = new Float64Array(length);
    this.#max = new Float64Array(length);
    this.#sum = new Float64Array(length);
    this.#last = new Float64Array(length);
    this.#endsBad = new Uint8Array(length);
  }

  put(index: number, bucket: Bucket): void {
    if (index < 0 || index >= this.length) return;
    this.#count[index] = bucket.count;
    this.#good[index] = bucket.avg === null ? 0 : bucket.good;
    this.#min[index] = bucket.min ?? NaN;
    this.#max[index] = bucket.max ?? NaN;
    this.#sum[index] = (bucket.avg ?? NaN) * bucket.good;
    this.#last[index] = bucket.last ?? bucket.avg ?? NaN;
    this.#endsBad[index] = bucket.good === 0 || bucket.avg === null ? 1 : 0;
  }

  /** A live value; null: a bad one. Before the first cell it is what held there. */
  add(index: number, value: number | null): void {
    if (index < 0) {
      this.before = value;
      return;
    }
    if (index >= this.length) return;
    this.#count[index]! += 1;
    this.#endsBad[index] = value === null ? 1 : 0;
    if (value === null) return;
    const isFirst = this.#good[index] === 0;
    this.#good[index]! += 1;
    this.#min[index] = isFirst ? value : Math.min(this.#min[index]!, value);
    this.#max[index] = isFirst ? value : Math.max(this.#max[index]!, value);
    this.#sum[index] = isFirst ? value : this.#sum[index]! + value;
    this.#last[index] = value;
  }

  /** The newest cells of those that are asked for again: what came live meanwhile and is not stored yet. */
  takeNewer(other: Cells, shift: number): void {
    for (let index = 0; index < this.length; ++index) {
      const from = index + shift;
      if (from < 0 || from >= other.length || other.#count[from]! <= this.#count[index]!) continue;
      for (const [mine, theirs] of this.#pairs(other)) mine[index] = theirs[from]!;
    }
  }

  /** Forgets the oldest; as many new ones are at the end. */
  slide(cells: number): void {
    const gone = Math.min(cells, this.length);
    for (let index = 0; index < gone; ++index) this.before = this.#heldAfter(index, this.before);
    for (const row of this.#rows()) {
      row.copyWithin(0, gone);
      row.fill(0, this.length - gone);
    }
  }

  /** A value holds until the next; up to `end`, and not where `isLost`. */
  rows(end: number, isLost: (index: number) => boolean): Rows {
    const values: (number | null)[] = new Array(this.length).fill(null);
    const min = values.slice();
    const max = values.slice();
    let held = this.before;
    for (let index = 0; index < this.length; ++index) {
      const hasGood = this.#good[index]! > 0;
      if (isLost(index) && !hasGood) held = null;
      if (hasGood) {
        values[index] = this.#sum[index]! / this.#good[index]!;
        min[index] = this.#min[index]!;
        max[index] = this.#max[index]!;
      } else if (this.#count[index] === 0 && index < end) {
        values[index] = min[index] = max[index] = held;
      }
      held = this.#heldAfter(index, held);
    }
    return { values, min, max };
  }

  /** The index of the last cell with anything in it, before `end`; -1: none. */
  lastFilled(end: number): number {
    for (let index = Math.min(end, this.length) - 1; index >= 0; --index) if (this.#count[index]! > 0) return index;
    return -1;
  }

  #heldAfter(index: number, before: number | null): number | null {
    if (this.#count[index] === 0) return before;
    return this.#endsBad[index] === 1 || this.#good[index] === 0 ? null : this.#last[index]!;
  }

  #rows(): (Uint32Array | Float64Array | Uint8Array)[] {
    return [this.#count, this.#good, this.#min, this.#max, this.#sum, this.#last, this.#endsBad];
  }

  #pairs(other: Cells): [Uint32Array | Float64Array | Uint8Array, Uint32Array | Float64Array | Uint8Array][] {
    const theirs = other.#rows();
    return this.#rows().map((row, index) => [row, theirs[index]!]);
  }
}
