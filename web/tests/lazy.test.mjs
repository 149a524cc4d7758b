// SPDX-License-Identifier: Apache-2.0
// Parts of the pages that are loaded later.
import { FakeTime, settled } from './page.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lazily } from '../src/lazy';

const time = new FakeTime();

test('what can not be loaded is tried again until it is there', async () => {
  let tries = 0;
  let part;
  void lazily(async () => {
    tries += 1;
    if (tries < 3) throw new TypeError('Failed to fetch dynamically imported module');
    return 'the part';
  }).then((loaded) => (part = loaded));
  await settled();
  assert.deepEqual([tries, part], [1, undefined]);
  time.pass(4_999);
  await settled();
  assert.equal(tries, 1);
  time.pass(1);
  await settled();
  assert.equal(tries, 2);
  time.pass(5_000);
  await settled();
  assert.deepEqual([tries, part], [3, 'the part']);
});
