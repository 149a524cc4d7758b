// SPDX-License-Identifier: Apache-2.0
// The panel: tiles of the manifest, what they show and write, laying them out by hand, who may what.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, closeBrowser, done, look, noConsoleErrors, openAs, screenshot } from './browser.mjs';
import { Plant, evil, users } from './runtime.mjs';

const tiles = [
  { id: 1, name: 'Outlet', type: 'value', endpointIds: [59], x: 0, y: 0, area: 'boiler' },
  { id: 2, name: 'Pressure', type: 'gauge', points: ['plc1/boiler/pressure'], x: 2, y: 0, width: 4, min: 0, max: 10, area: 'boiler' },
  { id: 3, name: 'Feed pump', type: 'switch', endpointIds: [61], x: 6, y: 0, width: 3, area: 'boiler' },
  { id: 4, name: 'Outlet setpoint', type: 'setpoint', endpointIds: [59], x: 9, y: 0, area: 'boiler' },
  { id: 5, name: 'Boiler house', type: 'list', endpointIds: [59, 60, 62, 63], x: 0, y: 2, area: 'boiler' },
  { id: 6, name: 'Prime', type: 'button', endpointIds: [61], x: 3, y: 2, durationMs: 300, area: 'boiler' },
  { id: 7, name: 'Warm up', type: 'scene', scene: 1, x: 5, y: 2, area: 'boiler' },
  { id: 8, name: 'In the hall', type: 'tags', zone: 417, x: 8, y: 2, area: 'boiler' },
  { id: 9, name: `Level ${evil}`.slice(0, 200), type: 'value', endpointIds: [63], area: 'tanks' },
  { id: 10, name: 'Level again', type: 'gauge', endpointIds: [63], area: 'tanks' },
];

let plant;
before(async () => {
  plant = await Plant.start({
    change: (manifest) => {
      manifest.scenes = [
        { id: 1, name: 'Warm up', steps: [{ write: 'plc1/boiler/temp', value: 30 }, { wait_ms: 100 }, { write: 'plc1/boiler/temp', value: 20 }] },
      ];
      manifest.plugins.find(({ id }) => id === 'web').config.tiles = tiles;
    },
  });
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

const tile = (page, name) => page.locator('panel-tile').filter({ has: page.getByRole('heading', { name, exact: true }) });
const openPanel = async (user, options = {}) => {
  const page = await openAs(plant, user, { hash: '#/panel?area=boiler', ...options });
  await tile(page, 'Outlet').locator('tw-value .value.good').waitFor();
  return page;
};
const cover = (page, name) => page.getByRole('button', { name: new RegExp(`^${name}, `) });
const served = (page) => page.evaluate(async () => (await fetch('/api/os/tiles?names=true')).json());

// What is slotted in is no descendant of the <dialog>: the elements around it are asked.
const writing = (page) => page.locator('tw-write-dialog');
const form = (page) => page.locator('panel-form');
const scene = (page) => page.locator('panel-scene tw-dialog');

/** The dialog is at the confirmation: sends, waits for the outcome, closes. */
async function confirm(page, outcome) {
  const dialog = writing(page);
  await dialog.getByRole('button', { name: 'Send now' }).click();
  await dialog.getByText(outcome).first().waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
}

async function setTemperature(page, value) {
  await page.getByRole('button', { name: 'Outlet setpoint: Set…' }).click();
  const dialog = writing(page);
  await dialog.getByLabel('New value').fill(value);
  await dialog.getByText('Nothing is in the way').waitFor();
  await dialog.getByRole('button', { name: 'Review' }).click();
  await confirm(page, /Read back/);
}

test('tiles of the manifest show live values, by area', async () => {
  const page = await openPanel(users.viewer);
  await tile(page, 'Pressure').locator('tw-value .value').filter({ hasText: /^[3-7]/ }).waitFor();
  const width = () => tile(page, 'Pressure').locator('rect.fill').getAttribute('width');
  const first = await width();
  assert.ok(Number(first) > 25 && Number(first) < 75, `the gauge shows 4 to 6 of 10: ${first}`);
  await page.waitForFunction(
    ([element, old]) => element.getAttribute('width') !== old,
    [await tile(page, 'Pressure').locator('rect.fill').elementHandle(), first],
  );
  assert.equal(await tile(page, 'Boiler house').locator('tw-value').count(), 4);
  await tile(page, 'In the hall').getByText('2 present').waitFor();
  await page.getByRole('tab', { name: 'tanks' }).click();
  await tile(page, 'Level again').waitFor();
  assert.match(page.url(), /area=tanks/);
  assert.equal(await page.evaluate(() => globalThis.wasRun), undefined);
  assert.equal(await tile(page, 'Outlet').count(), 0);
  await done(page);
});

test('two tiles at one place do not cover each other', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/panel?area=tanks' });
  await tile(page, 'Level again').waitFor();
  const boxes = await page.locator('panel-tile').evaluateAll((all) => all.map((each) => each.getBoundingClientRect().toJSON()));
  assert.equal(boxes.length, 2);
  assert.ok(boxes[0].right <= boxes[1].left || boxes[0].bottom <= boxes[1].top, JSON.stringify(boxes));
  await page.context().close();
});

test('the panel looks right in every size and colour', async () => {
  await look(plant, users.operator, 'panel', '#/panel?area=boiler', async (page) => {
    await tile(page, 'Outlet').locator('tw-value .value.good').waitFor();
    await tile(page, 'In the hall').getByText('2 present').waitFor();
  });
});

test('a switch asks first, writes, and shows what was read back', async () => {
  const page = await openPanel(users.operator);
  await page.getByRole('button', { name: 'Feed pump: Turn on' }).click();
  await writing(page).getByText('Write On to plc1/pump/run?').waitFor();
  await screenshot(page, 'panel-confirm');
  await confirm(page, 'Read back: On');
  await tile(page, 'Feed pump').locator('.lamp.on').waitFor();
  await page.getByRole('button', { name: 'Feed pump: Turn off' }).click();
  await confirm(page, 'Read back: Off');
  noConsoleErrors(page);
  await page.context().close();
});

test('a setpoint, a pulse and a scene', async () => {
  const page = await openPanel(users.operator);
  await setTemperature(page, '42.5');
  await tile(page, 'Outlet').getByText('42.50').waitFor();
  await page.getByRole('button', { name: 'Prime: On for 300 ms' }).click();
  await writing(page).getByText(/Set plc1\/pump\/run to On for 300 ms/).waitFor();
  await confirm(page, 'Done');
  await page.getByRole('button', { name: 'Warm up: Run' }).click();
  await scene(page).getByText(/plc1\/boiler\/temp/).first().waitFor();
  await scene(page).getByRole('button', { name: 'Run', exact: true }).click();
  await tile(page, 'Warm up').getByText('Last: Done').waitFor();
  await tile(page, 'Outlet').getByText(/^20$/).waitFor();
  noConsoleErrors(page);
  await page.context().close();
});

test('what an interlock blocks says so on the tile and in the dialog', async () => {
  const page = await openPanel(users.operator);
  await setTemperature(page, '95');
  await tile(page, 'Feed pump').getByText('Interlock: Boiler too hot for the pump').waitFor();
  await page.getByRole('button', { name: 'Feed pump: Turn on' }).click();
  const dialog = writing(page);
  await dialog.getByText(/It would not be sent/).waitFor();
  await dialog.getByText('Interlock 5: Boiler too hot for the pump').waitFor();
  await screenshot(page, 'panel-blocked');
  await axe(page);
  await confirm(page, 'Blocked');
  await setTemperature(page, '20');
  await tile(page, 'Feed pump').getByText(/^.*Interlock:/).waitFor({ state: 'detached' });
  await page.context().close();
});

test('who may not write or lay out is not offered it', async () => {
  const viewer = await openPanel(users.viewer);
  await tile(viewer, 'Warm up').getByText('Idle').waitFor();
  for (const name of [/Feed pump:/, /Outlet setpoint:/, /Prime:/, /Warm up:/, 'Edit']) {
    assert.equal(await viewer.getByRole('button', { name }).count(), 0, `${name} is not offered`);
  }
  await viewer.context().close();
  const operator = await openPanel(users.operator);
  assert.equal(await operator.getByRole('button', { name: 'Edit' }).count(), 0);
  await operator.context().close();
});

test('a tile is added, moved, resized and removed, and the server keeps it', async () => {
  const page = await openPanel(users.admin);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('button', { name: 'Add a tile' }).click();
  const dialog = form(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('A name is due').waitFor();
  await dialog.getByLabel('Type').selectOption('gauge');
  await dialog.getByLabel('Add a point').fill('tank level');
  await dialog.getByRole('option').filter({ hasText: 'plc1/tank/level' }).click();
  await dialog.getByLabel('Scale to').fill('90');
  assert.equal(await dialog.getByLabel('Name', { exact: true }).inputValue(), 'Level of the tank');
  await dialog.getByLabel('Name', { exact: true }).fill('Tank');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await cover(page, 'Tank').waitFor();
  await axe(page);
  await screenshot(page, 'panel-edit');

  await cover(page, 'Tank').press('ArrowRight');
  await cover(page, 'Tank').press('Shift+ArrowRight');
  await page.getByRole('button', { name: /^Tank, Gauge, column 2, row \d+, 4 by 2/ }).waitFor();
  await page.getByRole('button', { name: 'Remove Prime' }).click();

  // By mouse: one column of the grid to the right.
  const box = await cover(page, 'Outlet setpoint').boundingBox();
  await page.mouse.move(box.x + 30, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + 30 - (box.width / 3) * 2.02, box.y + 30, { steps: 6 });
  await page.mouse.up();
  await page.getByRole('button', { name: /^Outlet setpoint, Setpoint, column 8, row 1/ }).waitFor();

  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The panel is saved').waitFor();
  const kept = await served(page);
  const made = kept.find(({ name }) => name === 'Tank');
  assert.deepEqual(made.points, ['plc1/tank/level']);
  assert.deepEqual([made.endpointIds, made.x, made.width, made.max], [[63], 1, 4, 90]);
  assert.equal(kept.some(({ name }) => name === 'Prime'), false);
  assert.equal(kept.length, tiles.length);
  await page.reload();
  await tile(page, 'Tank').locator('tw-value .value.good').waitFor();
  noConsoleErrors(page);
  await page.context().close();
});

test('who was overtaken is told before anything is lost', async () => {
  const page = await openPanel(users.admin);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('button', { name: 'Remove Pressure' }).click();
  const status = await page.evaluate(async () => {
    const { csrf } = await (await fetch('/api/v1/session')).json();
    const all = await (await fetch('/api/os/tiles')).json();
    all[0].name = 'Renamed meanwhile';
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
    return (await fetch('/api/os/tiles', { method: 'PUT', headers, body: JSON.stringify(all) })).status;
  });
  assert.equal(status, 200);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Somebody else has changed the panel meanwhile.').waitFor();
  assert.equal((await served(page)).some(({ name }) => name === 'Pressure'), true, 'nothing was saved yet');
  await page.locator('.help').getByRole('button', { name: 'Discard' }).click();
  await tile(page, 'Renamed meanwhile').waitFor();
  await page.context().close();
});

test('an empty panel invites who may fill it', async () => {
  const page = await openAs(plant, users.admin, { hash: '#/panel' });
  await page.getByRole('tab').first().waitFor();
  await page.evaluate(async () => {
    const { csrf } = await (await fetch('/api/v1/session')).json();
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
    await fetch('/api/os/tiles', { method: 'PUT', headers, body: '[]' });
  });
  await page.reload();
  await page.getByRole('button', { name: 'Make the first tile' }).click();
  await form(page).getByRole('button', { name: 'Cancel' }).click();
  await axe(page);
  noConsoleErrors(page);
  await page.context().close();
});
