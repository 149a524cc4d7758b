// SPDX-License-Identifier: Apache-2.0
// What the server would do with a command, and what is in its way.
import type { CommandWish, PlainValue } from '../live';
import { rest } from '../rest';

export interface InterlockCondition {
  hidden?: boolean;
  text?: string;
  is_met?: boolean;
  found?: string | number | boolean | null;
}
export interface Interlock {
  id: number;
  name: string;
  mode?: string;
  is_tripped?: boolean;
  is_forced?: boolean;
  cause?: string;
  conditions?: InterlockCondition[];
}

export interface DryRun {
  would_be_sent: boolean;
  obstacle: { status: string; message: string; interlock_id?: number | null } | null;
  /** Numbers of those that block. */
  interlocks: number[];
  warnings: string[];
  value: PlainValue;
  confirm: 'none' | 'select' | 'second_person';
}

export function dryRun(wish: CommandWish, signal: AbortSignal): Promise<DryRun> {
  return rest<DryRun>('/api/v1/commands/dry-run', {
    method: 'POST',
    body: { point: wish.point, value: wish.value, type: wish.type, duration_ms: wish.durationMs },
    signal,
  });
}

/** The interlocks that block, with their conditions; those that the caller may not see are left out. */
export async function explain(result: DryRun, signal: AbortSignal): Promise<Interlock[]> {
  const ids = new Set(result.interlocks);
  if (result.obstacle?.interlock_id) ids.add(result.obstacle.interlock_id);
  return explainAll([...ids], signal);
}

export async function explainAll(ids: readonly number[], signal?: AbortSignal): Promise<Interlock[]> {
  const found = await Promise.all(
    ids.slice(0, 10).map((id) => rest<Interlock>(`/api/v1/interlocks/${id}`, { signal }).catch(() => null)),
  );
  return found.filter((each): each is Interlock => each !== null);
}
