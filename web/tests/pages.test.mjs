// SPDX-License-Identifier: Apache-2.0
// What pages put into their tables and send to the server.
import { Answer, FakeTime, server, settled, shownBy } from './page.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LitElement } from 'lit';
import { zone } from '../src/format';
import { session } from '../src/session';
import { statusWatch } from '../src/status';
import { AlarmHistory } from '../src/pages/alarms/history';
import { RuleVersions } from '../src/pages/alarms/rules/versions';
import { ConfigTokens, permissionsOf } from '../src/pages/configuration/tokens';
import { ConfigUsers } from '../src/pages/configuration/users';
import { ConfigVersions } from '../src/pages/configuration/versions';
import { LogAudit } from '../src/pages/log/audit';
import { LogCommands } from '../src/pages/log/commands';
import { LogEventRow } from '../src/pages/log/eventrow';
import { LogQuarantine } from '../src/pages/log/quarantine';
import { PageOverview } from '../src/pages/overview';
import { PagePanel } from '../src/pages/panel';
import { PanelScene } from '../src/pages/panel/scenetile';
import { live } from '../src/live';
import { texts } from '../src/texts';

const summer = new FakeTime(Date.parse('2026-07-15T12:00:00Z'));
const then = '2026-01-15T12:00:00.000Z';
const [markNow, markThen] = ['GMT+2', 'GMT+1'];
zone.setSite('Europe/Berlin');

// Nothing is drawn here.
LitElement.prototype.createRenderRoot = () => ({});
LitElement.prototype.performUpdate = () => {};

test('times of tables are marked with their own offset, and headings name the zone only', () => {
  const common = { records: [], events: [], tokens: [], users: [], versions: [] };
  const filled = (element, given) => Object.assign(element, common, given);
  const tables = {
    tokens: filled(new ConfigTokens(), { tokens: [{ name: 'a', permissions: ['points:read'], created: then, created_by: 'b', expires: then }] }),
    users: filled(new ConfigUsers(), { users: [{ name: 'a', role: 'viewer', created: then }] }),
    versions: filled(new ConfigVersions(), { versions: [{ version: 1, time: then, by: 'a', comment: '', hash: 'abc', is_current: true }] }),
    history: filled(new AlarmHistory(), { events: [{ type: 'alarm_state', ts: then, state: 'ALARM', severity: 'minor', rule_id: 1, rule_name: 'a' }] }),
    rules: filled(new RuleVersions(), { versions: [{ version: 1, changed_at: then, changed_by: 'a' }], rule: { version: 1 } }),
    audit: filled(new LogAudit(), { records: [{ number: 1, time: then, kind: 'a', action: 'b', actor: 'c' }] }),
    commands: filled(new LogCommands(), { commands: [{ command_id: '1', point: 'p', status: 'succeeded', created: then, actual_value: 1 }] }),
  };
  for (const [name, element] of Object.entries(tables)) {
    const shown = shownBy(element.render());
    assert.ok(shown.includes(`${zone.dateTime(then)} ${markThen}`), `${name}: ${shown}`);
    assert.ok(!shown.includes(markNow), `${name} says nothing of today's offset`);
  }
  const row = new LogEventRow();
  row.event = { seq: 1, type: 'system', t: then, text: 'a' };
  assert.ok(shownBy(row.render()).includes(`${zone.dateTime(then)} ${markThen}`));
});

test('a version that is looked at has the offset of its own time', () => {
  const element = new ConfigVersions();
  element.versions = [];
  element.open = { version: 1, time: then, by: 'anna', comment: '', hash: '', is_current: false, text: '' };
  assert.ok(shownBy(element.render()).includes(`${zone.dateTime(then)} ${markThen}, anna`));
});

test('a permission for a name with blanks and commas is one', () => {
  assert.deepEqual(permissionsOf(' points:Hall 1, east/#:read\r\n\r\nalarms:read \n'), ['points:Hall 1, east/#:read', 'alarms:read']);
});

test('who was overtaken while laying out the panel is told before anything is lost', async () => {
  server.answers['GET /api/v1/session'] = { authenticated: true, kind: 'user', name: 'anna', permissions: ['*:*'] };
  await session.refresh();
  const kept = { tiles: [{ id: 1, name: 'a', type: 'value', endpointIds: [], points: [], x: 0, y: 0, area: '' }], tag: '"1"' };
  server.answers['GET /api/os/tiles'] = () => new Answer(200, kept.tiles, { ETag: kept.tag });
  server.answers['PUT /api/os/tiles'] = ({ headers, body }) => {
    // Somebody else is faster by less than one round trip.
    if (kept.faster) Object.assign(kept, kept.faster, { faster: null });
    if (headers['If-Match'] !== kept.tag) return new Answer(412, { error: 'the tiles were changed meanwhile' });
    Object.assign(kept, { tiles: body, tag: `"${Number(JSON.parse(kept.tag)) + 1}"` });
    return body;
  };
  const page = new PagePanel();
  page.connectedCallback();
  await settled();
  const press = (label) => pressOn(page, label);
  const theirs = (tag) => ({ tiles: [{ id: 9, name: 'theirs', type: 'value', endpointIds: [], points: [], x: 0, y: 0, area: '' }], tag });
  await press('Edit');
  kept.faster = theirs('"20"');
  await press('Save');
  assert.equal(page.isOvertaken, true);
  assert.equal(kept.tiles[0].name, 'theirs', 'nothing was saved');
  kept.faster = theirs('"30"');
  await press('Save over it');
  assert.equal(page.isOvertaken, true, 'also who has decided, when it is another one again');
  assert.equal(kept.tag, '"30"');
  await press('Save over it');
  assert.equal(page.isOvertaken, false);
  assert.equal(kept.tiles[0].name, 'a');
  page.disconnectedCallback();
});

test('after a sleep the overview does not say that all is well', async () => {
  const element = new PageOverview();
  const status = { instances: [], rates: { samples_per_s: 1, events_per_s: 1, messages_out_per_s: 1 }, clients: { websocket: 1, http: 1 }, points: { total: 1, good: 1, uncertain: 0, bad: 0 }, history: [], site: '', version: '', uptime_s: 1 };
  Object.defineProperty(live, 'isOnline', { get: () => true });
  server.answers['GET /api/v1/status'] = status;
  const banner = () => shownBy(element.render());
  const shownFor = session.maySome;
  session.maySome = (right) => right !== 'alarms:read';
  await statusWatch.ask();
  assert.match(banner(), /All is well/);
  summer.sleep(60_000);
  assert.doesNotMatch(banner(), /All is well/);
  session.maySome = shownFor;
});

test('why a scene was not run or stopped stays until the next try, whatever is loaded meanwhile', async () => {
  const scene = { id: 3, name: 'a', steps: [], points: [], state: 'idle' };
  server.answers['GET /api/v1/scenes/3'] = () => scene;
  server.answers['POST /api/v1/scenes/3/run'] = new Answer(409, { error: 'an interlock stands against it' });
  const element = new PanelScene();
  Object.defineProperty(element, 'dialog', { value: null });
  element.scene = 3;
  element.connectedCallback();
  element.willUpdate(new Map([['scene', 0]]));
  await settled();
  const shown = () => shownBy(element.render());
  const renewed = async () => {
    const before = server.asked.length;
    summer.pass(3_000);
    await settled();
    assert.ok(server.asked.length > before);
  };
  await pressOn(element, texts.panel.scene.run); // asks
  await pressOn(element, texts.panel.scene.run, -1);
  await renewed();
  assert.ok(shown().includes('an interlock stands against it'), shown());
  Object.assign(scene, { state: 'running', command_id: '7' });
  await renewed();
  live.cancel = async () => Promise.reject(new Error('it has ended'));
  await pressOn(element, texts.panel.scene.stop);
  await renewed();
  assert.ok(shown().includes('it has ended') && !shown().includes('interlock'), shown());
  live.cancel = async () => {};
  await pressOn(element, texts.panel.scene.stop);
  assert.ok(!shown().includes('it has ended'));
  element.disconnectedCallback();
});

test('a version that could not be loaded is tried again itself, and is given up with the page', async () => {
  const version = { version: 4, time: then, by: 'a', comment: '', hash: 'abc', is_current: false, text: 'old' };
  server.answers['GET /api/v1/manifest/versions'] = { versions: [version] };
  server.answers['GET /api/v1/manifest'] = { is_running: true, text: 'new' };
  const element = new ConfigVersions();
  element.connectedCallback();
  await settled();
  await pressOn(element, texts.configuration.versions.look);
  assert.ok(templatesOf(element.render()).some(({ values }) => values.includes(texts.configuration.versions.lookFailed(4))));
  server.answers['GET /api/v1/manifest/versions/4'] = version;
  const retry = templatesOf(element.render()).find(({ strings }) => strings.some((text) => text.includes('@retry=')));
  retry.values.at(-1)();
  await settled();
  assert.equal(element.open?.text, 'old');
  element.open = null;
  await pressOn(element, texts.configuration.versions.look, 0, () => element.disconnectedCallback());
  assert.equal(element.open, null);
});

test('while records are requeued the quarantine is read for who asks, and a problem stays', async () => {
  const list = 'GET /api/v1/history/quarantine';
  const reads = () => server.asked.filter(({ method, path }) => `${method} ${path}` === list).length;
  let requeued = () => {};
  server.answers[list] = { total: 1, records: [{ id: 1, since: then, t: then, what: 'a', content: 'b', reason: 'c' }], next: null };
  server.answers['POST /api/v1/history/quarantine/requeue'] = () => new Promise((resolve) => (requeued = resolve));
  const element = new LogQuarantine();
  element.connectedCallback();
  await settled();
  await pressOn(element, texts.log.quarantine.requeue(0));
  const before = reads();
  server.answers[list] = new Answer(500, { error: 'the database is away' });
  const isProblemShown = () => templatesOf(element.render()).some(({ values }) => values.includes('the database is away'));
  await pressOn(element, texts.log.refresh);
  assert.equal(reads(), before + 1);
  assert.ok(isProblemShown());
  summer.pass(9_000);
  await settled();
  assert.equal(reads(), before + 1, 'not by the timer');
  assert.ok(isProblemShown());
  element.disconnectedCallback();
  requeued({ requeued: 1 });
  await settled();
  assert.equal(reads(), before + 1, 'the page was left');
});

/** What somebody does by a button with that text: the first one, or that of `index`. `meanwhile` happens before an answer. */
async function pressOn(element, label, index = 0, meanwhile = () => {}) {
  const buttons = buttonsOf(element.render());
  const found = buttons.filter(({ text }) => text.includes(label)).at(index);
  assert.ok(found, `${label}: ${buttons.map(({ text }) => text).join('; ')}`);
  found.click.call(element);
  meanwhile();
  await settled();
}

/** Every template in a template, itself too. */
function templatesOf(part) {
  if (Array.isArray(part)) return part.flatMap(templatesOf);
  if (typeof part !== 'object' || part === null || !('strings' in part)) return [];
  return [part, ...part.values.flatMap(templatesOf)];
}

/** Every button of a template with its text and what a click does. */
function buttonsOf(template) {
  return templatesOf(template).flatMap(({ strings, values }) =>
    strings.flatMap((text, index) => {
      if (!/@click=$/.test(text)) return [];
      const rest = { strings: strings.slice(index + 1), values: values.slice(index + 1) };
      return [{ click: values[index], text: shownBy(rest).split('</button>')[0] }];
    }),
  );
}
