// SPDX-License-Identifier: Apache-2.0
// The points page: live values, search, pins, details, writing with all that may be in the way.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, done, login, look, noConsoleErrors, openAs, openPage } from './browser.mjs';
import { Plant, evil, users } from './runtime.mjs';

let plant;
before(async () => (plant = await Plant.start()));
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

const row = (page, name) => page.getByRole('row').filter({ has: page.locator(`[title="${name}"]`) });
const valueOf = (page, name) => row(page, name).locator('tw-value .value');

async function shows(locator, wanted, what) {
  await locator.filter({ hasText: wanted }).waitFor({ state: 'attached' });
  assert.match(await locator.innerText(), wanted, what);
}

/** Fills the dialog of this point in, up to the review. */
async function beginWrite(page, name, fill) {
  await page.getByRole('button', { name: `Write ${name}`, exact: true }).click();
  await fill(page.locator('tw-write-dialog')); // what is slotted in is no descendant of the <dialog>
}

test('values are live, with unit, quality and age', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/points?under=plc1' });
  await shows(valueOf(page, 'plc1/boiler/temp'), /^20$/, 'the PLC’s value');
  const level = valueOf(page, 'plc1/tank/level');
  await level.filter({ hasText: /^\d+/ }).waitFor();
  const before = await level.innerText();
  await page.waitForFunction(
    ([element, old]) => element.innerText !== old,
    [await level.elementHandle(), before],
  );
  await row(page, 'plc1/boiler/temp').getByText('Good').waitFor({ state: 'attached' });
  await done(page);
});

test('the points page looks right in every size and colour', async () => {
  const ready = (page) => valueOf(page, 'plc1/boiler/temp').filter({ hasText: '20' }).waitFor();
  await look(plant, users.operator, 'points', '#/points', ready);
  await look(plant, users.operator, 'point-details', '#/points?point=plc1/boiler/pressure', async (page) => {
    await page.getByRole('region', { name: 'Details' }).getByText('Steam pressure').waitFor();
    await page.locator('tw-plot canvas').first().waitFor();
  });
});

test('search by several words, pin, and find it again after a reload', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/points' });
  await page.getByLabel('Search points').fill('BOILER outlet');
  await page.getByText('1 point', { exact: true }).waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Pin plc1/boiler/temp', exact: true }).click();
  await page.reload();
  await page.getByRole('button', { name: /^Pinned/ }).click();
  await row(page, 'plc1/boiler/temp').waitFor();
  assert.equal(await page.getByRole('row').count(), 1);
  await page.context().close();
});

test('names from outside stay text', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/points?search=evil' });
  await row(page, 'plc1/evil/text').getByText(evil).waitFor();
  await row(page, 'plc1/evil/text').click();
  await page.getByRole('region', { name: 'Details' }).getByText(evil).waitFor();
  assert.equal(await page.evaluate(() => globalThis.wasRun), undefined);
  noConsoleErrors(page);
  await page.context().close();
});

test('a write is confirmed, sent and read back, and every page is told', async () => {
  const other = await openAs(plant, users.viewer, { hash: '#/overview' });
  const page = await openAs(plant, users.operator, { hash: '#/points?under=plc1' });
  await beginWrite(page, 'plc1/boiler/temp', async (dialog) => {
    await dialog.getByLabel('New value').fill('42.5');
    await dialog.getByText('Nothing is in the way').waitFor();
    await dialog.getByRole('button', { name: 'Review' }).click();
    await dialog.getByText('Write 42.5 °C to plc1/boiler/temp?').waitFor();
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await dialog.getByText('Read back: 42.5 °C').waitFor();
    await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
  });
  await shows(valueOf(page, 'plc1/boiler/temp'), /^42\.50$/, 'the list has it');
  await other.getByText('plc1/boiler/temp: done').waitFor();
  noConsoleErrors(page);
  noConsoleErrors(other);
  await other.context().close();
  await page.context().close();
});

test('what is out of range is refused before it is sent', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/points?under=plc1' });
  page.mayFail = true; // the browser reports the 400
  await beginWrite(page, 'plc1/boiler/temp', async (dialog) => {
    await dialog.getByLabel('New value').fill('500');
    await dialog.getByText(/out of range/).waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Review' }).isDisabled(), true);
  });
  await page.context().close();
});

test('an interlock that blocks is explained, before and after', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/points?under=plc1' });
  const hot = async (value) =>
    beginWrite(page, 'plc1/boiler/temp', async (dialog) => {
      await dialog.getByLabel('New value').fill(value);
      await dialog.getByRole('button', { name: 'Review' }).click();
      await dialog.getByRole('button', { name: 'Send now' }).click();
      await dialog.getByText(/Read back/).waitFor();
      await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
    });
  await hot('95');
  await beginWrite(page, 'plc1/pump/run', async (dialog) => {
    await dialog.getByText(/It would not be sent/).waitFor();
    await dialog.getByText('Interlock 5: Boiler too hot for the pump').waitFor();
    await dialog.getByText(/not met/).waitFor();
    await dialog.getByRole('button', { name: 'Review' }).click();
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await dialog.locator('.steps').getByText('Blocked', { exact: true }).waitFor();
    await dialog.getByText('Interlock 5: Boiler too hot for the pump').waitFor();
    await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
  });
  await hot('20');
  await page.context().close();
});

test('a point that has to be selected is selected first', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/points?under=plc1' });
  await beginWrite(page, 'plc1/valve/open', async (dialog) => {
    await dialog.getByRole('button', { name: 'Review' }).click();
    assert.equal(await dialog.getByRole('button', { name: 'Send now' }).isDisabled(), true);
    await dialog.getByRole('button', { name: 'Select the point' }).click();
    await dialog.getByText(/Selected for you/).waitFor();
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await dialog.getByText('Read back: On').waitFor();
  });
  await page.context().close();
});

test('a second person approves', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/points?under=plc1' });
  const second = await openAs(plant, users.second, { hash: '#/overview' });
  await beginWrite(page, 'plc1/burner/on', async (dialog) => {
    await dialog.getByRole('button', { name: 'Review' }).click();
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await second.getByRole('button', { name: 'Look at it' }).click();
    await second.getByRole('button', { name: 'Approve' }).click();
    await dialog.getByText('Read back: On').waitFor();
  });
  await page.context().close();
  await second.context().close();
});

test('a viewer cannot write', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/points?under=plc1&point=plc1/boiler/temp' });
  await page.getByText('yes, but not by you').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Write/ }).count(), 0);
  const refused = await page.evaluate(async () => {
    const { csrf } = await (await fetch('/api/v1/session')).json();
    const body = JSON.stringify({ point: 'plc1/boiler/temp', value: 1 });
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
    return (await fetch('/api/v1/commands', { method: 'POST', headers, body })).status;
  });
  assert.equal(refused, 403);
  await page.context().close();
});

test('without a link values look old, and no command is kept', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/points?under=plc1' });
  await shows(valueOf(page, 'plc1/boiler/temp'), /^20$/, 'a value');
  page.mayFail = true;
  await beginWrite(page, 'plc1/boiler/temp', async (dialog) => {
    await dialog.getByLabel('New value').fill('33');
    await dialog.getByRole('button', { name: 'Review' }).click();
    await plant.killRuntime();
    await dialog.getByText(/commands cannot be sent now/).waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Send now' }).isDisabled(), true);
    await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
  });
  await row(page, 'plc1/boiler/temp').locator('tw-value .stale').waitFor();
  await row(page, 'plc1/boiler/temp').locator('tw-quality .stale').waitFor();
  await plant.startRuntime();
  await row(page, 'plc1/boiler/temp').locator('tw-value .good').waitFor({ timeout: 60_000 });
  await shows(valueOf(page, 'plc1/boiler/temp'), /^20$/, 'nothing was written meanwhile');
  await page.context().close();
});

test('who may see some points only is shown those', async () => {
  const page = await openPage(plant);
  await login(page, users.viewer);
  await page.goto(`${plant.url}#/points?under=no/such`);
  await page.getByRole('heading', { name: 'There are no points' }).waitFor();
  await page.context().close();
});
