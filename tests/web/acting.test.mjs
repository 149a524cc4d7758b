// SPDX-License-Identifier: Apache-2.0
// What an operator does: answers an alarm, writes a value, meets an interlock.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, done, openAs, openBrowser, screenshot } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant, users } from './runtime.mjs';
import { alarmRow, furnish, valueOf } from './views.mjs';

const hot = 'plc1/boiler/temp';
let plant;
let operator;
let page;
before(async () => {
  [plant] = await Promise.all([Plant.start({ change: furnish }), openBrowser()]);
  operator = await Operator.at(plant, users.operator);
  page = await openAs(plant, users.admin, { hash: '#/overview' });
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

test('a new alarm is told on every page, and acknowledged and shelved in the list', async () => {
  // What stood before the page knew of alarms is no news: it has to know of the one that stands.
  await page.locator('tw-alarm-badge').getByText(/\d/).first().waitFor();
  await operator.write(hot, 85);
  await page.getByRole('link', { name: 'Critical alarm: Boiler hot' }).first().click();
  await page.locator('alarm-details').getByRole('heading', { name: 'Boiler hot' }).waitFor();
  await page.getByRole('button', { name: 'Ack: Pressure is there', exact: true }).click();
  await page.locator('alarm-list .heading', { hasText: 'Acknowledged, still there' }).waitFor();
  assert.equal((await operator.alarm(101)).acknowledged_by, users.admin.name);

  await page.goto(`${plant.url}#/alarms?rule=101`);
  await page.locator('alarm-details').getByRole('button', { name: 'Shelve…' }).click();
  await page.locator('alarm-action-dialog').getByRole('button', { name: 'Shelve', exact: true }).click();
  await alarmRow(page, 'Pressure is there').waitFor({ state: 'detached' });
  assert.equal((await operator.alarm(101)).condition, 'Shelved');
  await operator.ask('POST', 'api/v1/alarms/101/unshelve', {});
  await alarmRow(page, 'Pressure is there').waitFor();
});

/** Fills the dialog of this point in. */
async function write(page, name, fill) {
  await page.goto(`${plant.url}#/points?under=plc1`);
  await page.getByRole('button', { name: `Write ${name}`, exact: true }).click();
  const dialog = page.locator('tw-write-dialog'); // what is slotted in is no descendant of the <dialog>
  await fill(dialog);
  await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
}

test('a write is confirmed, sent and read back', async () => {
  await write(page, hot, async (dialog) => {
    await dialog.getByLabel('New value').fill('95');
    await dialog.getByText('Nothing is in the way').waitFor();
    await dialog.getByRole('button', { name: 'Review' }).click();
    await dialog.getByText(`Write 95 °C to ${hot}?`).waitFor();
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await dialog.getByText('Read back: 95 °C').waitFor();
    await screenshot(page, 'write');
  });
  await valueOf(page, hot).filter({ hasText: /^95$/ }).waitFor();
});

test('what an interlock blocks is explained, before and after', async () => {
  await write(page, 'plc1/pump/run', async (dialog) => {
    await dialog.getByText(/It would not be sent/).waitFor();
    await dialog.getByText('Interlock 5: Boiler too hot for the pump').waitFor();
    await dialog.getByRole('button', { name: 'Review' }).click();
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await dialog.locator('.steps').getByText('Blocked', { exact: true }).waitFor();
    await screenshot(page, 'write-blocked');
  });
  await done(page);
});
