// SPDX-License-Identifier: Apache-2.0
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Lengths that people know, in ms. */
const lengths = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second, minute,
  2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day,
  2 * day, 7 * day,
];

/** The shortest of which no more than `most` cover the span. */
export function intervalFor(span: number, most: number): number {
  return lengths.find((length) => span / length <= most) ?? 7 * day;
}
