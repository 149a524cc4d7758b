// SPDX-License-Identifier: Apache-2.0
// A thousand tags that all move: how many pictures a second the map draws.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, noConsoleErrors, openAs, screenshot } from './browser.mjs';
import { Plant, users } from './runtime.mjs';

const many = 1000;

let plant;
before(async () => {
  plant = await Plant.start({
    change: ({ plugins }) => {
      const { config } = plugins.find(({ id }) => id === 'uwb');
      config.tags = Array.from({ length: many }, (_, index) => ({ id: `T${index + 1}`, name: `Badge ${index + 1}` }));
      config.simulate = { interval_ms: 500, speed: 1.4, seed: 3 };
    },
  });
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

test('1,000 moving tags', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/map', size: 'wall' });
  await page.getByRole('tab', { name: `Tags ${many}` }).waitFor();
  await page.waitForTimeout(3_000);
  const rate = await page.locator('tw-floor').evaluate((element) =>
    new Promise((resolve) => {
      const begin = performance.now();
      const before = element.painted;
      setTimeout(() => resolve(((element.painted - before) * 1000) / (performance.now() - begin)), 6_000);
    }),
  );
  console.log(`map: ${rate.toFixed(1)} pictures/s with ${many} moving tags`);
  assert.ok(rate > 30, `${rate.toFixed(1)} pictures/s (30 are due)`);
  await screenshot(page, 'map-load');
  noConsoleErrors(page);
  await page.context().close();
});
