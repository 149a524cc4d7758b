// SPDX-License-Identifier: Apache-2.0
// A session is kept in the background, its end is seen and heard, and the first user can be made from the demo.
import { FakeTime, server, settled, shownBy } from './page.mjs';
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

const time = new FakeTime();
const played = [];
class Node {
  connect = (next) => next;
}
globalThis.AudioContext = class {
  state = 'running';
  currentTime = 0;
  destination = {};
};
globalThis.GainNode = class extends Node {
  gain = { setValueAtTime() {}, linearRampToValueAtTime() {} };
};
globalThis.OscillatorNode = class extends Node {
  constructor(_, { frequency }) {
    super();
    this.start = () => played.push(frequency);
    this.stop = () => {};
  }
};

const { TwApp } = await import('../src/elements/tw-app');
const { TwLogin } = await import('../src/elements/tw-login');
const { preferences } = await import('../src/preferences');
const { session } = await import('../src/session');
const { alarmSound } = await import('../src/sound');

const anna = { authenticated: true, kind: 'user', name: 'anna', permissions: ['*:*'] };
const anybody = { authenticated: false, kind: 'anonymous', name: 'anonymous', permissions: ['*:read'] };
const nobody = { authenticated: false };
const isAnswered = (who) => (server.answers['GET /api/v1/session'] = who);
const app = new TwApp();
const title = () => (app.willUpdate(), document.title);

preferences.set({ sound: true });
session.start();
alarmSound.start();

beforeEach(async () => {
  document.hidden = false;
  server.answers['GET /api/v1/setup'] = { needed: false };
  server.answers['POST /api/v1/logout'] = {};
  server.answers['POST /api/v1/login'] = anna;
  isAnswered(anna);
  await session.login('anna', 'secret');
  await alarmSound.turnOn();
  played.length = 0;
});

test('a page that nobody sees renews its session too', async () => {
  document.hidden = true;
  server.asked.length = 0;
  time.pass(30 * 60_000);
  await settled();
  assert.ok(server.asked.filter(({ path }) => path === '/api/v1/session').length >= 1);
  assert.equal(session.state, 'in');
});

test('the end of a session is heard until somebody comes, and stands in the title', async () => {
  assert.doesNotMatch(title(), /Signed out/);
  isAnswered(nobody);
  await session.refresh();
  assert.equal(session.state, 'out');
  assert.match(title(), /^Signed out/);
  assert.match(shownBy(new TwLogin().render()), /Your session has ended/);
  assert.equal(played.length, 3);
  time.pass(15_000);
  assert.equal(played.length, 6, 'again and again');
  globalThis.dispatchWindow(new Event('pointerdown'));
  time.pass(60_000);
  assert.equal(played.length, 6, 'who is there has heard it');
  await session.login('anna', 'secret');
  assert.doesNotMatch(title(), /Signed out/);
});

test('who signs out hears nothing', async () => {
  isAnswered(nobody);
  await session.logout();
  assert.equal(session.state, 'out');
  assert.deepEqual(played, []);
  assert.doesNotMatch(title(), /Signed out/);
  assert.doesNotMatch(shownBy(new TwLogin().render()), /Your session has ended/);
});

test('where anybody may look and there is no user, signing in is making the first', async () => {
  isAnswered(anybody);
  await session.logout();
  assert.equal(session.state, 'in');
  server.answers['GET /api/v1/setup'] = { needed: true };
  await session.askForLogin(true);
  const shown = () => app.render().values[0]?.strings?.join('') ?? '';
  assert.match(shown(), /tw-setup/);
  await session.askForLogin(false);
  assert.doesNotMatch(shown(), /tw-setup|tw-login/);
  server.answers['GET /api/v1/setup'] = { needed: false };
  await session.askForLogin(true);
  assert.match(shown(), /tw-login/);
  server.answers['POST /api/v1/setup'] = anna;
  await session.setUp('code', 'anna', 'secret');
  assert.equal(session.wantsLogin, false, 'who made the first user is in');
});
