// SPDX-License-Identifier: Apache-2.0
// From tracks to what is drawn and told of them.
import type { PlotSeries } from '../../elements/tw-plot';
import type { Rows } from './cells';
import type { Lane, LanePart } from './lanes';
import type { Hole, Track, TrendModel } from './model';

/** A track as it is drawn: in the plot, or in a lane below it. */
export interface Drawn {
  track: Track;
  colour: number;
  isHidden: boolean;
  rows: Rows | null;
}

interface Figures {
  min: number;
  max: number;
  mean: number;
}

export const isLane = ({ type }: Track): boolean => type === 'bool' || type === 'text';

export function drawn(model: TrendModel, points: readonly string[], hidden: readonly string[]): Drawn[] {
  return points.flatMap((name, colour) => {
    const track = model.tracks.get(name);
    if (!track) return [];
    return [{ track, colour, isHidden: hidden.includes(name), rows: model.rows(track) }];
  });
}

export function seriesOf(all: readonly Drawn[]): PlotSeries[] {
  return all.flatMap(({ track, colour, isHidden, rows }) =>
    rows && !isLane(track) ? [{ label: track.name, unit: track.unit, colour, isHidden, ...rows }] : [],
  );
}

export function lanesOf(all: readonly Drawn[], model: TrendModel): Lane[] {
  return all
    .filter(({ track, isHidden }) => isLane(track) && !isHidden)
    .map(({ track, colour, rows }) => ({
      name: track.name,
      colour,
      parts: rows ? onParts(rows, model) : textParts(track, model.heldUntil, model.holesOf(track)),
    }));
}

/** Cells of the same state side by side are one part. */
function onParts({ min, max }: Rows, { start, interval, heldUntil }: TrendModel): LanePart[] {
  const parts: LanePart[] = [];
  let open: LanePart | null = null;
  for (let index = 0; index < min.length; ++index) {
    const [low, high] = [min[index], max[index]];
    const on = low == null || high == null ? null : low !== high ? 'both' : low !== 0;
    const from = (start + index * interval) / 1000;
    const to = Math.min(start + (index + 1) * interval, heldUntil) / 1000;
    if (on === null) {
      open = null;
    } else if (open && open.on === on) {
      open.to = to;
    } else {
      open = { from, to, on };
      parts.push(open);
    }
  }
  return parts;
}

function textParts({ steps }: Track, heldUntil: number, holes: readonly Hole[]): LanePart[] {
  return steps.flatMap(({ time, value }, index) => {
    const to = Math.min(steps[index + 1]?.time ?? heldUntil, heldUntil);
    if (value === null) return [];
    return without({ from: time, to }, holes).map((part) => ({ from: part.from / 1000, to: part.to / 1000, text: value }));
  });
}

/** What is left of it beside the holes. */
function without(part: Hole, holes: readonly Hole[]): Hole[] {
  const left = holes.reduce<Hole[]>(
    (parts, hole) =>
      parts.flatMap(({ from, to }) =>
        hole.to <= from || hole.from >= to ? [{ from, to }] : [{ from, to: hole.from }, { from: hole.to, to }],
      ),
    [part],
  );
  return left.filter(({ from, to }) => to > from);
}

/** What a text point was at a time; null: bad or not known. */
export function textAt({ steps }: Track, time: number, holes: readonly Hole[]): string | null {
  if (holes.some(({ from, to }) => from <= time && time < to)) return null;
  let found: string | null = null;
  for (const step of steps) {
    if (step.time > time) break;
    found = step.value;
  }
  return found;
}

/** Of what is seen. The mean is that of the cells: each counts for its time. */
export function figuresOf(rows: Rows, first: number, last: number): Figures | null {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let count = 0;
  for (let index = Math.max(0, first); index <= Math.min(last, rows.values.length - 1); ++index) {
    const value = rows.values[index];
    if (value == null) continue;
    min = Math.min(min, rows.min[index] ?? value);
    max = Math.max(max, rows.max[index] ?? value);
    sum += value;
    count += 1;
  }
  return count > 0 ? { min, max, mean: sum / count } : null;
}
