// SPDX-License-Identifier: Apache-2.0
// The configuration page before the real program: the manifest is checked, applied, taken back; users and tokens.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { closeBrowser, done, login, look, noConsoleErrors, noForeignRequests, openAs, openPage } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant, freePort, users } from './runtime.mjs';

const hash = (tab) => `#/configuration?tab=${tab}`;
let plant;

before(async () => {
  plant = await Plant.start({ auth: { roles: { clerk: ['*:read', 'users:admin'] } } });
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

const file = () => join(plant.folder, 'manifest.json');
const inFile = () => readFile(file(), 'utf8');
const editor = (page) => page.getByLabel('Text of the manifest');
const dialog = (page) => page.locator('tw-dialog');
const lineOf = (text, part) => text.slice(0, text.indexOf(part)).split('\n').length;

/** The editor, with the file's text in it. */
async function openEditor(options) {
  const page = await openAs(plant, users.admin, { hash: hash('manifest'), ...options });
  await editor(page).waitFor();
  assert.equal(await editor(page).inputValue(), await inFile());
  return page;
}

async function apply(page, comment, button = 'Apply now') {
  await page.getByRole('button', { name: 'Apply…' }).click();
  await dialog(page).getByText(/Only what differs is stopped and started again/).waitFor();
  await dialog(page).getByLabel(/^Comment/).fill(comment);
  await dialog(page).getByRole('button', { name: button }).click();
}

test('a check shows a problem on its line, and a click goes there', async () => {
  const page = await openEditor();
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('Nothing is wrong with it').waitFor();
  const wrong = (await inFile()).replace('"poll_interval_ms": 100', '"poll_interval_ms": "often"');
  const line = lineOf(wrong, '"often"');
  await editor(page).fill(wrong);
  await page.getByText('The text was changed since this check.').waitFor();
  await page.getByRole('button', { name: 'Check' }).click();
  const place = page.getByRole('button', { name: new RegExp(`^line ${line}\\b`) });
  await place.waitFor();
  await page.getByText(/^1 error, /).waitFor();
  await place.click();
  await page.locator(`.gutter .mark[data-line="${line}"]`).waitFor();
  const selected = await editor(page).evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.match(selected, /"poll_interval_ms": "often"/);
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('link', { name: 'Overview' }).and(page.locator('[aria-current]')).waitFor();
  await page.goBack();
  assert.equal(await editor(page).inputValue(), wrong, 'a look elsewhere loses nothing');
  page.mayFail = true; // the browser reports the 422
  await apply(page, 'it can not work');
  await dialog(page).waitFor({ state: 'detached' });
  await place.waitFor();
  page.mayFail = false;
  await page.getByRole('button', { name: 'Discard my changes' }).click();
  assert.equal(await editor(page).inputValue(), await inFile());
  await done(page);
});

test('what is applied runs, and the version is told; then back by the versions', async () => {
  const before = await inFile();
  const page = await openEditor();
  await editor(page).fill(before.replace('"poll_interval_ms": 100', '"poll_interval_ms": 150'));
  page.mayFail = true; // the link may be lost meanwhile
  await apply(page, 'slower');
  await page.getByText(/^Version 2 runs/).waitFor();
  await page.locator('tw-link .chip', { hasText: 'Live' }).waitFor({ state: 'attached' });
  const admin = await Operator.at(plant, users.admin);
  const now = await admin.ask('GET', 'api/v1/manifest');
  assert.deepEqual([now.version, now.is_running], [2, true]);
  assert.match(await inFile(), /"poll_interval_ms": 150/);

  await page.getByRole('link', { name: 'Versions' }).click();
  await page.getByRole('row', { name: /^2 runs .*user:anna slower/ }).waitFor();
  await page.getByRole('button', { name: 'Look at version 1' }).click();
  const changed = dialog(page).getByRole('region', { name: 'What differs' });
  await changed.getByRole('row', { name: /removed.*"poll_interval_ms": 150/ }).waitFor();
  await changed.getByRole('row', { name: /added.*"poll_interval_ms": 100/ }).waitFor();
  await dialog(page).getByRole('button', { name: 'Text', exact: true }).click();
  assert.equal(await dialog(page).getByLabel('Text of version 1').inputValue(), before);
  await dialog(page).getByRole('button', { name: 'Go back to it…' }).click();
  await dialog(page).getByLabel('Comment: why').fill('the old pace is better');
  await dialog(page).getByRole('button', { name: 'Go back now' }).click();
  await page.getByText(/^Version 3 runs/).waitFor();
  await page.getByRole('row', { name: /^3 runs .*the old pace is better/ }).waitFor();
  assert.equal(await inFile(), before);
  await page.getByRole('link', { name: 'Manifest' }).click();
  assert.equal(await editor(page).inputValue(), before);
  page.mayFail = false;
  noConsoleErrors(page);
  await page.context().close();
});

test('what does not come up is taken back, and the page says why; the text is kept', async () => {
  const before = await inFile();
  const page = await openEditor();
  const blocked = await freePort();
  const { createServer } = await import('node:net');
  const blocker = createServer().listen(blocked, '127.0.0.1');
  try {
    const manifest = JSON.parse(before);
    manifest.plugins.push({ id: 'web2', type: 'ws', config: { listen: `127.0.0.1:${blocked}` }, on_start_error: 'fail' });
    const text = JSON.stringify(manifest, null, 2);
    await editor(page).fill(text);
    page.mayFail = true;
    await apply(page, 'a second gateway');
    await page.getByText(/^Version \d+ was taken back, version \d+ runs\. .*did not come up/).waitFor({ timeout: 40_000 });
    assert.equal(await inFile(), before);
    assert.equal(await editor(page).inputValue(), text, 'what was typed stays');
  } finally {
    blocker.close();
  }
  await page.context().close();
});

test('two change it at once: the second sees what differs, and decides', async () => {
  const before = await inFile();
  const page = await openEditor();
  await editor(page).fill(before.replace('"Hall"', '"My hall"'));
  await writeFile(file(), before.replace('"Forklift 1"', '"Their forklift"'));
  page.mayFail = true; // the browser reports the 409
  await apply(page, 'mine');
  await dialog(page).getByText(/^Somebody else has changed the manifest meanwhile/).waitFor();
  await dialog(page).getByRole('row', { name: /removed.*Their forklift/ }).waitFor();
  await dialog(page).getByRole('button', { name: 'Take theirs, discard mine' }).click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.match(await editor(page).inputValue(), /Their forklift/);
  await page.getByText('The file was changed since it was applied').waitFor();
  await writeFile(file(), before);
  await page.context().close();
});

test('a file that was changed by hand is read again, and one with errors is not', async () => {
  const before = await inFile();
  await writeFile(file(), before.replace('"interval_ms": 200', '"interval_ms": 250'));
  const page = await openEditor();
  await page.getByText('The file was changed since it was applied').waitFor();
  const again = page.getByRole('button', { name: 'Read the file again' });
  page.mayFail = true; // the browser reports the 422 below
  await again.click();
  await page.getByText(/^Version \d+ runs\. version \d+ of the manifest runs: 1 replaced \(uwb\)/).waitFor();
  await again.waitFor({ state: 'detached' });
  await writeFile(file(), before.replace('"interval_ms": 200', '"interval_ms": -1'));
  await page.getByRole('button', { name: 'Load again' }).click();
  await again.click();
  await page.getByText(/^1 error, /).waitFor();
  await writeFile(file(), before);
  await page.getByRole('button', { name: 'Load again' }).click();
  await again.click();
  await page.getByText(/^Version \d+ runs\. version \d+ of the manifest runs: 1 replaced \(uwb\)/).waitFor();
  await again.waitFor({ state: 'detached' });
  noForeignRequests(page);
  await page.context().close();
});

test('a user is added, changed and removed', async () => {
  const page = await openAs(plant, users.admin, { hash: hash('users') });
  await page.getByRole('row', { name: /^anna you admin/ }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Remove anna' }).count(), 0, 'nobody removes oneself by a slip');
  const nina = { name: 'nina', password: 'new in this plant here' };
  await page.getByRole('button', { name: 'Add a user' }).click();
  await dialog(page).getByLabel('Name').fill(nina.name);
  await dialog(page).getByLabel('Role').fill('operator');
  await dialog(page).getByLabel('Password', { exact: true }).fill(nina.password);
  await dialog(page).getByLabel('Password again').fill('another');
  await dialog(page).getByRole('button', { name: 'Add the user' }).click();
  await dialog(page).getByText('The passwords differ').waitFor();
  await dialog(page).getByLabel('Password again').fill(nina.password);
  await dialog(page).getByRole('button', { name: 'Add the user' }).click();
  await page.getByRole('row', { name: /^nina operator/ }).waitFor();
  const theirs = await openPage(plant);
  await login(theirs, nina);
  assert.equal(await theirs.getByRole('link', { name: 'Configuration' }).count(), 0, 'an operator sees nothing of it');
  await theirs.context().close();

  await page.getByRole('button', { name: 'Change nina' }).click();
  await dialog(page).getByLabel('Role').fill('viewer');
  await dialog(page).getByLabel('New password').fill('changed by anna today');
  await dialog(page).getByLabel('Password again').fill('changed by anna today');
  await dialog(page).getByRole('button', { name: 'Save the change' }).click();
  await page.getByRole('row', { name: /^nina viewer/ }).waitFor();
  await Operator.at(plant, { name: 'nina', password: 'changed by anna today' });

  await page.getByRole('button', { name: 'Remove nina' }).click();
  await dialog(page).getByRole('button', { name: 'Remove the user' }).click();
  await page.getByText('User nina: removed').waitFor();
  await page.getByRole('row', { name: /^nina/ }).waitFor({ state: 'detached' });
  noConsoleErrors(page);
  await page.context().close();
});

test('a token is made, shown once, used and revoked', async () => {
  const page = await openAs(plant, users.admin, { hash: hash('tokens') });
  await page.getByRole('button', { name: 'Make a token' }).click();
  await dialog(page).getByLabel('Name').fill('meter');
  await dialog(page).getByLabel('Permissions').fill('points:read');
  await dialog(page).getByLabel('Valid for').selectOption('7');
  await dialog(page).getByRole('button', { name: 'Make the token' }).click();
  const shown = dialog(page).getByRole('textbox', { name: 'Token' });
  const token = await shown.inputValue();
  assert.ok(token.length > 20);
  await dialog(page).getByRole('button', { name: 'Copy' }).click();
  await dialog(page).getByText(/^Copied$|by hand/).waitFor();
  await dialog(page).getByRole('button', { name: 'I have it' }).click();
  await page.getByRole('row', { name: /^meter points:read/ }).waitFor();
  assert.ok(!(await page.content()).includes(token), 'it is shown this once');

  const ask = () => fetch(`${plant.url}api/v1/points`, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal((await ask()).status, 200);
  await page.getByRole('button', { name: 'Revoke meter' }).click();
  await dialog(page).getByRole('button', { name: 'Revoke the token' }).click();
  await page.getByText('Token meter: revoked').waitFor();
  assert.equal((await ask()).status, 403, 'a wrong credential, as the contract says');
  noConsoleErrors(page);
  await page.context().close();
});

test('who may not change it sees nothing of it; who may do a part sees that part', async () => {
  const viewer = await openAs(plant, users.viewer, { hash: hash('manifest') });
  await viewer.getByText('You may not see this').waitFor();
  assert.equal(await viewer.getByRole('link', { name: 'Configuration' }).count(), 0);
  assert.equal(await viewer.locator('page-configuration').count(), 0);
  await viewer.context().close();
  const admin = await Operator.at(plant, users.admin);
  const clerk = { name: 'clara', role: 'clerk', password: 'only users for clara' };
  await admin.ask('POST', 'api/v1/users', clerk);
  const page = await openAs(plant, clerk, { hash: hash('manifest') });
  await page.getByText('It needs the permission manifest:write.').waitFor();
  const tabs = page.getByRole('navigation', { name: 'Parts of the configuration' }).getByRole('link');
  assert.deepEqual(await tabs.allInnerTexts(), ['Manifest', 'Users']);
  await tabs.last().click();
  page.mayFail = true; // the browser reports the 403
  await page.getByRole('button', { name: 'Remove anna' }).click();
  await dialog(page).getByRole('button', { name: 'Remove the user' }).click();
  await dialog(page).getByText(/not permitted/).waitFor();
  await page.context().close();
});

test('the configuration looks right in every size and colour', async () => {
  await look(plant, users.admin, 'configuration', hash('manifest'), async (page) => {
    await editor(page).fill((await inFile()).replace('"interval_ms": 200', '"interval_ms": -1'));
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('button', { name: /^line \d+/ }).first().click();
    await page.locator('.gutter .mark').first().waitFor();
  });
  await look(plant, users.admin, 'configuration-versions', hash('versions'), async (page) => {
    await page.getByRole('button', { name: 'Look at version 2' }).click();
    await dialog(page).getByRole('region', { name: 'What differs' }).waitFor();
  });
  await look(plant, users.admin, 'configuration-users', hash('users'), (page) => page.getByRole('row', { name: /^vera/ }).waitFor());
  await look(plant, users.admin, 'configuration-tokens', hash('tokens'), async (page) => {
    await page.getByRole('button', { name: 'Make a token' }).click();
    await dialog(page).getByLabel('Permissions').waitFor();
  });
});
