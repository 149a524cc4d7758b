// SPDX-License-Identifier: Apache-2.0
// Lists that change while something is under way.
import { server, settled } from './page.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { live } from '../src/live';
import { session } from '../src/session';
import { EventLog } from '../src/pages/log/eventlog';
import { Occupancy } from '../src/pages/map/occupancy';

const all = { kind: '', source: '', text: '', from: null, to: null };

test('a range that is chosen while the events of this run are loaded is shown', async () => {
  server.answers['GET /api/v1/session'] = { authenticated: true, kind: 'user', name: 'anna', permissions: ['*:*'] };
  server.answers['GET /api/v1/events'] = () => new Promise(() => {});
  server.answers['GET /api/v1/history/events'] = { events: [{ seq: 1, type: 'system', t: '2026-01-15T12:00:00.000Z' }] };
  await session.refresh();
  const log = new EventLog();
  log.show(all);
  await settled();
  assert.equal(log.isLoading, true);
  log.show({ ...all, to: '2026-02-01T00:00:00.000Z' });
  await settled();
  assert.equal(log.isLoading, false);
  assert.equal(log.rows.length, 1);
  log.close();
});

test('without a link the counts of zones are uncertain', () => {
  const occupancy = new Occupancy();
  const observers = [];
  live.observe = (observer) => (observers.push(observer), () => {});
  live.watchTopic = (_topic, listener) => {
    listener({ isReset: true, points: [{ p: 'site/zone/4/occupancy', v: 3, q: 'good' }] });
    return () => {};
  };
  occupancy.watch('site');
  assert.deepEqual(occupancy.counts.get(4), { count: 3, isUncertain: false });
  observers.forEach((tell) => tell());
  assert.deepEqual(occupancy.counts.get(4), { count: 3, isUncertain: true });
});
