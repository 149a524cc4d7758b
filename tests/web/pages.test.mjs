// SPDX-License-Identifier: Apache-2.0
// Every page before the real program, once and quickly: what each shows and what has to hold everywhere. What a page does
// in detail has a test of its own, which takes longer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  axe,
  closeBrowser,
  lookAtDesk,
  lookAtPhone,
  noConsoleErrors,
  noForeignRequests,
  openAs,
  openBrowser,
  openLike,
  openPage,
  screenshot,
} from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant, evil, users } from './runtime.mjs';
import { alarmRow, furnish, tile, valueOf, views } from './views.mjs';

const hot = 'plc1/boiler/temp';
let plant;
let operator;
let admin; // a page, and the same on a phone
let phone;

before(async () => {
  [plant] = await Promise.all([Plant.start({ change: furnish }), openBrowser()]);
  operator = await Operator.at(plant, users.operator);
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

async function go(page, hash) {
  await page.goto(plant.url + hash);
}

async function done(...pages) {
  for (const page of pages) {
    noConsoleErrors(page);
    noForeignRequests(page);
    await page.context().close();
  }
}

test('the first run: the code of the log makes the first administrator, a wrong one does not', async () => {
  const first = { name: 'frida', role: 'admin', password: 'the first one in the plant' };
  const empty = await Plant.start({ withUsers: false });
  const page = await openPage(empty);
  const fill = async (code) => {
    await page.getByLabel('One-time code from the log').fill(code);
    await page.getByLabel('User name').fill(first.name);
    await page.getByLabel('Password', { exact: true }).fill(first.password);
    await page.getByLabel('Password again').fill(first.password);
    await page.getByRole('button', { name: 'Make the first administrator' }).click();
  };
  try {
    await empty.runtime.saysInTime(/one-time code: (\S+)/);
    const [, code] = empty.runtime.output.match(/one-time code: (\S+)/);
    await page.getByRole('heading', { name: 'Set up Tagwire' }).waitFor();
    await axe(page);
    await screenshot(page, 'setup');
    page.mayFail = true; // the browser reports the 403
    await fill(code.replace(/[^-]/g, (letter) => (letter === 'A' ? 'B' : 'A')));
    await page.getByText(/the code is wrong/).waitFor();
    page.mayFail = false;
    await fill(code);
    await page.locator('tw-link .chip', { hasText: 'Live' }).waitFor({ state: 'attached' });
    const made = await (await Operator.at(empty, first)).ask('GET', 'api/v1/users');
    assert.deepEqual(made.map(({ name, role }) => [name, role]), [[first.name, 'admin']]);
    await done(page);
  } finally {
    await empty.stop();
  }
});

test('a new alarm is told on every page, and acknowledged and shelved in the list', async () => {
  admin = await openAs(plant, users.admin, { hash: '#/overview' });
  // What stood before the page knew of alarms is no news: it has to know of the one that stands.
  await admin.locator('tw-alarm-badge').getByText(/\d/).first().waitFor();
  await operator.write(hot, 85);
  await admin.getByRole('link', { name: 'Critical alarm: Boiler hot' }).first().click();
  await admin.locator('alarm-details').getByRole('heading', { name: 'Boiler hot' }).waitFor();
  await admin.getByRole('button', { name: 'Ack: Pressure is there', exact: true }).click();
  await admin.locator('alarm-list .heading', { hasText: 'Acknowledged, still there' }).waitFor();
  assert.equal((await operator.alarm(101)).acknowledged_by, users.admin.name);

  await go(admin, '#/alarms?rule=101');
  await admin.locator('alarm-details').getByRole('button', { name: 'Shelve…' }).click();
  await admin.locator('alarm-action-dialog').getByRole('button', { name: 'Shelve', exact: true }).click();
  await alarmRow(admin, 'Pressure is there').waitFor({ state: 'detached' });
  assert.equal((await operator.alarm(101)).condition, 'Shelved');
  await operator.ask('POST', 'api/v1/alarms/101/unshelve', {});
  await alarmRow(admin, 'Pressure is there').waitFor();
});

test('every page shows the plant as it is, in light, in dark and on a phone', async (t) => {
  phone = await openLike(plant, admin, { size: 'phone' });
  for (const { name, hash, isLive } of views) {
    await t.test(name, async () => {
      const place = hash(plant);
      await Promise.all([go(admin, place), go(phone, place)]);
      await Promise.all([isLive(admin, plant), isLive(phone, plant)]);
      await lookAtDesk(admin, name);
      await admin.emulateMedia({ colorScheme: 'light' });
      await lookAtPhone(phone, name);
    });
  }
  assert.equal(await admin.evaluate(() => globalThis.wasRun), undefined);
  await done(phone);
});

/** Fills the dialog of this point in. */
async function write(page, name, fill) {
  await go(page, '#/points?under=plc1');
  await page.getByRole('button', { name: `Write ${name}`, exact: true }).click();
  const dialog = page.locator('tw-write-dialog'); // what is slotted in is no descendant of the <dialog>
  await fill(dialog);
  await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
}

test('a write is confirmed, sent and read back', async () => {
  await write(admin, hot, async (dialog) => {
    await dialog.getByLabel('New value').fill('95');
    await dialog.getByText('Nothing is in the way').waitFor();
    await dialog.getByRole('button', { name: 'Review' }).click();
    await dialog.getByText(`Write 95 °C to ${hot}?`).waitFor();
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await dialog.getByText('Read back: 95 °C').waitFor();
    await screenshot(admin, 'write');
  });
  await valueOf(admin, hot).filter({ hasText: /^95$/ }).waitFor();
});

test('what an interlock blocks is explained, before and after', async () => {
  await write(admin, 'plc1/pump/run', async (dialog) => {
    await dialog.getByText(/It would not be sent/).waitFor();
    await dialog.getByText('Interlock 5: Boiler too hot for the pump').waitFor();
    await dialog.getByRole('button', { name: 'Review' }).click();
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await dialog.locator('.steps').getByText('Blocked', { exact: true }).waitFor();
    await screenshot(admin, 'write-blocked');
  });
});

test('a viewer is offered no write, and refused one; names from outside stay text', async () => {
  const page = await openAs(plant, users.viewer, { hash: `#/points?under=plc1&point=${hot}` });
  await page.getByText('yes, but not by you').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Write/ }).count(), 0);
  assert.equal(await page.getByRole('link', { name: 'Configuration' }).count(), 0);
  const viewer = await Operator.at(plant, users.viewer);
  await assert.rejects(viewer.write(hot, 1), /403/);
  await go(page, '#/points?search=evil');
  await page.getByRole('row').getByText(evil).waitFor();
  await go(page, '#/alarms?tab=rules');
  await page.getByText(`Level ${evil}`).waitFor();
  await go(page, '#/map');
  await page.getByRole('tab', { name: 'Zones' }).click();
  await page.getByRole('button', { name: `Gate ${evil}` }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.wasRun), undefined);
  await done(page);
});

test('a killed server is seen at once, nothing looks fresh or can be sent, and the page comes back by itself', async () => {
  await go(admin, '#/panel');
  const outlet = tile(admin, 'Outlet').locator('tw-value .value');
  await outlet.and(admin.locator('.good')).waitFor();
  admin.mayFail = true;
  await plant.killRuntime();
  await admin.getByText('The link to the server is lost. Values below are old.').waitFor();
  await outlet.and(admin.locator('.stale')).waitFor();
  await admin.getByRole('button', { name: /^Feed pump: / }).click();
  const dialog = admin.locator('tw-write-dialog');
  await dialog.getByText(/commands cannot be sent now/).waitFor();
  await screenshot(admin, 'no-link');
  await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
  await plant.startRuntime();
  await outlet.and(admin.locator('.good')).waitFor({ timeout: 60_000 });
  assert.equal(await admin.getByText('The link to the server is lost').count(), 0);
  await done(admin);
});
