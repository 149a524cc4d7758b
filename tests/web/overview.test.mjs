// SPDX-License-Identifier: Apache-2.0
// The shell and the overview: login, state at a glance, a plant that goes bad, a server that is killed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, done, login, look, noConsoleErrors, noForeignRequests, openAs, openPage } from './browser.mjs';
import { Plant, users } from './runtime.mjs';

let plant;
before(async () => (plant = await Plant.start()));
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

const ready = async (page) => {
  await page.getByRole('heading', { name: 'Plugins' }).waitFor();
  await page.getByRole('cell', { name: 'boilerhouse' }).waitFor();
};

test('nobody sees anything without logging in, and a wrong password says so', async () => {
  const page = await openPage(plant);
  page.mayFail = true; // the browser reports the 401
  await page.getByLabel('User').fill(users.viewer.name);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('user or password is wrong').waitFor();
  assert.equal(await page.getByRole('navigation').count(), 0);
  page.mayFail = false;
  await login(page, users.viewer);
  await ready(page);
  await done(page);
});

test('the overview looks right in every size and colour', async () => {
  await look(plant, users.operator, 'overview', '#/overview', ready);
});

test('green only when all is well; a dead PLC is seen with its reason', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/overview' });
  await page.getByRole('heading', { name: 'All is well' }).waitFor();
  await plant.stopPlc();
  await page.getByRole('heading', { name: /need.? attention/ }).waitFor();
  assert.equal(await page.getByRole('heading', { name: 'All is well' }).count(), 0);
  await page.getByRole('row', { name: /^plc1 modbus .*(Degraded|Failed)/ }).waitFor();
  await page.getByText(/points have a bad value/).waitFor();
  await plant.startPlc();
  await page.getByRole('heading', { name: 'All is well' }).waitFor();
  noConsoleErrors(page);
  await page.context().close();
});

test('times are marked, in the zone of the site or of the viewer', async () => {
  const page = await openAs(plant, users.viewer);
  await page.locator('tw-clock', { hasText: 'GMT+5:30' }).waitFor();
  await page.getByRole('button', { name: /Account and display/ }).click();
  await page.getByLabel('Times in').selectOption('viewer');
  await page.locator('tw-clock', { hasText: /GMT(?!\+5:30)/ }).waitFor();
  await page.context().close();
});

test('a viewer is not shown what a viewer may not do', async () => {
  const page = await openAs(plant, users.viewer);
  assert.equal(await page.getByRole('link', { name: 'Configuration' }).count(), 0);
  await page.goto(`${plant.url}#/configuration`);
  await page.getByRole('heading', { name: 'You may not see this' }).waitFor();
  await page.context().close();
  const admin = await openAs(plant, users.admin);
  await admin.getByRole('link', { name: 'Configuration' }).waitFor();
  await admin.context().close();
});

test('all can be reached by the keyboard', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/overview' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.querySelector('tw-app').shadowRoot.activeElement?.id), 'main');
  await page.context().close();
});

test('a killed server is shown at once, and the page comes back by itself', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/overview' });
  await page.getByRole('heading', { name: 'All is well' }).waitFor();
  page.mayFail = true;
  await plant.killRuntime();
  await page.getByText('The link to the server is lost. Values below are old.').waitFor();
  await page.getByRole('heading', { name: 'State not known' }).waitFor();
  assert.equal(await page.getByRole('heading', { name: 'All is well' }).count(), 0);
  await plant.startRuntime();
  await page.getByRole('heading', { name: 'All is well' }).waitFor({ timeout: 60_000 });
  assert.equal(await page.getByText('The link to the server is lost').count(), 0);
  noForeignRequests(page);
  await page.context().close();
});
