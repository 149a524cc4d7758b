// SPDX-License-Identifier: Apache-2.0
// Sites, their zones and who is in them, as REST tells.
import { address, rest } from '../../rest';
import { boundsOf, type Bounds, type Point2 } from './geometry';

type Pair = [number, number];

interface WireZone {
  id: number;
  name: string;
  level: string;
  parent?: number;
  z?: Pair;
  polygon?: Pair[];
  holes?: Pair[][];
  circle?: { center: Pair; radius: number };
  plan?: { url: string; scale: number; origin: Pair; rotation: number };
}
interface WireSite {
  instance: string;
  length_unit: string;
  managers: string[];
  zones: WireZone[];
}

export interface Plan {
  url: string;
  /** Length units per pixel. */
  scale: number;
  origin: Point2;
  /** Degrees counter-clockwise about the lower left corner. */
  rotation: number;
}

export interface Zone {
  id: number;
  name: string;
  level: string;
  parent: number;
  depth: number;
  /** Endless where the zone has none of its own nor from above. */
  from: number;
  to: number;
  outline: Point2[];
  holes: Point2[][];
  circle: { centre: Point2; radius: number } | null;
  plan: Plan | null;
  bounds: Bounds;
}

/** One RTLS instance: one plane of coordinates. */
export class Site {
  readonly zones: Zone[] = [];
  readonly #byId = new Map<number, Zone>();

  constructor(
    readonly instance: string,
    readonly unit: string,
    readonly managers: readonly string[],
    wire: readonly WireZone[],
  ) {
    const known = new Set(wire.map(({ id }) => id));
    const tops = wire.filter(({ parent }) => parent === undefined || !known.has(parent));
    for (const top of tops) this.#add(top, wire, 0, -Infinity, Infinity);
  }

  zone(id: number): Zone | undefined {
    return this.#byId.get(id);
  }

  /** Parents before their children. The server lets no zone lie in itself. */
  #add(wire: WireZone, all: readonly WireZone[], depth: number, from: number, to: number): void {
    const zone = zoneOf(wire, depth, wire.z?.[0] ?? from, wire.z?.[1] ?? to);
    this.zones.push(zone);
    this.#byId.set(zone.id, zone);
    for (const child of all) if (child.parent === wire.id) this.#add(child, all, depth + 1, zone.from, zone.to);
  }
}

const point = ([x, y]: Pair): Point2 => ({ x, y });

function zoneOf(wire: WireZone, depth: number, from: number, to: number): Zone {
  const circle = wire.circle ? { centre: point(wire.circle.center), radius: wire.circle.radius } : null;
  const outline = (wire.polygon ?? []).map(point);
  const corners = circle
    ? [-1, 1].map((sign) => ({ x: circle.centre.x + sign * circle.radius, y: circle.centre.y + sign * circle.radius }))
    : outline;
  const { plan } = wire;
  return {
    id: wire.id,
    name: wire.name,
    level: wire.level,
    parent: wire.parent ?? 0,
    depth,
    from,
    to,
    outline,
    holes: (wire.holes ?? []).map((hole) => hole.map(point)),
    circle,
    plan: plan ? { url: plan.url, scale: plan.scale, origin: point(plan.origin), rotation: plan.rotation } : null,
    bounds: boundsOf(corners) ?? { left: 0, bottom: 0, right: 1, top: 1 },
  };
}

export async function readSites(signal: AbortSignal): Promise<Site[]> {
  const wire = await rest<WireSite[]>('/api/v1/rtls/zones', { signal });
  return wire.map((site) => new Site(site.instance, site.length_unit, site.managers, site.zones));
}

/** Heights overlap, so that both may be seen on one floor. */
export function overlaps(a: { from: number; to: number }, b: { from: number; to: number }): boolean {
  return a.from < b.to && b.from < a.to;
}

// ---- muster ----------------------------------------------------------------------------------------------------------
export interface MusterTag {
  tag_id: string;
  instance: string;
  name?: string;
  class?: string;
  zone_id?: number;
  zone_name?: string;
  x?: number;
  y?: number;
  z?: number;
  last_fix?: string;
  age_ms?: number;
}
export interface Muster {
  time: string;
  present: number;
  lost: number;
  unseen: number;
  zones: { instance: string; zone_id: number; zone_name: string; tags: MusterTag[] }[];
  lost_tags: MusterTag[];
  unseen_tags: MusterTag[];
}

const musterPath = '/api/v1/rtls/muster';
const musterQuery = (site: Site, zone: number) => ({ manager: site.managers[0], zone: zone || undefined });

export function readMuster(site: Site, zone: number, signal: AbortSignal): Promise<Muster> {
  return rest<Muster>(musterPath, { query: musterQuery(site, zone), signal });
}

/** For a link that saves it as a file. */
export function musterCsv(site: Site, zone: number): string {
  return address(musterPath, { ...musterQuery(site, zone), format: 'csv' });
}
