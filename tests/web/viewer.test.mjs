// SPDX-License-Identifier: Apache-2.0
// Who may only look; and names from outside, which stay text.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, done, openAs, openBrowser } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant, evil, users } from './runtime.mjs';
import { furnish } from './views.mjs';

const hot = 'plc1/boiler/temp';
let plant;
before(async () => {
  [plant] = await Promise.all([Plant.start({ change: furnish }), openBrowser()]);
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

test('a viewer is offered no write, and refused one; names from outside stay text', async () => {
  const page = await openAs(plant, users.viewer, { hash: `#/points?under=plc1&point=${hot}` });
  await page.getByText('yes, but not by you').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Write/ }).count(), 0);
  assert.equal(await page.getByRole('link', { name: 'Configuration' }).count(), 0);
  const viewer = await Operator.at(plant, users.viewer);
  await assert.rejects(viewer.write(hot, 1), /403/);
  await page.goto(`${plant.url}#/points?search=evil`);
  await page.getByRole('row').getByText(evil).waitFor();
  await page.goto(`${plant.url}#/alarms?tab=rules`);
  await page.getByText(`Level ${evil}`).waitFor();
  await page.goto(`${plant.url}#/map`);
  await page.getByRole('tab', { name: 'Zones' }).click();
  await page.getByRole('button', { name: `Gate ${evil}` }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.wasRun), undefined);
  await done(page);
});
