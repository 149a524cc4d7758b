// SPDX-License-Identifier: Apache-2.0
// Times in forms: <input type="datetime-local"> knows no zones, so what stands in it is of the zone that is shown.
import { zone } from './format';

/** "2026-03-01T14:05:09" */
export function toInput(at: number): string {
  return zone.dateTime(at).replace(' ', 'T');
}

/** The same of a time as the address has it; '' when it is none. */
export function isoToInput(time: string | null): string {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? '' : toInput(at);
}

/** ms since 1970, NaN when it is none. Of an hour that comes twice it is the first. */
export function fromInput(text: string): number {
  const wanted = Date.parse(`${text}Z`);
  if (Number.isNaN(wanted)) return NaN;
  const found = [-1, 0, 1]
    .map((days) => wanted - offsetAt(wanted + days * 86_400_000))
    .filter((at) => at + offsetAt(at) === wanted);
  // An hour that does not exist: as far behind the change as it says.
  return found.length > 0 ? Math.min(...found) : wanted - offsetAt(wanted - 86_400_000);
}

/** ms by which the zone is ahead of UTC then. */
function offsetAt(at: number): number {
  const whole = Math.floor(at / 1000) * 1000;
  return Date.parse(`${zone.dateTime(whole).replace(' ', 'T')}Z`) - whole;
}
