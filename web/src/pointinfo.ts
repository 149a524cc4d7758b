// SPDX-License-Identifier: Apache-2.0
// What REST tells of points.
import type { PlainValue } from './live';
import { inPath, rest, restAnswer } from './rest';

export interface PointInfo {
  name: string;
  number: number;
  type: 'double' | 'int' | 'bool' | 'text' | 'position' | string;
  value: PlainValue;
  quality: string;
  timestamp: string | null;
  unit: string;
  description: string;
  writable: boolean;
}

export interface PointGroup {
  name: string;
  points: number;
  worst: string;
}

export interface PointQuery {
  /** All of these words, in name, description or unit. */
  search?: string;
  prefix?: string;
  offset?: number;
  limit?: number;
  signal?: AbortSignal;
}

export async function findPoints({ search, prefix, offset, limit, signal }: PointQuery): Promise<{
  points: PointInfo[];
  total: number;
}> {
  const { data, headers } = await restAnswer<PointInfo[]>('/api/v1/points', {
    query: { search: search?.trim() || undefined, prefix: prefix || undefined, offset, limit },
    signal,
  });
  return { points: data, total: Number(headers.get('X-Total-Count') ?? data.length) };
}

export function onePoint(name: string, signal?: AbortSignal): Promise<PointInfo> {
  return rest<PointInfo>(`/api/v1/points/${inPath(name)}`, { signal });
}

/** The groups of one level; their points are found by their prefix. */
export async function groupsUnder(under: string, signal?: AbortSignal): Promise<PointGroup[]> {
  const level = await rest<{ groups: PointGroup[] }>('/api/v1/points/tree', {
    query: { under: under || undefined, limit: 1 },
    signal,
  });
  return level.groups;
}
