// SPDX-License-Identifier: Apache-2.0
// Ages are told by the server's clock: a viewer's clock that is wrong must not make old values look fresh.
let offset = 0; // ms by which the server is ahead

/** From the Date of an answer, which knows whole seconds only. */
export function noteServerTime(date: string | null): void {
  const server = date ? Date.parse(date) : NaN;
  if (Number.isNaN(server)) return;
  const difference = server + 500 - Date.now();
  if (Math.abs(difference - offset) > 1500) offset = Math.abs(difference) > 1500 ? difference : 0;
}

/** ms since 1970, by the server's clock. */
export function now(): number {
  return Date.now() + offset;
}
