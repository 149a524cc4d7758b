// SPDX-License-Identifier: Apache-2.0
// What a trend shows, as it stands in the address: whoever gets the link sees the same.
import { joinNames, splitNames } from '../../names';
import type { Query } from '../../router';

export const mostPoints = 12;
export const rangeWords = ['15m', '1h', '8h', '24h', '7d'] as const;
export type RangeWord = (typeof rangeWords)[number];

const minute = 60_000;
const spans: Record<RangeWord, number> = {
  '15m': 15 * minute,
  '1h': 60 * minute,
  '8h': 480 * minute,
  '24h': 1440 * minute,
  '7d': 7 * 1440 * minute,
};
export const shortest = 1000; // ms that can be seen at once
export const longest = 10 * 366 * 1440 * minute;

export interface Shown {
  points: string[];
  /** Points that are not drawn now. */
  hidden: string[];
  /** Follows what is new; null: from and to stand still. */
  range: RangeWord | null;
  /** ms since 1970, of a range that stands still. */
  from: number;
  to: number;
  /** IANA zone that the link's maker saw. */
  zone: string | null;
}

export const spanOf = (range: RangeWord): number => spans[range];

export function readAddress(query: URLSearchParams, now: number): Shown {
  const points = splitNames(query.get('points') ?? '').slice(0, mostPoints);
  const from = Date.parse(query.get('from') ?? '');
  const to = Date.parse(query.get('to') ?? '');
  const isFixed = to - from >= shortest && to - from <= longest;
  const word = rangeWords.find((each) => each === query.get('range')) ?? '1h';
  return {
    points,
    hidden: splitNames(query.get('hidden') ?? '').filter((name) => points.includes(name)),
    range: isFixed ? null : word,
    from: isFixed ? from : now - spans[word],
    to: isFixed ? to : now,
    zone: query.get('zone'),
  };
}

export function addressOf(shown: Shown): Query {
  const isFixed = shown.range === null;
  return {
    points: joinNames(shown.points),
    hidden: joinNames(shown.hidden),
    range: shown.range ?? undefined,
    from: isFixed ? new Date(shown.from).toISOString() : undefined,
    to: isFixed ? new Date(shown.to).toISOString() : undefined,
    zone: shown.zone ?? undefined,
  };
}
