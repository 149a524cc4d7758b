// SPDX-License-Identifier: Apache-2.0
// What uPlot is told of our series: scales, axes, lines, bands, gaps.
import uPlot from 'uplot';
import { formatNumber, zone } from '../../format';
import { theme } from '../../theme';

/** One line. All series of a plot share the plot's `times`. */
export interface PlotSeries {
  label: string;
  unit: string;
  /** null is a hole. */
  values: (number | null)[];
  /** The band of a trend. */
  min?: (number | null)[];
  max?: (number | null)[];
  /** A step from value to value, as for booleans. */
  isStepped?: boolean;
  isHidden?: boolean;
  /** Which of the eight colours; absent: its place. */
  colour?: number;
}

/** A time without values that somebody should know of; s since 1970. */
export interface PlotGap {
  from: number;
  to: number;
}

const dashes: number[][] = [[], [], [], [], [8, 4], [8, 4], [2, 3], [2, 3]];
export const seriesToken = (index: number): string => `--series-${(index % 8) + 1}`;
export const seriesDash = (index: number): number[] => dashes[index % 8] ?? [];

export function plotScales(series: readonly PlotSeries[]): uPlot.Scales {
  return { x: { time: true }, ...Object.fromEntries(unitsOf(series).map((unit) => [`y ${unit}`, {}])) };
}

/** Those without a unit share a scale too. */
function unitsOf(series: readonly PlotSeries[]): string[] {
  return [...new Set(series.map(({ unit }) => unit))];
}

export function plotLines(series: readonly PlotSeries[]): uPlot.Series[] {
  const time: uPlot.Series = { value: (_, at) => (at === null ? '' : zone.dateTime(at * 1000)) };
  return [time, ...series.flatMap((each, index) => linesOf(each, each.colour ?? index))];
}

function linesOf(each: PlotSeries, colour: number): uPlot.Series[] {
  const scale = `y ${each.unit}`;
  const show = !each.isHidden;
  const line: uPlot.Series = {
    label: each.label,
    scale,
    show,
    stroke: theme.colour(seriesToken(colour)),
    width: 1.5,
    dash: seriesDash(colour),
    spanGaps: false,
    points: { show: false },
    paths: each.isStepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
    value: (_, value) => (value === null ? '–' : `${formatNumber(value)} ${each.unit}`),
  };
  if (!each.min || !each.max) return [line];
  const edge: uPlot.Series = { scale, show, stroke: 'transparent', width: 0, points: { show: false }, class: 'edge' };
  return [line, { ...edge, label: '' }, { ...edge, label: '' }];
}

export function plotBands(series: readonly PlotSeries[]): uPlot.Band[] {
  const bands: uPlot.Band[] = [];
  let place = 1;
  series.forEach((each, index) => {
    const hasBand = each.min && each.max;
    const colour = theme.colour(seriesToken(each.colour ?? index)).replace(/^rgb\(([^)]*)\)$/, 'rgba($1, 0.22)');
    if (hasBand) bands.push({ series: [place + 2, place + 1], fill: colour });
    place += hasBand ? 3 : 1;
  });
  return bands;
}

export function plotAxes(series: readonly PlotSeries[], font: string, isSmall: boolean, most: number): uPlot.Axis[] {
  const shown = series.filter(({ isHidden }) => !isHidden);
  const axes = unitsOf(shown)
    .slice(0, most)
    .map((unit, index) => valueAxis(shown, series, unit, index, font, isSmall));
  return [timeAxis(font), ...axes];
}

function timeAxis(font: string): uPlot.Axis {
  return {
    stroke: theme.colour('--muted'),
    grid: { stroke: theme.colour('--line'), width: 1 },
    ticks: { stroke: theme.colour('--line') },
    font,
    size: 34,
    // As wide as the longest label, and some air.
    space: (_plot, _axis, min, max, width) => ((max - min) / width < 0.3 ? 9.5 : 6.5) * parseFloat(font),
    values: (_, splits) => timeLabels(splits),
  };
}

function valueAxis(
  shown: readonly PlotSeries[],
  all: readonly PlotSeries[],
  unit: string,
  index: number,
  font: string,
  isSmall: boolean,
): uPlot.Axis {
  // An axis of one line only has its colour.
  const owners = shown.filter((each) => each.unit === unit);
  const owner = owners[0];
  const isOwned = owners.length === 1 && owner && all.length > 1;
  const stroke = theme.colour(isOwned ? seriesToken(owner.colour ?? all.indexOf(owner)) : '--muted');
  return {
    scale: `y ${unit}`,
    side: index % 2 === 0 ? 3 : 1,
    stroke,
    grid: { show: index === 0, stroke: theme.colour('--line'), width: 1 },
    ticks: { stroke: theme.colour('--line') },
    font,
    label: isSmall ? undefined : unit,
    labelFont: font,
    labelSize: 18,
    size: 58,
    values: (_, splits) => splits.map((each) => axisNumber(each, splits)),
  };
}

/** No more digits than tell two marks apart. */
function axisNumber(value: number, splits: readonly number[]): string {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0));
  if (Math.abs(value) >= 1e6 || (value !== 0 && step < 1e-4)) return formatNumber(value);
  const decimals = [0, 1, 2, 3, 4].find((each) => isWhole(step * 10 ** each)) ?? 4;
  return value.toFixed(decimals);
}

/** But for what is lost in binary. */
function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-6;
}

/** The day stands where it changes. */
function timeLabels(splits: number[]): string[] {
  let before = '';
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((at) => {
    const [day = '', time = ''] = zone.dateTime(at * 1000).split(' ');
    const clock = step < 1 ? time + (at % 1).toFixed(2).slice(1) : step < 60 ? time : time.slice(0, 5);
    const isNewDay = before !== '' && day !== before;
    before = day;
    return isNewDay || step >= 86400 ? day.slice(5) : clock;
  });
}

/** Hatches the times of which values are lost. */
export function drawGaps(plot: uPlot, gaps: readonly PlotGap[]): void {
  const { ctx, bbox } = plot;
  const { min, max } = plot.scales.x ?? {};
  if (min === undefined || max === undefined) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = theme.colour('--line-strong');
  ctx.lineWidth = devicePixelRatio;
  for (const gap of gaps) {
    if (gap.to < min || gap.from > max) continue;
    const left = plot.valToPos(Math.max(gap.from, min), 'x', true);
    const right = Math.max(left + 2, plot.valToPos(Math.min(gap.to, max), 'x', true));
    hatch(ctx, left, right, bbox.top, bbox.height);
  }
  ctx.restore();
}

function hatch(ctx: CanvasRenderingContext2D, left: number, right: number, top: number, height: number): void {
  const step = 8 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, height);
  ctx.clip();
  ctx.beginPath();
  for (let x = left - height; x < right; x += step) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}
