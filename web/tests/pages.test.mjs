// SPDX-License-Identifier: Apache-2.0
// What pages put into their tables and send to the server.
import { Answer, FakeTime, server, settled, shownBy } from './page.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
import { PageOverview } from '../src/pages/overview';
import { PagePanel } from '../src/pages/panel';
import { live } from '../src/live';

const summer = new FakeTime(Date.parse('2026-07-15T12:00:00Z'));
const then = '2026-01-15T12:00:00.000Z';
const [markNow, markThen] = ['GMT+2', 'GMT+1'];
zone.setSite('Europe/Berlin');

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
  Object.getPrototypeOf(PagePanel.prototype).connectedCallback = () => {}; // nothing is drawn here
  const page = new PagePanel();
  page.connectedCallback();
  await settled();
  const press = async (label) => {
    const buttons = buttonsOf(page.render());
    const found = buttons.find(({ text }) => text.includes(label));
    assert.ok(found, `${label}: ${buttons.map(({ text }) => text).join('; ')}`);
    found.click.call(page);
    await settled();
  };
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

/** Every button of a template with its text and what a click does. */
function buttonsOf(template) {
  const found = [];
  const walk = (part) => {
    if (Array.isArray(part)) return part.forEach(walk);
    if (typeof part !== 'object' || part === null || !('strings' in part)) return;
    part.strings.forEach((text, index) => {
      if (/@click=$/.test(text)) found.push({ click: part.values[index], text: shownBy({ strings: part.strings.slice(index + 1), values: part.values.slice(index + 1) }).split('</button>')[0] });
    });
    part.values.forEach(walk);
  };
  walk(template);
  return found;
}
