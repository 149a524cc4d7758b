// SPDX-License-Identifier: Apache-2.0
// A plant without users: who reads its log makes the first administrator.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, closeBrowser, done, openBrowser, openPage, screenshot } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant } from './runtime.mjs';

let plant;
before(async () => {
  [plant] = await Promise.all([Plant.start({ withUsers: false }), openBrowser()]);
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

test('the first run: the code of the log makes the first administrator, a wrong one does not', async () => {
  const first = { name: 'frida', role: 'admin', password: 'the first one in the plant' };
  const page = await openPage(plant);
  const fill = async (code) => {
    await page.getByLabel('One-time code from the log').fill(code);
    await page.getByLabel('User name').fill(first.name);
    await page.getByLabel('Password', { exact: true }).fill(first.password);
    await page.getByLabel('Password again').fill(first.password);
    await page.getByRole('button', { name: 'Make the first administrator' }).click();
  };
  await plant.runtime.saysInTime(/one-time code: (\S+)/);
  const [, code] = plant.runtime.output.match(/one-time code: (\S+)/);
  await page.getByRole('heading', { name: 'Set up Tagwire' }).waitFor();
  await axe(page);
  await screenshot(page, 'setup');
  page.mayFail = true; // the browser reports the 403
  await fill(code.replace(/[^-]/g, (letter) => (letter === 'A' ? 'B' : 'A')));
  await page.getByText(/the code is wrong/).waitFor();
  page.mayFail = false;
  await fill(code);
  await page.locator('tw-link .chip', { hasText: 'Live' }).waitFor({ state: 'attached' });
  const made = await (await Operator.at(plant, first)).ask('GET', 'api/v1/users');
  assert.deepEqual(made.map(({ name, role }) => [name, role]), [[first.name, 'admin']]);
  await done(page);
});
