// SPDX-License-Identifier: Apache-2.0
// The server goes away under a page, and comes back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, done, openAs, openBrowser, screenshot } from './browser.mjs';
import { Plant, users } from './runtime.mjs';
import { furnish, tile } from './views.mjs';

let plant;
before(async () => {
  [plant] = await Promise.all([Plant.start({ change: furnish }), openBrowser()]);
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

test('a killed server is seen at once, nothing looks fresh or can be sent, and the page comes back by itself', async () => {
  const page = await openAs(plant, users.admin, { hash: '#/panel' });
  const outlet = tile(page, 'Outlet').locator('tw-value .value');
  await outlet.and(page.locator('.good')).waitFor();
  page.mayFail = true;
  await plant.killRuntime();
  await page.getByText('The link to the server is lost. Values below are old.').waitFor();
  await outlet.and(page.locator('.stale')).waitFor();
  await page.getByRole('button', { name: /^Feed pump: / }).click();
  const dialog = page.locator('tw-write-dialog');
  await dialog.getByText(/commands cannot be sent now/).waitFor();
  await screenshot(page, 'no-link');
  await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
  await plant.startRuntime();
  await outlet.and(page.locator('.good')).waitFor({ timeout: 60_000 });
  assert.equal(await page.getByText('The link to the server is lost').count(), 0);
  await done(page);
});

test('a part of a page that can not be loaded is told', async () => {
  const page = await openAs(plant, users.admin, { hash: '#/points' });
  page.mayFail = true;
  await page.route('**/assets/tw-plot*', (route) => route.abort());
  await page.evaluate(() => {
    location.hash = '#/trends';
  });
  await page.getByText('A part of this page could not be loaded').waitFor();
  page.said = []; // the browser's own word of the import that failed
  await done(page);
});
