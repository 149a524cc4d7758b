// SPDX-License-Identifier: Apache-2.0
// What `make run` shows in a browser: the plant of the demo, on free ports. The README's pictures are taken here
// (`make screenshots`), after some minutes, so that there is something to see.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { closeBrowser, done, drawn, openPage, screenshot } from './browser.mjs';
import { Program, freePort } from './runtime.mjs';

const demo = join(dirname(fileURLToPath(import.meta.url)), '../../app/manifests/demo');
const gathers = 120_000; // ms of history in the pictures
const running = [];
const plant = {};
let page;

before(async () => {
  const ports = { 1502: await freePort(), 1503: await freePort(), 8080: await freePort() };
  plant.url = `http://127.0.0.1:${ports[8080]}/`;
  plant.folder = await mkdtemp(join(tmpdir(), 'tagwire-demo-'));
  await cp(demo, plant.folder, { recursive: true });
  const manifest = (await readFile(join(demo, 'demo.json'), 'utf8'))
    .replaceAll(/127\.0\.0\.1:(1502|1503|8080)/g, (_, port) => `127.0.0.1:${ports[port]}`)
    .replace('../../../build/demo-data', 'var');
  await writeFile(join(plant.folder, 'demo.json'), manifest);
  for (const [points, port] of [['brewhouse.csv', ports[1502]], ['coldstore.csv', ports[1503]]]) {
    const plc = new Program(plant.folder, 'sim', 'modbus', '--points', points, '--listen', `127.0.0.1:${port}`);
    running.unshift(plc);
    await plc.saysInTime(/listening on/);
  }
  const runtime = new Program(plant.folder, 'run', 'demo.json');
  running.unshift(runtime);
  await runtime.saysInTime(/^ready$/m);
  plant.startedAt = Date.now();
  page = await openPage(plant, { size: 'picture' });
  page.setDefaultTimeout(60_000);
});
after(async () => {
  await closeBrowser();
  for (const each of running) await each.end();
  if (plant.folder) await rm(plant.folder, { recursive: true, force: true });
});

async function show(name, hash, ready) {
  await page.goto(plant.url + hash);
  await ready();
  const notice = page.getByRole('button', { name: 'Dismiss' });
  // One may go by itself meanwhile.
  while ((await notice.count()) > 0) await notice.first().click({ timeout: 1_000 }).catch(() => {});
  await drawn(page);
  await screenshot(page, `readme/${name}`);
}

test('there is no user yet, so signing in is the first run', async () => {
  await page.getByRole('button', { name: 'Account and display' }).click();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Set up Tagwire' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
});

test('the pages open without a login and show the plant', async () => {
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  await page.locator('.facts', { hasText: 'brewery' }).waitFor();
  await page.waitForTimeout(gathers);
  const points = ['room2/temp', 'room2/temp/return', 'compressor1/discharge/pressure', 'room2/door/open'].map((each) => `coldstore/${each}`);
  const range = { from: new Date(plant.startedAt + 2_000).toISOString(), to: new Date().toISOString() };
  await show('trends', `#/trends?${new URLSearchParams({ points: points.join(','), ...range })}`, async () => {
    await page.locator('tw-plot canvas').waitFor();
    await page.locator('trend-legend td.figure', { hasText: /\d/ }).first().waitFor();
    await page.getByText('Loading…').waitFor({ state: 'detached' });
  });
  await show('panel', '#/panel', () => page.locator('panel-tile').getByText(/\d present/).waitFor());
  await show('map', '#/map', async () => {
    await page.locator('map-tag-row', { hasText: 'Forklift 1' }).waitFor();
    await page.waitForTimeout(4_000); // trails
  });
  await show('points', '#/points?under=coldstore&point=coldstore/room2/temp', async () => {
    await page.getByRole('region', { name: 'Details' }).locator('tw-plot canvas').first().waitFor();
    await page.waitForTimeout(15_000); // lines of the last values
  });
  await show('alarms', '#/alarms', () => page.locator('alarm-list').getByText('Cold room 2 warm').waitFor());
  await show('overview', '#/overview', async () => {
    await page.getByRole('row', { name: /cold-store/ }).first().waitFor();
    await page.waitForTimeout(30_000); // lines of the last rates
  });
  await page.emulateMedia({ colorScheme: 'dark' });
  await show('alarms-dark', '#/alarms', () => page.locator('alarm-list').getByText('Cold room 2 warm').waitFor());
  await done(page);
});
