// SPDX-License-Identifier: Apache-2.0
// Fingers on a phone: tap, drag and pinch in the map and in trends; the panel laid out at 360 px; a notice before a dialog.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, closeBrowser, noConsoleErrors, openAs, screenshot } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant, users } from './runtime.mjs';
import { furnish } from './views.mjs';

let plant;
let page;
let fingers;
before(async () => {
  plant = await Plant.start({ change: furnish });
  page = await openAs(plant, users.admin, { size: 'phone', hash: '#/map' });
  fingers = await page.context().newCDPSession(page);
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

const touch = (type, ...points) =>
  fingers.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });

/** Each finger from one place to another, in some steps. */
async function draw(...ways) {
  const steps = 8;
  const at = (step) => ways.map(([[x1, y1], [x2, y2]]) => [x1 + ((x2 - x1) * step) / steps, y1 + ((y2 - y1) * step) / steps]);
  await touch('touchStart', ...at(0));
  for (let step = 1; step <= steps; ++step) await touch('touchMove', ...at(step));
  await touch('touchEnd');
}

const middle = async (locator) => {
  const { x, y, width, height } = await locator.boundingBox();
  return [x + width / 2, y + height / 2];
};

test('the map: a finger drags, two pinch, a tap chooses a tag', async () => {
  const floor = page.locator('tw-floor');
  await page.waitForFunction((it) => it.source?.shown.length >= 2, await floor.elementHandle());
  const view = () => floor.evaluate(({ view: { centre, scale } }) => ({ ...centre, scale }));
  const [x, y] = await middle(floor);
  const before = await view();
  await draw([[x, y], [x + 60, y]]);
  const dragged = await view();
  assert.ok(Math.abs((before.x - dragged.x) * before.scale - 60) < 12, `${before.x} to ${dragged.x}`);
  assert.equal(dragged.scale, before.scale);
  await draw([[x - 20, y], [x - 80, y]], [[x + 20, y], [x + 80, y]]);
  const pinched = await view();
  assert.ok(pinched.scale > dragged.scale * 2, `${dragged.scale} to ${pinched.scale}`);
  await page.getByRole('button', { name: 'Fit' }).click();
  for (let tries = 0; tries < 10 && !/tag=/.test(page.url()); ++tries) {
    // It moves on: a tap may come too late.
    const place = await floor.evaluate((it) => {
      const { left, top, width, height } = it.getBoundingClientRect();
      const { at } = it.source.shown.find(({ id }) => id === 'FORK1');
      const { centre, scale } = it.view;
      return [left + width / 2 + (at.x - centre.x) * scale, top + height / 2 - (at.y - centre.y) * scale];
    });
    await touch('touchStart', place);
    await touch('touchEnd');
    await page.waitForTimeout(100);
  }
  assert.match(page.url(), /tag=(FORK1|BADGE1)/);
  noConsoleErrors(page);
});

test('trends: a finger moves the range, two zoom', async () => {
  await page.goto(`${plant.url}#/trends?points=plc1/boiler/pressure&range=15m`);
  const plot = page.locator('tw-plot .u-over');
  await plot.waitFor();
  await page.locator('trend-legend td.figure', { hasText: /\d/ }).first().waitFor({ state: 'attached' });
  const span = () => {
    const query = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
    return { from: Date.parse(query.get('from')), length: Date.parse(query.get('to')) - Date.parse(query.get('from')) };
  };
  const [x, y] = await middle(plot);
  await draw([[x, y], [x + 50, y]]);
  await page.waitForURL(/from=/);
  const moved = span();
  assert.ok(Math.abs(moved.length - 900_000) < 5_000, `it is as long as before: ${moved.length}`);
  assert.ok(moved.from < Date.now() - 950_000, 'it is earlier');
  await draw([[x - 20, y], [x - 80, y]], [[x + 20, y], [x + 80, y]]);
  for (let tries = 0; tries < 100 && span().length >= moved.length / 2; ++tries) await page.waitForTimeout(100);
  assert.ok(span().length < moved.length / 2, `${moved.length} to ${span().length}`);
  noConsoleErrors(page);
});

test('the panel is laid out at 360 px', async () => {
  await page.goto(`${plant.url}#/panel`);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('button', { name: /^Outlet, / }).waitFor();
  await axe(page);
  await screenshot(page, 'panel-edit-phone');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'it fits');
  await page.getByRole('button', { name: 'Add a tile' }).click();
  await page.locator('panel-form').getByLabel('Name', { exact: true }).fill('Tank');
  await screenshot(page, 'panel-form-phone');
});

test('a new alarm is seen although a dialog is open', async () => {
  const operator = await Operator.at(plant, users.operator);
  await operator.write('plc1/boiler/temp', 85);
  const notice = page.getByRole('link', { name: 'Critical alarm: Boiler hot' });
  await notice.waitFor();
  const [x, y] = await middle(notice);
  const onTop = await page.evaluate(([left, top]) => {
    // The dialog makes all else inert, so that elementFromPoint does not tell what is seen: the top layer's order does.
    const notices = document.querySelector('tw-app').shadowRoot.querySelector('tw-notices');
    return { isOpen: notices.matches(':popover-open'), box: notices.getBoundingClientRect().toJSON(), left, top };
  }, [x, y]);
  assert.equal(onTop.isOpen, true);
  await screenshot(page, 'notice-before-dialog');
  await page.locator('panel-form').getByRole('button', { name: 'Cancel' }).click();
  noConsoleErrors(page);
});
