// SPDX-License-Identifier: Apache-2.0
// 5,000 alarms that stand: the list draws what is seen only, can be searched, and a thousand at a time are acknowledged.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, noConsoleErrors, openAs, screenshot } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant, users } from './runtime.mjs';

const count = 5_000;
let plant;
let operator;
before(async () => {
  plant = await Plant.start({
    change: ({ plugins }) => {
      const { config } = plugins.find(({ id }) => id === 'alarms');
      config.rules = Array.from({ length: count }, (_, index) => ({
        id: index + 1,
        name: `Flood ${index + 1}`,
        point: 'plc1/tank/level',
        comparison: 'above',
        alarm_threshold: 1,
        severity: ['critical', 'major', 'minor', 'info'][index % 4],
        area: `hall${index % 20}`,
      }));
    },
  });
  operator = await Operator.at(plant, users.operator);
  await operator.until(count, ({ state }) => state === 'ALARM');
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

test('5,000 alarms are listed and searched; a thousand at a time are acknowledged', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/alarms' });
  const rows = page.locator('alarm-list alarm-row');
  await page.locator('alarm-list .heading', { hasText: /5\D?000/ }).waitFor();
  assert.ok((await rows.count()) < 100, `${await rows.count()} rows are drawn`);
  await screenshot(page, 'alarms-5000');
  await page.getByLabel('Search alarms').fill('Flood 4999');
  await page.locator('alarm-list .title', { hasText: 'Flood 4999' }).waitFor();
  assert.equal(await page.locator('alarm-list .title').count(), 1);
  await page.getByLabel('Search alarms').fill('');
  await page.locator('alarm-list .title').nth(5).waitFor();
  await page.getByLabel(/^Choose all/).check();
  const chosen = page.getByRole('group', { name: /chosen/ });
  await chosen.getByRole('button', { name: 'Acknowledge' }).click();
  await page.locator('alarm-action-dialog').getByRole('button', { name: /^Acknowledge \(/ }).click();
  await page.locator('alarm-list .heading', { hasText: /4\D?000/ }).waitFor({ timeout: 60_000 });
  const acknowledged = (await operator.ask('GET', 'api/v1/alarms')).filter(({ acknowledged_by: by }) => by === users.operator.name);
  assert.equal(acknowledged.length, 1_000);
  noConsoleErrors(page);
  await page.context().close();
});
