// SPDX-License-Identifier: Apache-2.0
// Each page with what proves that it shows the plant as it is now, and what the plant needs for all of them.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const tiles = [
  { id: 1, name: 'Outlet', type: 'value', endpointIds: [59], x: 0, y: 0 },
  { id: 2, name: 'Pressure', type: 'gauge', endpointIds: [60], x: 2, y: 0, width: 4, min: 0, max: 10 },
  { id: 3, name: 'Feed pump', type: 'switch', endpointIds: [61], x: 6, y: 0, width: 3 },
  { id: 4, name: 'Outlet setpoint', type: 'setpoint', endpointIds: [59], x: 9, y: 0 },
  { id: 5, name: 'Boiler house', type: 'list', endpointIds: [59, 60, 62, 63], x: 0, y: 2 },
  { id: 6, name: 'In the hall', type: 'tags', zone: 417, x: 3, y: 2 },
];
const plan =
  '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"><rect width="400" height="200" fill="#fff"/>' +
  '<path d="M100 0V80M100 120V200" stroke="#333" stroke-width="4"/></svg>';

/** Something for every page: tiles, a plan, alarms that stand from the beginning. */
export async function furnish(manifest, folder) {
  const configOf = (wanted) => manifest.plugins.find(({ id }) => id === wanted).config;
  configOf('web').tiles = tiles;
  await writeFile(join(folder, 'plan.svg'), plan);
  configOf('uwb').zones[0].plan = { image: 'plan.svg', scale: 0.1, origin: [0, 0] };
  const standing = { comparison: 'above', alarm_threshold: 1 };
  configOf('alarms').rules.push(
    { id: 101, name: 'Pressure is there', point: 'plc1/boiler/pressure', severity: 'minor', area: 'boilerhouse', ...standing },
    { id: 102, name: 'Tank is filled', point: 'plc1/tank/level', severity: 'major', area: 'tanks', ...standing },
  );
}

/** Until the text or attribute of this element is another one. */
async function changes(page, locator, attribute) {
  await locator.waitFor({ state: 'attached' });
  const element = await locator.elementHandle();
  const read = ([it, name]) => (name ? it.getAttribute(name) : it.innerText);
  const old = await page.evaluate(read, [element, attribute]);
  await page.waitForFunction(([it, name, before]) => (name ? it.getAttribute(name) : it.innerText) !== before, [
    element,
    attribute,
    old,
  ]);
}

const pointRow = (page, name) => page.getByRole('row').filter({ has: page.locator(`[title="${name}"]`) });
export const valueOf = (page, name) => pointRow(page, name).locator('tw-value .value');
export const tile = (page, name) => page.locator('panel-tile').filter({ has: page.getByRole('heading', { name, exact: true }) });
export const alarmRow = (page, name) =>
  page.locator('alarm-list').getByRole('row').filter({ has: page.getByText(name, { exact: true }) });

const moves = async (page) => {
  await page.locator('map-tag-row', { hasText: 'Forklift 1' }).waitFor();
  await page.waitForFunction((floor) => {
    const at = floor.source.shown.find(({ id }) => id === 'FORK1')?.at;
    const begun = (globalThis.begunAt ??= at && { ...at });
    return at && Math.hypot(at.x - begun.x, at.y - begun.y) > 0.1;
  }, await page.locator('tw-floor').elementHandle());
};

const trend = async (page) => {
  await page.locator('tw-plot canvas').waitFor();
  const row = page.locator('trend-legend tbody tr', { hasText: 'plc1/boiler/pressure' });
  await row.locator('tw-value', { hasText: /\d.*bar/ }).waitFor();
  await row.locator('td.figure', { hasText: /\d/ }).first().waitFor({ state: 'attached' });
  await page.getByText('Loading…').waitFor({ state: 'detached' });
  await changes(page, row.locator('tw-value .value'));
};

/** What was stored so far fills the plot. */
const trendHash = ({ startedAt }) => {
  const points = ['plc1/boiler/temp', 'plc1/boiler/pressure', 'plc1/tank/level', 'plc1/pump/running'].join(',');
  const query = new URLSearchParams({ points, from: new Date(startedAt).toISOString(), to: new Date().toISOString() });
  return `#/trends?${query}`;
};

/** `hash(plant)`, `isLive(page, plant)`: it shows what the plant sends. In the order in which the plant has most to show. */
export const views = [
  {
    name: 'overview',
    hash: () => '#/overview',
    isLive: async (page) => {
      await page.getByRole('heading', { name: 'Plugins' }).waitFor();
      await page.getByRole('row', { name: /boilerhouse 2 1$/ }).waitFor();
      await page.locator('.facts', { hasText: 'test-plant' }).waitFor();
      await page.locator('.figure', { hasText: 'Samples' }).locator('.figure-value', { hasText: /[1-9]/ }).waitFor();
    },
  },
  { name: 'points', hash: () => '#/points?under=plc1', isLive: (page) => changes(page, valueOf(page, 'plc1/boiler/pressure')) },
  { name: 'map', hash: () => '#/map?tag=FORK1', isLive: moves },
  {
    name: 'panel',
    hash: () => '#/panel',
    isLive: async (page) => {
      await tile(page, 'In the hall').getByText('2 present').waitFor();
      await changes(page, tile(page, 'Pressure').locator('rect.fill'), 'width');
    },
  },
  {
    name: 'alarms',
    hash: () => '#/alarms',
    isLive: async (page) => {
      await alarmRow(page, 'Boiler hot').waitFor();
      await alarmRow(page, 'Tank is filled').waitFor();
    },
  },
  {
    name: 'configuration',
    hash: () => '#/configuration?tab=manifest',
    isLive: async (page, { folder }) => {
      const text = await readFile(join(folder, 'manifest.json'), 'utf8');
      const area = page.getByLabel('Text of the manifest');
      await area.waitFor();
      await page.waitForFunction(([it, wanted]) => it.value === wanted, [await area.elementHandle(), text]);
    },
  },
  {
    name: 'log',
    hash: () => '#/log?tab=events',
    isLive: (page) => page.locator('log-event-row', { hasText: /Boiler hot: .* → ALARM/ }).first().waitFor(),
  },
  { name: 'trends', hash: trendHash, isLive: trend },
];
