// SPDX-License-Identifier: Apache-2.0
// What becomes of a manifest that was applied, and that nothing of somebody else is written over unseen.
import { Answer, FakeTime, server, settled, shownBy } from './page.mjs';
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

const time = new FakeTime();
const { live } = await import('../src/live');
const { session } = await import('../src/session');
const { desk } = await import('../src/pages/configuration/desk');
const { ConfigManifest } = await import('../src/pages/configuration/manifest');
const { ConfigApply } = await import('../src/pages/configuration/applydialog');
const { outcome } = await import('../src/pages/configuration/outcome');

let isOnline = true;
let events = [];
let toldOfEvent = () => {};
Object.defineProperty(live, 'isOnline', { get: () => isOnline });
live.watchTopic = (topic, listener) => {
  assert.equal(topic, 'events/system');
  toldOfEvent = listener;
  return () => {};
};

/** The server: what stands in the file, and what runs. */
const plant = { text: '', version: 0, running: '' };
const hashOf = (text) => `hash of ${text}`;
server.answers['GET /api/v1/manifest'] = () => ({
  file: 'manifest.json',
  text: plant.text,
  hash: hashOf(plant.text),
  is_running: plant.text === plant.running,
  version: plant.version,
  documents: [],
  can_apply: true,
});
server.answers['PUT /api/v1/manifest'] = ({ body }) => {
  if (body.base_hash !== hashOf(plant.text)) return new Answer(409, { error: 'changed meanwhile' });
  plant.before = plant.text;
  plant.text = body.text;
  return new Answer(202, { version: ++plant.version });
};
server.answers['GET /api/v1/events'] = () => events;

let names = 0;
beforeEach(async () => {
  // Somebody else, so that the desk is empty.
  server.answers['GET /api/v1/session'] = { authenticated: true, kind: 'user', name: `anna${++names}`, permissions: ['*:*'] };
  await session.refresh();
  Object.assign(plant, { text: 'one', running: 'one', version: 1 });
  isOnline = true;
  events = [];
  await desk.load();
  desk.reset();
});

const text = () => shownBy(outcome());
async function says(message) {
  const event = { type: 'system', kind: 'manifest', text: message };
  events = [...events, event];
  toldOfEvent({ events: [event] });
  await settled();
}
async function applied(mine) {
  desk.edit(mine);
  await desk.apply('');
  assert.equal(desk.outcome.state, 'going');
}
async function runs() {
  plant.running = plant.text;
  await says(`version ${plant.version} of the manifest runs: 1 replaced (plc1)`);
}
/** Somebody else applies this. */
async function othersApply(theirs) {
  Object.assign(plant, { text: theirs, running: theirs, version: plant.version + 1 });
  await says(`version ${plant.version} of the manifest runs: 1 replaced (plc2)`);
}
const linkLost = async () => {
  isOnline = false;
  live.changed();
  isOnline = true;
  live.changed();
  await settled();
};

test('what was replaced is told, without a lost link', async () => {
  await applied('two');
  await runs();
  assert.match(text(), /Version 2 runs\. version 2 of the manifest runs: 1 replaced \(plc1\)/);
  assert.equal(desk.loaded.hash, hashOf('two'));
  assert.equal(desk.isChanged, false);
});

test('a lost link is looked after too', async () => {
  await applied('two');
  plant.running = 'two';
  await linkLost();
  assert.equal(desk.outcome.state, 'runs');
});

test('while it comes up it does not run yet', async () => {
  await applied('two');
  await linkLost();
  assert.equal(desk.outcome.state, 'going');
  plant.running = 'two';
  time.pass(2_000);
  await settled();
  assert.equal(desk.outcome.state, 'runs');
});

test('what was taken back stands in the editor as a change of what runs', async () => {
  await applied('two');
  Object.assign(plant, { text: 'one', running: 'one', version: 1 });
  await says('version 2 of the manifest did not come up: the port is taken; version 1 is back');
  assert.match(text(), /Version 2 was taken back, version 1 runs\. .*the port is taken/);
  assert.equal(desk.text, 'two');
  assert.equal(desk.loaded.text, 'one');
  assert.equal(desk.loaded.hash, hashOf('one'));
});

test('what runs can still be taken back in its first seconds', async () => {
  await applied('two');
  await runs();
  Object.assign(plant, { text: 'one', running: 'one', version: 1 });
  await says('version 2 of the manifest did not come up: plc1 failed; version 1 is back');
  assert.equal(desk.outcome.state, 'back');
});

test('what somebody else applies later is no step back, and is not written over unseen', async () => {
  await applied('two');
  await runs();
  desk.edit('two and mine');
  await othersApply('two and theirs');
  await linkLost();
  assert.doesNotMatch(text(), /taken back/);
  assert.match(text(), /Somebody has applied version 3 meanwhile/);
  assert.equal(desk.text, 'two and mine');
  await assert.rejects(desk.apply(''), /changed meanwhile/);
  assert.equal(desk.theirs.text, 'two and theirs', 'the conflict is shown');
  assert.equal(plant.text, 'two and theirs');
});

test('who has changed nothing since is shown what runs now', async () => {
  await applied('two');
  await runs();
  await othersApply('three');
  assert.equal(desk.text, 'three');
  assert.equal(desk.isChanged, false);
});

test('what somebody wrote into the file meanwhile is not written over unseen', async () => {
  await applied('two');
  desk.edit('two and mine');
  plant.running = 'two';
  plant.text = 'by hand';
  await says('version 2 of the manifest runs: nothing differs');
  assert.equal(desk.outcome.state, 'runs');
  await assert.rejects(desk.apply(''), /changed meanwhile/);
  assert.equal(desk.theirs.text, 'by hand');
});

test('a file that was changed by hand can be read again', async () => {
  plant.text = 'by hand';
  await desk.load();
  const page = new ConfigManifest();
  const shown = () => shownBy(page.render());
  assert.match(shown(), /does not run yet.*Read the file again/);
  server.answers['POST /api/v1/manifest/reload'] = ({ body }) => {
    assert.deepEqual(body, {});
    return new Answer(202, { version: ++plant.version });
  };
  await desk.readAgain();
  assert.doesNotMatch(shown(), /Read the file again/, 'not twice');
  await runs();
  assert.match(text(), /Version 2 runs\. .*1 replaced \(plc1\)/);
  assert.doesNotMatch(shown(), /Read the file again/);
});

test('a file with errors is not read again, and they stand beside its text', async () => {
  plant.text = 'by hand';
  await desk.load();
  const problems = [{ severity: 'error', file: 'manifest.json', line: 3, column: 1, path: 'plugins', message: 'is missing' }];
  server.answers['POST /api/v1/manifest/reload'] = new Answer(422, { error: 'the manifest has errors', problems });
  await assert.rejects(desk.readAgain(), /has errors/);
  assert.deepEqual(desk.problems, problems);
  assert.equal(desk.outcome, null);
  server.answers['POST /api/v1/manifest/reload'] = new Answer(503, { error: 'another change is being applied' });
  await assert.rejects(desk.readAgain(), /another change/);
});

test('the question says what is stopped, and what needs a restart', () => {
  const shown = shownBy(new ConfigApply().render());
  assert.match(shown, /Only what differs is stopped and started again/);
  assert.match(shown, /site or data_dir is refused: it needs a restart/);
});
