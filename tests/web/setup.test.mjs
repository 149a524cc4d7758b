// SPDX-License-Identifier: Apache-2.0
// The first run: there is no user, and the code of the program's log makes the first administrator.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, closeBrowser, done, login, noConsoleErrors, openPage, screenshot } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant } from './runtime.mjs';

const first = { name: 'frida', role: 'admin', password: 'the first one in the plant' };
let plant;

before(async () => {
  plant = await Plant.start({ withUsers: false });
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

async function fill(page, code, repeat = first.password) {
  await page.getByLabel('One-time code from the log').fill(code);
  await page.getByLabel('User name').fill(first.name);
  await page.getByLabel('Password', { exact: true }).fill(first.password);
  await page.getByLabel('Password again').fill(repeat);
  await page.getByRole('button', { name: 'Make the first administrator' }).click();
}

test('the code of the log makes the first administrator, a wrong one does not', async () => {
  await plant.runtime.saysInTime(/one-time code: (\S+)/);
  const [, code] = plant.runtime.output.match(/one-time code: (\S+)/);
  const page = await openPage(plant);
  await page.getByRole('heading', { name: 'Set up Tagwire' }).waitFor();
  await axe(page);
  await screenshot(page, 'setup');
  await fill(page, code, 'something else');
  await page.getByText('The passwords differ').waitFor();
  page.mayFail = true; // the browser reports the 403
  const wrong = code.replace(/[^-]/g, (letter) => (letter === 'A' ? 'B' : 'A'));
  await fill(page, wrong);
  await page.getByText(/the code is wrong/).waitFor();
  page.mayFail = false;
  assert.equal((await (await fetch(`${plant.url}api/v1/setup`)).json()).needed, true, 'nobody was made');
  await fill(page, code);
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  await page.locator('tw-link .chip', { hasText: 'Live' }).waitFor({ state: 'attached' });
  const admin = await Operator.at(plant, first);
  const users = await admin.ask('GET', 'api/v1/users');
  assert.deepEqual(users.map(({ name, role }) => [name, role]), [[first.name, 'admin']]);
  await done(page);
});

test('the code is over: there is the login form only', async () => {
  const [, code] = plant.runtime.output.match(/one-time code: (\S+)/);
  const again = await fetch(`${plant.url}api/v1/setup`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ code, name: 'mallory', password: 'one more administrator' }),
  });
  assert.ok(again.status === 409 || again.status === 404, `refused: ${again.status}`);
  const page = await openPage(plant);
  await login(page, first);
  noConsoleErrors(page);
  await page.context().close();
});
