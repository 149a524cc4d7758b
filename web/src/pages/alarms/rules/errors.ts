// SPDX-License-Identifier: Apache-2.0
// The server tells all that is wrong with a rule in one text: "alarm_threshold: missing…; when.all[0].point: no such…".

/** By the place in the rule; '' is for what belongs to no place. */
export type RuleErrors = ReadonlyMap<string, string>;

export const noErrors: RuleErrors = new Map();
const begins = /^([a-z_]+(?:\[\d+\]|\.[^.[\]:;\s]+)*): /;

export function readErrors(text: string): RuleErrors {
  const errors = new Map<string, string>();
  let place = '';
  for (const part of text.split('; ')) {
    const found = begins.exec(part);
    // A part that begins with no place goes on with the message before it, which had a semicolon of its own.
    if (found) place = found[1] ?? '';
    const message = found ? part.slice(found[0].length) : part;
    const before = errors.get(place);
    errors.set(place, before ? `${before}; ${message}` : message);
  }
  return errors;
}

/** What is wrong at a place, or below it where `below` says so. */
export function errorAt(errors: RuleErrors, place: string, below = false): string {
  const here = errors.get(place) ?? '';
  if (here || !below) return here;
  const found = [...errors].filter(([each]) => each.startsWith(`${place}.`) || each.startsWith(`${place}[`));
  return found.map(([each, message]) => `${each.slice(place.length)}: ${message}`).join('; ');
}
