// SPDX-License-Identifier: Apache-2.0
// The floor map: tags that move as their fixes say, what happens, who is where, follow, the past.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axe, closeBrowser, done, look, noConsoleErrors, openAs, screenshot } from './browser.mjs';
import { Plant, evil, freePort, users } from './runtime.mjs';

const speed = 3; // m/s, of the simulated tags
const plan =
  '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"><rect width="400" height="200" fill="#fff"/>' +
  '<path d="M100 0V80M100 120V200" stroke="#333" stroke-width="4"/></svg>';

let plant;
let intake;

/** A plan, a trigger, a tag that was never seen, and one that only this test moves. */
async function change(manifest, folder) {
  intake = await freePort();
  await writeFile(join(folder, 'plan.svg'), plan);
  const { config } = manifest.plugins.find(({ id }) => id === 'uwb');
  config.zones[0].plan = { image: 'plan.svg', scale: 0.1, origin: [0, 0] };
  config.zones.push({ id: 500, name: 'Upstairs', level: 'floor', parent: 417, polygon: [[0, 0], [20, 0], [20, 20], [0, 20]], z: [3, 5] });
  config.triggers = [
    { id: 900, name: 'Gate', zone: 418, direction: 'OnEnter', regions: [{ polygon: [[0, 0], [10, 0], [10, 20], [0, 20]] }] },
  ];
  config.tags.push({ id: 'LOST1', name: 'Lone worker', class: 'person' }, { id: 'NEVER1', name: 'Spare badge' });
  config.simulate.tags = ['BADGE1', 'FORK1'];
  config.timeout_ms = 1500;
  config.intake = [{ udp: `127.0.0.1:${intake}` }];
}

before(async () => (plant = await Plant.start({ change })));
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

function sendFix(id, x, y, z = 1) {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.send(`${JSON.stringify({ ID: id, X: x, Y: y, Z: z })}\n`, intake, '127.0.0.1', (problem) => {
      socket.close();
      if (problem) reject(problem);
      else resolve();
    });
  });
}

const openMap = async (user = users.viewer, query = '') => {
  const page = await openAs(plant, user, { hash: `#/map${query}` });
  await tagRow(page, 'Forklift 1').waitFor();
  return page;
};
const tagRow = (page, name) => page.locator('map-tag-row', { hasText: name });
const tab = (page, name) => page.getByRole('tab', { name, exact: false }).click();
const floor = (page, ask, given) => page.locator('tw-floor').evaluate(ask, given);
const shownTag = (page, id) => floor(page, (element, wanted) => {
  const tag = element.source.shown.find((each) => each.id === wanted);
  return tag && { x: tag.at.x, y: tag.at.y, state: tag.state, time: tag.time };
}, id);
const ask = (page, path) => page.evaluate(async (at) => (await fetch(at)).json(), path);

test('tags glide between their fixes, and no faster than those say', async () => {
  const page = await openMap();
  const steps = await floor(page, (element) =>
    new Promise((resolve) => {
      const seen = [];
      const look = (time) => {
        const { at } = element.source.shown.find(({ id }) => id === 'FORK1');
        seen.push({ time, x: at.x, y: at.y });
        if (seen.length < 200) requestAnimationFrame(look);
        else resolve(seen);
      };
      requestAnimationFrame(look);
    }),
  );
  let moved = 0;
  let hasty = 0;
  for (let i = 1; i < steps.length; ++i) {
    const way = Math.hypot(steps[i].x - steps[i - 1].x, steps[i].y - steps[i - 1].y);
    const seconds = (steps[i].time - steps[i - 1].time) / 1000;
    if (way > 0) moved += 1;
    if (way > speed * seconds * 1.3 + 0.02) hasty += 1;
  }
  const fixes = (steps.at(-1).time - steps[0].time) / 200;
  assert.ok(moved > 2 * fixes, `moved in ${moved} pictures, with ${fixes} fixes: that is no gliding`);
  assert.ok(hasty <= 5, `${hasty} of ${steps.length} steps were faster than the data`);
  noConsoleErrors(page);
  await page.context().close();
});

test('the map looks right in every size and colour', async () => {
  const ready = async (page) => {
    await tagRow(page, 'Forklift 1').waitFor();
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('/plan')));
    await page.waitForTimeout(500);
  };
  await look(plant, users.operator, 'map', '#/map?tag=FORK1', ready);
});

test('every tab beside the plan is accessible, and names stay text', async () => {
  const page = await openMap();
  for (const name of ['Zones', 'Events', 'Muster']) {
    await tab(page, name);
    await axe(page);
    await screenshot(page, `map-${name.toLowerCase()}`);
  }
  await tab(page, 'Zones');
  await page.getByRole('button', { name: `Gate ${evil}` }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.wasRun), undefined);
  await done(page);
});

test('search, choose and follow; moving the plan ends following', async () => {
  const page = await openMap();
  await page.getByLabel('Search tags').fill('fork');
  await page.waitForFunction(() => document.querySelector('tw-app') !== null);
  await tagRow(page, 'A. Brandt').waitFor({ state: 'detached' });
  await page.getByLabel('Search tags').press('Enter');
  const details = page.getByRole('region', { name: 'The chosen tag' });
  await details.getByText('FORK1').waitFor();
  const button = details.getByRole('button', { name: 'Follow' });
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  const isCentred = (element) => {
    const { at } = element.source.shown.find(({ id }) => id === 'FORK1');
    return Math.hypot(at.x - element.view.centre.x, at.y - element.view.centre.y) < 0.5;
  };
  await page.waitForFunction(isCentred, await page.locator('tw-floor').elementHandle());
  await page.getByRole('application', { name: 'Plan of the floor' }).focus();
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction((element) => element.getAttribute('aria-pressed') === 'false', await button.elementHandle());
  assert.match(page.url(), /tag=FORK1/);
  await page.context().close();
});

test('mouse and keys pan and zoom, Fit shows all again', async () => {
  const page = await openMap();
  const view = () => floor(page, ({ view: { centre, scale } }) => ({ ...centre, scale }));
  const before = await view();
  const box = await page.locator('tw-floor').boundingBox();
  await page.mouse.move(box.x + 200, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x + 260, box.y + 180, { steps: 4 });
  await page.mouse.up();
  const panned = await view();
  assert.ok(Math.abs((before.x - panned.x) * before.scale - 60) < 8, `${before.x} to ${panned.x}`);
  await page.mouse.wheel(0, -300);
  await page.waitForFunction(([element, old]) => element.view.scale > old, [await page.locator('tw-floor').elementHandle(), panned.scale]);
  await page.getByRole('application', { name: 'Plan of the floor' }).focus();
  const zoomed = await view();
  await page.keyboard.press('-');
  assert.ok((await view()).scale < zoomed.scale);
  await page.getByRole('button', { name: 'Fit' }).click();
  assert.ok(Math.abs((await view()).scale - before.scale) < 1e-6);
  await page.context().close();
});

test('who walks into a zone is told of, and the zone lights up', async () => {
  const page = await openMap();
  await tab(page, 'Events');
  await sendFix('LOST1', 30, 10);
  const flashes = page.waitForFunction((element) => element.flashing.includes(418), await page.locator('tw-floor').elementHandle());
  await sendFix('LOST1', 5, 10);
  await flashes;
  await page.getByText('Lone worker came in').first().waitFor();
  noConsoleErrors(page);
  await page.context().close();
});

test('occupancy is what the server counts', async () => {
  const page = await openMap();
  await tab(page, 'Zones');
  await page.waitForFunction(
    async (element) => {
      const { value } = await (await fetch('/api/v1/points/uwb/zone/417/occupancy')).json();
      return value >= 2 && element.innerText.trim().startsWith(String(value));
    },
    await page.locator('.zone', { hasText: 'Hall' }).locator('.number').elementHandle(),
    { polling: 300 },
  );
  await page.context().close();
});

test('a zone is chosen, and other floors are left out', async () => {
  const page = await openMap();
  await sendFix('LOST1', 5, 15, 4);
  await page.waitForFunction(
    (element) => element.source.shown.find(({ id }) => id === 'LOST1')?.z === 4,
    await page.locator('tw-floor').elementHandle(),
  );
  const onFloor = () => floor(page, (element) => element.source.shown.filter(element.isShown).map(({ id }) => id));
  assert.ok((await onFloor()).includes('BADGE1'));
  await page.getByLabel('Zone', { exact: true }).selectOption({ value: '500' });
  assert.match(page.url(), /zone=500/);
  await page.waitForFunction((element) => element.zones.some(({ id }) => id === 500), await page.locator('tw-floor').elementHandle());
  assert.deepEqual(await onFloor(), ['LOST1'], 'the others are below');
  await page.context().close();
});

test('a tag that fell silent is lost, where it was, and so says the muster list', async () => {
  const page = await openMap();
  await sendFix('LOST1', 12, 12);
  await page.waitForFunction((element) => {
    const { at, state } = element.source.shown.find(({ id }) => id === 'LOST1') ?? {};
    return state === 'lost' && at.x === 12 && at.y === 12;
  }, await page.locator('tw-floor').elementHandle());
  await tagRow(page, 'Lone worker').getByText('Lost: this is where it was last').waitFor({ state: 'attached' });
  await tab(page, 'Muster');
  await page.locator('map-muster summary', { hasText: 'lost' }).waitFor();
  await page.locator('map-muster .person', { hasText: 'Lone worker' }).waitFor();
  await page.locator('map-muster .person', { hasText: 'Spare badge' }).waitFor();
  const href = await page.getByRole('link', { name: 'As CSV' }).getAttribute('href');
  const csv = await page.evaluate(async (at) => (await fetch(at)).text(), href);
  assert.match(csv, /lost,.*LOST1/);
  await screenshot(page, 'map-lost');
  await page.context().close();
});

test('the past is shown as it was stored, and says that it is past', async () => {
  const page = await openMap(users.operator);
  await page.waitForTimeout(4_000); // something to look back at
  await page.getByRole('button', { name: 'Replay' }).click();
  const slider = page.getByLabel('Time that is shown');
  const last = Number(await slider.getAttribute('max'));
  const wanted = Math.floor(last / 1000) * 1000 - 2_000;
  await slider.evaluate((element, time) => {
    element.value = String(time);
    element.dispatchEvent(new Event('input'));
  }, wanted);
  const element = await page.locator('tw-floor').elementHandle();
  await page.waitForFunction((it) => it.isPast && it.source.shown.some(({ id }) => id === 'FORK1'), element);
  const { time } = await floor(page, ({ source }) => ({ time: source.time }));
  const from = new Date(time - 2_000).toISOString();
  const stored = await ask(page, `/api/v1/history?tag=FORK1&from=${from}&to=${new Date(time + 2_000).toISOString()}`);
  const shown = await shownTag(page, 'FORK1');
  const near = stored.series[0].values.filter(({ t }) => Math.abs(Date.parse(t) - time) < 1_000);
  assert.ok(near.length > 0, 'there are fixes around that time');
  assert.ok(near.some(({ v }) => Math.hypot(v.x - shown.x, v.y - shown.y) < speed), 'it is where it was');
  await page.getByText(/^Past: \d{4}-\d\d-\d\d/).waitFor();
  await axe(page);
  await screenshot(page, 'map-replay');
  await page.locator('map-time').getByRole('button', { name: 'Play', exact: true }).click();
  await page.waitForFunction(([it, before]) => it.source.time > before, [element, time]);
  await page.getByRole('button', { name: 'Back to now' }).click();
  await page.getByText(/^Past:/).waitFor({ state: 'detached' });
  await done(page);
});

test('without a link no tag looks fresh, and all come back by themselves', async () => {
  const page = await openMap();
  page.mayFail = true;
  await plant.killRuntime();
  await tagRow(page, 'Forklift 1').getByText('Not heard of lately').waitFor({ state: 'attached' });
  await plant.startRuntime();
  await tagRow(page, 'Forklift 1').getByText('Present').waitFor({ state: 'attached', timeout: 60_000 });
  await page.context().close();
});
