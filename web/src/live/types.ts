// SPDX-License-Identifier: Apache-2.0
// What `live` carries (plugins/ws/README.md and the wire contract).

export interface Place {
  x: number;
  y: number;
  z: number;
  zone?: number;
}
export type PlainValue = number | boolean | string | Place | null;

/** A point's newest value. One object per point, changed in place. */
export interface PointValue {
  readonly name: string;
  value: PlainValue;
  /** `good`, `uncertain:<reason>`, `bad:<reason>`; '' before anything came. */
  quality: string;
  /** ISO 8601; null before the first value. */
  time: string | null;
  unit: string;
  /** False when the link was lost since: what stands here may be old, whatever its quality says. */
  isFresh: boolean;
}

export interface WirePoint {
  p: string;
  v: PlainValue;
  q: string;
  t: string | null;
  u?: string;
}

/** R1-11 */
export interface WireTag {
  ID: string;
  Type?: string;
  TS: string;
  X: number | null;
  Y: number | null;
  Z: number | null;
  Bat?: number;
  Acc?: number;
  zone_id?: number;
  q: string;
}

export type Severity = 'info' | 'minor' | 'major' | 'critical';
export type AlarmState = 'OK' | 'WARNING' | 'ALARM';

/** R3-4 and what stands beside it; a change of condition has `type` "alarm_condition" and only some of it. */
export interface WireAlarm {
  type?: 'alarm_condition';
  rule_id: number;
  rule_name: string;
  ts: string;
  since?: string;
  state: AlarmState;
  severity: Severity;
  condition: string;
  area?: string;
  message?: string;
  comparison?: string;
  value?: number | null;
  value_text?: string;
  level?: string;
  datapoint_id?: number;
  alarm_id?: number;
  warning_threshold?: number | null;
  alarm_threshold?: number | null;
  acknowledged?: boolean;
  acknowledged_by?: string;
  acknowledged_at?: string;
  comment?: string;
  shelved_until?: string;
  shelved_by?: string;
  suppressed_by?: string;
  out_of_service_by?: string;
  first_out?: boolean;
  chattering?: boolean;
  stored?: boolean;
  /** Of a change of condition. */
  previous_condition?: string;
  cause?: string;
  by?: string;
  until?: string;
}

export interface WireEvent {
  seq: number;
  type: string;
  t: string;
  source?: string;
  [key: string]: unknown;
}

/** What came for a topic since the last frame on the screen. */
export interface TopicBatch {
  /** A snapshot stands at the beginning: forget what was before. */
  isReset: boolean;
  /** Something was missed that nobody can tell any more. */
  hasGap: boolean;
  points: WirePoint[];
  tags: WireTag[];
  alarms: WireAlarm[];
  events: WireEvent[];
}

export interface CommandWish {
  point: string;
  /** Left out for a toggle. */
  value?: PlainValue;
  type?: 'write' | 'toggle' | 'pulse';
  durationMs?: number;
  comment?: string;
  selectionId?: string;
  correlationId?: string;
}

/** One step of a command (R5-5). */
export interface CommandStep {
  commandId: string;
  status: 'queued' | 'sent' | 'acked' | 'succeeded' | 'failed' | 'blocked' | 'expired' | 'unknown' | 'waiting';
  actualValue: PlainValue;
  error?: string;
  message?: string;
  interlockId?: number | null;
  completedAt?: string;
}

/** A message of the server, before it was looked at. */
export interface LiveMessage {
  op: string;
  id?: string | null;
  seq?: number;
  epoch?: string;
  gap?: boolean;
  message?: string;
  points?: WirePoint[];
  tags?: WireTag[];
  alarms?: WireAlarm[];
  events?: WireEvent[];
}

const finalStates = new Set(['succeeded', 'failed', 'blocked', 'expired', 'unknown']);

export function isFinal(status: string): boolean {
  return finalStates.has(status);
}

/** Over, and not as it was wished. */
export function hasFailed(status: string): boolean {
  return isFinal(status) && status !== 'succeeded';
}
