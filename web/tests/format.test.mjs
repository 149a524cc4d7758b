// SPDX-License-Identifier: Apache-2.0
// Numbers and times as people read them.
import './page.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatExact, formatNumber, zone } from '../src/format';

test('an exact number is the shortest text that means the same', () => {
  const texts = {
    0.00014: '0.00014',
    0.00025: '0.00025',
    1.0049: '1.0049',
    1013.256: '1013.256',
    1234567.875: '1234567.875',
    42.5: '42.5',
    0: '0',
    '-12': '-12',
    1e-7: '1e-7',
    9007199254740991: '9007199254740991',
  };
  for (const [value, text] of Object.entries(texts)) assert.equal(formatExact(Number(value)), text);
  assert.equal(formatExact(Math.fround(0.00014)), '0.00014', 'what a float32 of a PLC gives back');
  assert.equal(formatExact(Math.fround(1013.256)), '1013.256');
  assert.equal(formatExact(Math.fround(16.2)), '16.2');
  assert.equal(formatExact(NaN), '–');
});

test('a whole number beyond what the browser knows exactly says so', () => {
  assert.match(formatExact(9007199254740992), /^≈.9007199254740992.\(not exact\)$/);
  assert.match(formatExact(9223372036854775807), /^≈.9223372036854775808.\(not exact\)$/);
  assert.match(formatExact(18446744073709551615), /^≈.18446744073709551616.\(not exact\)$/);
  assert.doesNotMatch(formatExact(9007199254740991), /≈/);
  assert.equal(formatExact(1e20), '100000000000000000000', 'only a double holds that');
  assert.equal(formatNumber(1e20), '1.000e+20');
});

test('whole numbers stand in full in lists too', () => {
  assert.equal(formatNumber(1234567890123456), '1234567890123456');
  assert.match(formatNumber(9007199254740992), /^≈/, 'one that is not exact never looks exact');
});

test('a row of the other half of the year has the offset of its own time', () => {
  zone.setSite('Europe/Berlin');
  const now = Date.parse('2026-07-15T12:00:00Z');
  assert.equal(zone.row('2026-07-01T12:00:00Z', now), '2026-07-01 14:00:00');
  assert.equal(zone.row('2026-01-15T12:00:00Z', now), '2026-01-15 13:00:00 GMT+1');
  assert.equal(zone.row(Date.parse('2026-01-15T12:00:00Z'), Date.parse('2026-02-01T12:00:00Z')), '2026-01-15 13:00:00');
});
