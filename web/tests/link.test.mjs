// SPDX-License-Identifier: Apache-2.0
// A healthy link is kept however rarely timers run; one that is dead is told at once, and no line is drawn over it.
import { FakeTime, server, settled, sockets } from './page.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const time = new FakeTime();
const pass = (ms) => time.pass(ms);

const { Connection } = await import('../src/live/connection');
const { live } = await import('../src/live');
const { session } = await import('../src/session');
const { Sparks } = await import('../src/sparks');
const { TrendModel } = await import('../src/pages/trends/model');
const { Cells } = await import('../src/pages/trends/cells');
const { lanesOf, textAt } = await import('../src/pages/trends/shapes');

server.answers['GET /api/v1/session'] = { authenticated: true, kind: 'user', name: 'anna', permissions: ['*:*'] };
await session.refresh();

function opened() {
  const connection = new Connection({ opened() {}, received() {}, lost() {} });
  connection.start();
  const socket = sockets.at(-1);
  socket.open();
  return { connection, socket };
}

test('a link on which nothing comes is asked, and ends when no answer comes', () => {
  const { connection, socket } = opened();
  pass(5_000);
  assert.deepEqual(socket.sent, [{ op: 'ping' }]);
  socket.say({ op: 'pong' });
  pass(9_000);
  assert.equal(socket.sent.length, 2);
  assert.equal(connection.state, 'online', 'the answer may take a while');
  pass(2_000);
  assert.equal(connection.state, 'waiting');
});

test('timers that run once a minute do not end a healthy link', () => {
  const { connection, socket } = opened();
  for (let minute = 0; minute < 5; ++minute) {
    // The interval is held back: it runs once, late.
    time.holdBack(59_000);
    pass(1_000);
    socket.say({ op: 'pong' });
    assert.equal(connection.state, 'online', `minute ${minute}`);
  }
});

test('after the machine has slept nothing looks fresh', () => {
  const { connection } = opened();
  pass(2_000);
  time.sleep(60_000);
  pass(1_000);
  assert.equal(connection.state, 'waiting', 'where the steady clock stood still');
});

test('where the steady clock went on while the machine slept it takes two seconds', () => {
  const { connection } = opened();
  pass(2_000);
  time.holdBack(60_000);
  pass(3_000);
  assert.equal(connection.state, 'waiting');
});

const point = (value, ms, isFresh = true) => ({ name: 'wave', value, quality: 'good', time: new Date(ms).toISOString(), unit: '', isFresh });

test('a small line has a hole where there was no link', () => {
  const sparks = new Sparks();
  const begin = Date.now();
  sparks.add(point(1, begin));
  pass(10_000);
  sparks.lost();
  sparks.lost();
  const { times, values } = sparks.get('wave');
  assert.ok(Number.isNaN(values.at(-1)), 'it does not go on to the edge');
  assert.deepEqual(values, [1, 1, NaN], 'it held up to here');
  pass(60_000);
  sparks.add(point(1, begin));
  assert.equal(values.at(-1), 1, 'the value that still holds is shown again');
  assert.equal(times.at(-1), Date.now(), 'from now on');
  pass(20_000);
  sparks.add(point(3, Date.now()));
  assert.equal(values.filter(Number.isNaN).length, 1);
  assert.deepEqual([...times].sort((a, b) => a - b), times);
});

const isOnline = (state) => Object.defineProperty(live, 'isOnline', { get: () => state, configurable: true });

/** A minute of cells of 1 s, a value at 5 s, no link from 10 s to 30 s. */
function withOutage({ isUnknown, hasHistory }) {
  const model = new TrendModel();
  model.start = Date.now();
  model.length = 60;
  model.hasHistory = hasHistory;
  const track = { name: 'wave', type: 'double', unit: '', cells: new Cells(60), steps: [{ time: model.start, value: 'on' }], isCut: false, isUnknown };
  model.tracks.set('wave', track);
  model.takeLive([point(1, model.start + 5_000)]);
  pass(10_000);
  isOnline(false);
  model.linkChanged();
  pass(20_000);
  isOnline(true);
  model.linkChanged();
  model.takeLive([point(1, model.start + 5_000)]); // the snapshot: it did not change
  pass(5_000);
  return { model, track };
}

test('a trend has a hole there too, and goes on after it', () => {
  for (const given of [{ isUnknown: false, hasHistory: false }, { isUnknown: true, hasHistory: true }]) {
    const { model, track } = withOutage(given);
    const { values } = model.rows(track);
    assert.deepEqual([values[8], values[15], values[25], values[32]], [1, null, null, 1], JSON.stringify(given));
    const text = { ...track, type: 'text', cells: null };
    assert.equal(textAt(text, model.start + 15_000, model.holesOf(text)), null);
    const [lane] = lanesOf([{ track: text, colour: 0, isHidden: false, rows: null }], model);
    assert.deepEqual(
      lane.parts.map(({ from, to }) => [from, to].map((at) => Math.round(at - model.start / 1000))),
      [[0, 10], [30, 35]],
    );
  }
});

test('what the history was asked for since is no hole', async () => {
  server.answers['GET /api/v1/points/wave'] = { name: 'wave', type: 'double', unit: '' };
  server.answers['GET /api/v1/history'] = { series: [{ point: 'wave', type: 'double', unit: '', buckets: [] }], unknown: [], gaps: [] };
  server.answers['GET /api/v1/events'] = [];
  const { model, track } = withOutage({ isUnknown: false, hasHistory: true });
  assert.equal(model.holesOf(track).length, 1, 'not before it was asked');
  await model.learn(['wave']);
  await model.load(['wave'], model.start, Date.now(), 1000);
  await settled();
  assert.equal(model.problem, '');
  assert.equal(model.holesOf(model.tracks.get('wave')).length, 0);
});
