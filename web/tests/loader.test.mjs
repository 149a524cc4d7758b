// SPDX-License-Identifier: Apache-2.0
// What elements ask of the server.
import { FakeTime, server, settled, shownBy } from './page.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Loader } from '../src/loader';
import { rest } from '../src/rest';

const time = new FakeTime();

function host() {
  return { updates: 0, addController: (loader) => loader.hostConnected(), requestUpdate() { this.updates += 1; } };
}

test('of two questions the last one counts, whichever is answered first', async () => {
  const answers = [];
  const taken = [];
  const loader = new Loader(host(), async (signal) => {
    const answer = await new Promise((resolve) => answers.push(resolve));
    if (signal.aborted) throw signal.reason;
    taken.push(answer);
  });
  void loader.load();
  void loader.load();
  answers[1]('second');
  await settled();
  assert.equal(loader.isLoading, false);
  answers[0]('first');
  await settled();
  assert.deepEqual(taken, ['second']);
  assert.equal(loader.problem, '', 'giving up is no problem');
});

test('a problem stays until it works again', async () => {
  const element = host();
  const loader = new Loader(element, (signal) => rest('/thing', { signal }));
  await loader.load();
  assert.equal(loader.problem, 'there is no such thing');
  assert.ok(shownBy(loader.failure('Not loaded')).includes('there is no such thing'));
  assert.ok(element.updates >= 2);
  server.answers['GET /thing'] = {};
  await loader.load();
  assert.equal(loader.failure('Not loaded'), '');
});

test('it is asked again while somebody looks, and no more once the page is left', async () => {
  let asked = 0;
  let mayPoll = true;
  const loader = new Loader(host(), async () => void (asked += 1), 3_000, () => mayPoll);
  time.pass(3_000);
  await settled();
  document.hidden = true;
  time.pass(3_000);
  document.hidden = false;
  time.pass(3_000);
  assert.equal(asked, 2);
  await settled();
  mayPoll = false;
  time.pass(9_000);
  assert.equal(asked, 2);
  await loader.load();
  assert.equal(asked, 3, 'who asks is not held back');
  mayPoll = true;
  loader.hostDisconnected();
  time.pass(9_000);
  await loader.load();
  assert.equal(asked, 3, 'not even by what was under way');
  loader.hostConnected();
  await loader.load();
  assert.equal(asked, 4);
  loader.hostDisconnected();
});
