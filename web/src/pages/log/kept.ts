// SPDX-License-Identifier: Apache-2.0
// Commands as REST keeps them, and how they are told.
import { formatDuration, formatExact, formatValue } from '../../format';
import { hasFailed, isFinal, type PlainValue } from '../../live';
import { texts } from '../../texts';

export interface Step {
  status: string;
  timestamp: string;
  actual_value: PlainValue;
  message?: string;
  error?: string;
}

export interface KeptCommand {
  command_id: string;
  point: string | null;
  status: string;
  message?: string;
  actual_value: PlainValue;
  created: string;
  completed?: string;
  scene?: number;
  type?: string;
  value?: PlainValue;
  duration_ms?: number;
  requested_by?: string;
  approved_by?: string;
  comment?: string;
  correlation_id?: string;
  waits_for?: string;
  interlock_id?: number | null;
  steps?: Step[];
}

export function stateText({ status, waits_for: waitsFor }: KeptCommand): string {
  return waitsFor ? texts.log.commands.waitingSecond : (texts.write.states[status] ?? status);
}

/** The sign beside the state, so that colour is not all that tells. */
export function stateSign({ status, waits_for: waitsFor }: KeptCommand): { sign: string; tone: string } {
  if (hasFailed(status)) return { sign: '✕', tone: 'bad' };
  if (waitsFor) return { sign: '?', tone: 'wait' };
  return isFinal(status) ? { sign: '✓', tone: '' } : { sign: '…', tone: '' };
}

export function whatText(command: KeptCommand): string {
  const text = texts.log.commands;
  if (command.scene !== undefined && !command.point) return text.scene(command.scene);
  const type = command.type ? (text.types[command.type] ?? command.type) : '';
  const value = command.value === undefined || command.value === null ? '' : formatValue(command.value, formatExact);
  const time = command.duration_ms === undefined ? '' : text.forPulse(formatDuration(command.duration_ms));
  return [type, value, time].filter(Boolean).join(' ');
}
