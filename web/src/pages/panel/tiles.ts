// SPDX-License-Identifier: Apache-2.0
import { rest, restAnswer } from '../../rest';

export const columns = 12;
export const mostTiles = 1000;
export const mostPoints = 100; // of one tile

export const tileTypes = ['value', 'gauge', 'switch', 'setpoint', 'list', 'button', 'scene', 'tags'] as const;
export type TileType = (typeof tileTypes)[number];

/** As /api/os/tiles has it, with the names that its numbers stand for. */
export interface Tile {
  id: number;
  name: string;
  type: string;
  endpointIds: number[];
  /** In the order of the numbers; '' for a point that is not there any more. */
  points: string[];
  x: number;
  y: number;
  area: string;
  width?: number;
  height?: number;
  min?: number;
  max?: number;
  value?: number;
  durationMs?: number;
  scene?: number;
  zone?: number;
}

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

const usual: Record<TileType, [number, number]> = {
  value: [2, 2],
  gauge: [3, 2],
  switch: [2, 2],
  setpoint: [3, 2],
  list: [3, 4],
  button: [2, 2],
  scene: [3, 2],
  tags: [3, 4],
};

export function typeOf(tile: Tile): TileType {
  return tileTypes.find((type) => type === tile.type) ?? 'value';
}

export function sizeOf(tile: Tile): { width: number; height: number } {
  const [width, height] = usual[typeOf(tile)];
  const within = (value: number | undefined, usually: number, most: number): number =>
    Math.min(most, Math.max(1, Math.round(value ?? usually)));
  return { width: within(tile.width, width, columns), height: within(tile.height, height, 100) };
}

/**
 * Where each tile stands: where it says, or where there is room next, for no two may cover each other. `first` stays where
 * it is, the others make way.
 */
export function arrange(tiles: readonly Tile[], first = 0): Map<number, Place> {
  const taken = new Set<number>();
  const places = new Map<number, Place>();
  const order = [...tiles].sort(
    (a, b) => Number(b.id === first) - Number(a.id === first) || a.y - b.y || a.x - b.x || a.id - b.id,
  );
  for (const tile of order) {
    const { width, height } = sizeOf(tile);
    const place = { width, height, x: 0, y: 0 };
    place.x = Math.min(columns - width, Math.max(0, Math.floor(tile.x)));
    place.y = Math.min(10_000, Math.max(0, Math.floor(tile.y)));
    if (!isFree(taken, place)) nextFree(taken, place);
    for (const cell of cellsOf(place)) taken.add(cell);
    places.set(tile.id, place);
  }
  return places;
}

function* cellsOf({ x, y, width, height }: Place): Generator<number> {
  for (let row = y; row < y + height; ++row) for (let column = x; column < x + width; ++column) yield row * columns + column;
}

function isFree(taken: ReadonlySet<number>, place: Place): boolean {
  for (const cell of cellsOf(place)) if (taken.has(cell)) return false;
  return true;
}

function nextFree(taken: ReadonlySet<number>, place: Place): void {
  for (; ; ++place.y) {
    for (place.x = 0; place.x + place.width <= columns; ++place.x) if (isFree(taken, place)) return;
  }
}

/** As they were read; `tag` tells whether somebody has changed them since. */
export interface Panel {
  tiles: readonly Tile[];
  tag: string;
}

export async function readPanel(signal?: AbortSignal): Promise<Panel> {
  const { data, headers } = await restAnswer<Tile[]>('/api/os/tiles', { query: { names: true }, signal });
  return { tiles: data, tag: headers.get('ETag') ?? '' };
}

/** Names are the server's to tell. */
function wireOf(tiles: readonly Tile[]): object[] {
  return tiles.map(({ points: _points, ...wire }) => wire);
}

/** A RestError with 412 when there are others than those of the tag. */
export async function saveTiles(tiles: readonly Tile[], tag: string): Promise<void> {
  await rest('/api/os/tiles', { method: 'PUT', body: wireOf(tiles), ifMatch: tag });
}
