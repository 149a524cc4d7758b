// SPDX-License-Identifier: Apache-2.0
// Log and connections: events live and past, the audit trail, commands and a second person, clients, the quarantine.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { closeBrowser, done, look, noConsoleErrors, openAs } from './browser.mjs';
import { Plant, users } from './runtime.mjs';

let plant;
before(async () => (plant = await Plant.start()));
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

/** As whoever is logged in on this page; gives the answer's body. */
function write(page, point, value, comment = '') {
  return page.evaluate(
    async ([name, wanted, why]) => {
      const { csrf } = await (await fetch('/api/v1/session')).json();
      const answer = await fetch('/api/v1/commands', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
        body: JSON.stringify({ point: name, value: wanted, comment: why || undefined }),
      });
      return answer.json();
    },
    [point, value, comment],
  );
}

async function until(holds, what) {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) assert.fail(`it did not come true in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const hot = /Boiler hot: .* → ALARM/;
const event = (page, text) => page.locator('log-event-row', { hasText: text });

test('every part looks right in every size and colour', async () => {
  const page = await openAs(plant, users.operator);
  assert.equal((await write(page, 'plc1/boiler/temp', 22, 'to look at')).status, 'succeeded');
  await page.context().close();
  const parts = {
    events: (p) => event(p, 'uwb').or(event(p, 'plc1')).or(event(p, 'System')).first().waitFor(),
    audit: (p) => p.getByRole('row', { name: /command write/ }).first().waitFor(),
    commands: (p) => p.getByRole('row', { name: /boiler\/temp/ }).first().waitFor(),
    connections: (p) => p.getByRole('row', { name: /live/ }).first().waitFor(),
    quarantine: (p) => p.getByRole('heading', { name: 'Nothing is in quarantine' }).waitFor(),
  };
  for (const [part, ready] of Object.entries(parts)) await look(plant, users.admin, `log-${part}`, `#/log?tab=${part}`, ready);
});

test('events come as they happen, can be filtered, and are found again after a restart', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/log?tab=events' });
  await event(page, 'System').first().waitFor();
  assert.equal((await write(page, 'plc1/boiler/temp', 95)).status, 'succeeded');
  await event(page, hot).first().waitFor();
  await page.getByLabel('Kind').selectOption('system');
  await until(async () => (await event(page, hot).count()) === 0, 'alarms are filtered out');
  assert.match(page.url(), /kind=system/);
  await page.getByLabel('Kind').selectOption('');
  await page.getByLabel('Text').fill('boiler hot');
  await page.getByRole('button', { name: 'Show' }).click();
  await event(page, hot).first().waitFor();
  assert.equal(await event(page, 'plc1 is running').count(), 0);
  await event(page, hot).first().click();
  await page.locator('tw-dialog').getByText('plc1/boiler/temp').first().waitFor();
  await page.getByRole('button', { name: 'Close' }).click();

  // While paused new ones wait.
  const rows = await event(page, /./).count();
  await page.getByRole('button', { name: 'Pause' }).click();
  assert.equal((await write(page, 'plc1/boiler/temp', 20)).status, 'succeeded');
  await page.getByRole('button', { name: /new: show/ }).waitFor();
  assert.equal(await event(page, /./).count(), rows);
  await page.getByRole('button', { name: /new: show/ }).click();
  await event(page, /Boiler hot: .* → OK/).first().waitFor();
  await done(page);

  await new Promise((resolve) => setTimeout(resolve, 1_500)); // stored twice a second
  await plant.killRuntime();
  await plant.startRuntime();
  const later = await openAs(plant, users.operator, { hash: '#/log?tab=events&text=boiler+hot' });
  await event(later, hot).first().waitFor();
  // A range in the past is that range only.
  const to = new Date(Date.now() - 86_400_000).toISOString();
  await later.goto(`${plant.url}#/log?tab=events&to=${to}`);
  await later.getByText('Past events: no new ones are added').waitFor();
  await later.getByRole('heading', { name: 'No event fits' }).waitFor();
  await later.context().close();
});

test('the audit trail is filtered, paged and taken along as CSV', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/log?tab=audit' });
  for (let i = 0; i < 60; ++i) await write(page, 'plc1/boiler/temp', 20 + (i % 5), i === 0 ? 'the first of many' : '');
  await page.getByRole('button', { name: 'Refresh' }).click();
  await until(async () => (await page.locator('log-audit tbody tr').count()) === 100, 'a page of 100');
  const newest = await page.locator('log-audit tbody tr').first().innerText();
  await page.getByRole('button', { name: 'Older' }).click();
  await page.getByRole('cell', { name: 'the first of many' }).waitFor();
  await page.getByRole('button', { name: 'Newer' }).click();
  await until(async () => (await page.locator('log-audit tbody tr').first().innerText()) === newest, 'back on the first page');

  await page.getByLabel('Kind').selectOption('login');
  await page.getByLabel('Who').fill('user:oskar');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('cell', { name: 'login succeeded' }).first().waitFor();
  await until(async () => (await page.getByRole('cell', { name: /^command/ }).count()) === 0, 'logins only');
  assert.equal(await page.getByRole('cell', { name: 'user:anna' }).count(), 0);
  await page.getByRole('button', { name: /^Details: .* login succeeded/ }).first().click();
  await page.locator('tw-dialog').getByText(/^[0-9a-f]{64}$/).waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
  const csv = (await readFile(await download.path())).toString();
  assert.match(csv, /^number,time,kind,action,actor/);
  assert.match(csv, /,login,succeeded,user:oskar,/);
  assert.doesNotMatch(csv, /user:anna/);
  noConsoleErrors(page);
  await page.context().close();
});

test('a second person approves in the list of commands; who asked, and a viewer, may not', async () => {
  const asker = await openAs(plant, users.operator, { hash: '#/log?tab=commands' });
  assert.equal((await write(asker, 'plc1/burner/on', true, 'cold start')).waits_for, 'second_person');
  const open = async (page) => {
    await page.getByRole('row', { name: /burner\/on.*Waits for a second person/ }).waitFor();
    await page.getByRole('button', { name: /^Details: .*burner\/on/ }).first().click();
    await page.locator('tw-dialog').getByText('cold start').waitFor();
    return page.locator('tw-dialog');
  };
  const own = await open(asker);
  assert.equal(await own.getByRole('button', { name: 'Approve' }).count(), 0);
  assert.equal(await own.getByRole('button', { name: 'Cancel it' }).count(), 1);
  const viewer = await openAs(plant, users.viewer, { hash: '#/log?tab=commands&status=waiting' });
  const seen = await open(viewer);
  assert.equal(await seen.getByRole('button', { name: /Approve|Cancel it/ }).count(), 0);
  const second = await openAs(plant, users.second, { hash: '#/log?tab=commands' });
  const dialog = await open(second);
  await dialog.getByLabel('Comment (optional)').fill('looked at it');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await dialog.getByText('user:sonja').first().waitFor();
  await dialog.getByRole('row', { name: /Done.*On/ }).waitFor();
  // Who asked sees it without asking again.
  await own.getByRole('row', { name: /Done.*On/ }).waitFor();

  assert.equal((await write(asker, 'plc1/burner/on', false, 'cold start')).waits_for, 'second_person');
  await own.getByRole('button', { name: 'Close' }).click();
  const again = await open(asker);
  await again.getByRole('button', { name: 'Cancel it' }).click();
  await again.getByRole('row', { name: /Failed.*cancelled/ }).waitFor();
  for (const page of [asker, viewer, second]) {
    noConsoleErrors(page);
    await page.context().close();
  }
});

test('clients are listed as they come and go', async () => {
  const page = await openAs(plant, users.admin, { hash: '#/log?tab=connections' });
  await page.getByRole('row', { name: /live \/ws\/live (user:)?anna .*Chrome/ }).waitFor();
  const other = await openAs(plant, users.viewer);
  await page.getByRole('row', { name: /(user:)?vera/ }).waitFor();
  await other.context().close();
  await until(async () => (await page.getByRole('row', { name: /(user:)?vera/ }).count()) === 0, 'who left is gone');
  noConsoleErrors(page);
  await page.context().close();
});

test('what the database refuses is tried again or given up by who may', async () => {
  const database = join(plant.folder, 'var/history.db');
  const sql = (text) => promisify(execFile)('sqlite3', ['-cmd', '.timeout 10000', database, text]);
  const page = await openAs(plant, users.admin, { hash: '#/log?tab=quarantine' });
  await page.getByRole('heading', { name: 'Nothing is in quarantine' }).waitFor();
  await sql("CREATE TRIGGER no_13 BEFORE INSERT ON recent_samples WHEN new.value = 13 BEGIN SELECT raise(ABORT, 'no thirteen'); END");
  for (const value of [13, 14, 13, 15]) {
    assert.equal((await write(page, 'plc1/boiler/temp', value)).status, 'succeeded');
    await new Promise((resolve) => setTimeout(resolve, 400)); // polled every 100 ms
  }
  const rows = page.locator('log-quarantine tbody tr');
  await until(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click();
    return (await rows.count()) === 2;
  }, 'two records in quarantine');
  assert.match(await rows.first().innerText(), /plc1\/boiler\/temp[\s\S]*no thirteen/);
  const viewer = await openAs(plant, users.viewer, { hash: '#/log?tab=quarantine' });
  await viewer.locator('log-quarantine tbody tr').first().waitFor();
  assert.equal(await viewer.getByRole('button', { name: /again|up…/ }).count(), 0);
  await viewer.context().close();

  await sql('DROP TRIGGER no_13');
  await rows.first().getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Try 1 again' }).click();
  await page.getByText('1 record is tried again').waitFor();
  await until(async () => (await rows.count()) === 1, 'one is left');
  const stored = async () => (await sql("SELECT count(*) FROM recent_samples WHERE value = 13")).stdout.trim();
  await until(async () => (await stored()) === '1', 'it is stored now');
  await page.getByRole('button', { name: 'Give all up…' }).click();
  await page.getByText('Nothing can bring them back').waitFor();
  await page.getByRole('button', { name: 'Give them up' }).click();
  await page.getByRole('heading', { name: 'Nothing is in quarantine' }).waitFor();
  noConsoleErrors(page);
  await page.context().close();
});
