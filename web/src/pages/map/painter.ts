// SPDX-License-Identifier: Apache-2.0
// Draws on canvases. Grey for the place, the text colour for tags, colour only for what is not as it should be.
import { theme } from '../../theme';
import type { Point2, View } from './geometry';
import type { Plan, Zone } from './places';
import type { ShownTag, TagState } from './tags';

const fullTurn = 2 * Math.PI;
const labelsUpTo = 120; // tags on the screen; beyond that names would hide the tags

export interface ZoneLook {
  zone: Zone;
  /** How many tags are in it; null: not known. */
  count: number | null;
  isUncertain: boolean;
  /** 1: something has just happened there, fading to 0. */
  flash: number;
}

function tracePath(path: CanvasRenderingContext2D, view: View, corners: readonly Point2[]): void {
  corners.forEach(({ x, y }, index) => {
    if (index === 0) path.moveTo(view.screenX(x), view.screenY(y));
    else path.lineTo(view.screenX(x), view.screenY(y));
  });
  path.closePath();
}

function traceZone(path: CanvasRenderingContext2D, view: View, zone: Zone): void {
  path.beginPath();
  if (zone.circle) {
    const { centre, radius } = zone.circle;
    path.arc(view.screenX(centre.x), view.screenY(centre.y), radius * view.scale, 0, fullTurn);
    return;
  }
  tracePath(path, view, zone.outline);
  for (const hole of zone.holes) tracePath(path, view, hole);
}

/** Lines of a round distance, where there is no picture. Gives the distance. */
export function drawGrid(canvas: CanvasRenderingContext2D, view: View): number {
  const wanted = 60 / view.scale;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= wanted) ?? 10 * power;
  const least = view.place(0, view.height);
  const most = view.place(view.width, 0);
  canvas.beginPath();
  for (let x = Math.ceil(least.x / step) * step; x <= most.x; x += step) {
    canvas.moveTo(view.screenX(x), 0);
    canvas.lineTo(view.screenX(x), view.height);
  }
  for (let y = Math.ceil(least.y / step) * step; y <= most.y; y += step) {
    canvas.moveTo(0, view.screenY(y));
    canvas.lineTo(view.width, view.screenY(y));
  }
  canvas.strokeStyle = theme.colour('--line');
  canvas.globalAlpha = 0.45;
  canvas.lineWidth = 1;
  canvas.stroke();
  canvas.globalAlpha = 1;
  return step;
}

/** Muted, so that tags stand out; in the dark even more, for plans are white as a rule. */
export function drawPlan(canvas: CanvasRenderingContext2D, view: View, plan: Plan, image: HTMLImageElement): void {
  const wide = image.naturalWidth * plan.scale * view.scale;
  const high = image.naturalHeight * plan.scale * view.scale;
  canvas.save();
  canvas.translate(view.screenX(plan.origin.x), view.screenY(plan.origin.y));
  canvas.rotate((-plan.rotation * Math.PI) / 180);
  canvas.globalAlpha = theme.isDark ? 0.2 : 0.7;
  canvas.drawImage(image, 0, -high, wide, high);
  canvas.restore();
}

export function drawZones(canvas: CanvasRenderingContext2D, view: View, looks: readonly ZoneLook[]): void {
  for (const { zone, flash } of looks) {
    traceZone(canvas, view, zone);
    if (flash > 0) {
      canvas.fillStyle = theme.colour('--accent');
      canvas.globalAlpha = 0.22 * flash;
      canvas.fill('evenodd');
      canvas.globalAlpha = 1;
    }
    canvas.strokeStyle = theme.colour(flash > 0 ? '--accent' : '--line-strong');
    canvas.lineWidth = flash > 0 ? 3 : zone.depth === 0 ? 2 : 1.25;
    canvas.stroke();
  }
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Names with their counts; the deepest zones first, where there is room within the zone and on the screen. */
export function drawZoneNames(canvas: CanvasRenderingContext2D, view: View, looks: readonly ZoneLook[], size: number): void {
  const taken: Box[] = [];
  canvas.textBaseline = 'top';
  canvas.textAlign = 'left';
  for (const { zone, count, isUncertain } of [...looks].sort((a, b) => b.zone.depth - a.zone.depth)) {
    canvas.font = `600 ${size}px system-ui, sans-serif`;
    const countText = count === null ? '' : `${isUncertain ? '? ' : ''}${count}`;
    const width = canvas.measureText(zone.name).width + (countText ? canvas.measureText(countText).width + 14 : 0) + 10;
    const height = size + 8;
    // Of a zone that is half outside, the name stays on the screen.
    const left = Math.max(4, view.screenX(zone.bounds.left) + 4);
    const top = Math.max(4, view.screenY(zone.bounds.top) + 4);
    const middle = (view.screenX(zone.bounds.left) + view.screenX(zone.bounds.right)) / 2 - width / 2;
    const bottom = view.screenY(zone.bounds.bottom) - height - 4;
    if (bottom - top < -height || view.screenX(zone.bounds.right) - left < width * 0.6) continue;
    const spots = zone.circle ? [{ x: middle, y: top }] : [{ x: left, y: top }, { x: middle, y: top }, { x: left, y: bottom }];
    const spot = spots
      .map(({ x, y }) => ({ x, y, width, height }))
      .find((box) => !taken.some((other) => overlap(box, other)));
    if (!spot) continue;
    taken.push(spot);
    canvas.fillStyle = theme.colour('--surface');
    canvas.globalAlpha = 0.85;
    canvas.fillRect(spot.x, spot.y, width, height);
    canvas.globalAlpha = 1;
    canvas.fillStyle = theme.colour('--muted');
    canvas.fillText(zone.name, spot.x + 5, spot.y + 4);
    canvas.fillStyle = theme.colour(isUncertain ? '--uncertain' : '--text');
    if (countText) canvas.fillText(countText, spot.x + width - 5 - canvas.measureText(countText).width, spot.y + 4);
  }
}

export function drawTrails(canvas: CanvasRenderingContext2D, view: View, tags: readonly ShownTag[]): void {
  canvas.beginPath();
  for (const { trail, at } of tags) {
    if (trail.length < 4) continue;
    canvas.moveTo(view.screenX(trail[0] as number), view.screenY(trail[1] as number));
    // The newest fix is ahead of where the tag is shown.
    for (let i = 2; i < trail.length - 2; i += 2) {
      canvas.lineTo(view.screenX(trail[i] as number), view.screenY(trail[i + 1] as number));
    }
    canvas.lineTo(view.screenX(at.x), view.screenY(at.y));
  }
  canvas.strokeStyle = theme.colour('--series-1');
  canvas.globalAlpha = tags.length > 20 ? 0.35 : 0.7;
  canvas.lineWidth = 1.5;
  canvas.lineJoin = 'round';
  canvas.stroke();
  canvas.globalAlpha = 1;
}

export interface TagsLook {
  tags: readonly ShownTag[];
  /** Drawn with a ring and its name. */
  chosen: string;
  radius: number;
  size: number;
}

/** A mark of each state, drawn once: copying it a thousand times costs a fraction of a thousand arcs. */
const marks = new Map<string, HTMLCanvasElement>();
const mostMarks = 30;
const around = 3; // px beside the disc, for its edge

function markOf(state: TagState, r: number, ratio: number): HTMLCanvasElement {
  const key = [state, r, ratio, theme.isDark].join();
  let mark = marks.get(key);
  if (mark) return mark;
  if (marks.size >= mostMarks) marks.clear();
  mark = document.createElement('canvas');
  mark.width = mark.height = Math.ceil(2 * (r + around) * ratio);
  const canvas = mark.getContext('2d');
  if (canvas) {
    canvas.scale(ratio, ratio);
    canvas.translate(r + around, r + around);
    paintMark(canvas, state, r);
  }
  marks.set(key, mark);
  return mark;
}

function paintMark(canvas: CanvasRenderingContext2D, state: TagState, r: number): void {
  canvas.beginPath();
  canvas.arc(0, 0, r, 0, fullTurn);
  canvas.lineWidth = state === 'fresh' ? 1.5 : 2;
  if (state === 'fresh') {
    canvas.fillStyle = theme.colour('--text');
    canvas.strokeStyle = theme.colour('--surface');
    canvas.fill();
  } else {
    canvas.strokeStyle = theme.colour(state === 'lost' ? '--bad' : '--uncertain');
  }
  if (state === 'stale') canvas.setLineDash([3, 2.5]);
  if (state === 'lost') {
    canvas.moveTo(-r, -r);
    canvas.lineTo(r, r);
    canvas.moveTo(r, -r);
    canvas.lineTo(-r, r);
  }
  canvas.stroke();
}

function drawState(canvas: CanvasRenderingContext2D, view: View, tags: readonly ShownTag[], state: TagState, r: number): void {
  const mark = markOf(state, r, canvas.getTransform().a);
  const half = r + around;
  for (const { at, state: its } of tags) {
    if (its !== state) continue;
    const x = view.screenX(at.x);
    const y = view.screenY(at.y);
    if (x < -r || y < -r || x > view.width + r || y > view.height + r) continue;
    canvas.drawImage(mark, x - half, y - half, 2 * half, 2 * half);
  }
}

/** Fresh: a disc. Stale: a dashed ring. Lost: a crossed ring, where it was last. */
export function drawTags(canvas: CanvasRenderingContext2D, view: View, look: TagsLook): void {
  for (const state of ['lost', 'stale', 'fresh'] as const) drawState(canvas, view, look.tags, state, look.radius);
  const chosen = look.tags.find(({ id }) => id === look.chosen);
  if (chosen) {
    canvas.beginPath();
    canvas.arc(view.screenX(chosen.at.x), view.screenY(chosen.at.y), look.radius + 5, 0, fullTurn);
    canvas.strokeStyle = theme.colour('--accent');
    canvas.lineWidth = 3;
    canvas.stroke();
  }
  const onScreen = look.tags.filter(({ at }) => {
    const x = view.screenX(at.x);
    const y = view.screenY(at.y);
    return x > 0 && y > 0 && x < view.width && y < view.height;
  });
  const named = onScreen.length <= labelsUpTo ? onScreen : chosen ? [chosen] : [];
  drawNames(canvas, view, named, look);
}

function drawNames(canvas: CanvasRenderingContext2D, view: View, named: readonly ShownTag[], look: TagsLook): void {
  canvas.font = `${look.size}px system-ui, sans-serif`;
  canvas.textBaseline = 'middle';
  canvas.textAlign = 'left';
  canvas.lineWidth = 3;
  canvas.lineJoin = 'round';
  canvas.strokeStyle = theme.colour('--surface');
  for (const { name, id, at, state } of named) {
    const x = view.screenX(at.x) + look.radius + (id === look.chosen ? 12 : 5);
    const y = view.screenY(at.y);
    const text = name || id;
    canvas.strokeText(text, x, y);
    canvas.fillStyle = theme.colour(state === 'fresh' ? '--text' : state === 'lost' ? '--bad' : '--uncertain');
    canvas.fillText(text, x, y);
  }
}

/** Slanted bands along the edges: what is shown is past. */
export function drawPastFrame(canvas: CanvasRenderingContext2D, view: View): void {
  const band = 8;
  canvas.save();
  canvas.beginPath();
  canvas.rect(0, 0, view.width, view.height);
  canvas.rect(band, band, view.width - 2 * band, view.height - 2 * band);
  canvas.clip('evenodd');
  canvas.beginPath();
  for (let x = -view.height; x < view.width; x += 16) {
    canvas.moveTo(x, view.height);
    canvas.lineTo(x + view.height, 0);
  }
  canvas.strokeStyle = theme.colour('--accent');
  canvas.lineWidth = 6;
  canvas.stroke();
  canvas.restore();
}
