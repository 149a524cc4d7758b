// SPDX-License-Identifier: Apache-2.0
// Numbers as people type them.
import { texts } from './texts';

export type NumberRead = { value: number } | { problem: string };

const written = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;
/** One thousand five hundred, or one and a half: it depends on who reads it. */
const ambiguous = /^[+-]?[1-9]\d{0,2},\d{3}$/;

/** A comma is taken for the decimal point where it can be nothing else: some keypads have no other. */
export function readNumber(text: string, isWhole = false): NumberRead {
  const trimmed = text.trim();
  if (ambiguous.test(trimmed)) return { problem: texts.numbers.ambiguous(trimmed) };
  const value = written.test(trimmed) ? Number(trimmed.replace(',', '.')) : NaN;
  if (!Number.isFinite(value)) return { problem: texts.numbers.due };
  // JSON's numbers are exact up to 2^53 here: another value than the typed one would be written.
  if (isWhole && !Number.isSafeInteger(value)) return { problem: Number.isInteger(value) ? texts.numbers.tooLarge : texts.numbers.wholeDue };
  return { value };
}
