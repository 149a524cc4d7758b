// SPDX-License-Identifier: Apache-2.0
// Trends: stored and live values in one plot, zoom that brings detail, gaps, links, exports.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { closeBrowser, done, look, noConsoleErrors, openAs } from './browser.mjs';
import { Plant, users } from './runtime.mjs';

const shown = ['plc1/boiler/temp', 'plc1/boiler/pressure', 'plc1/tank/level', 'plc1/pump/running'];
const place = (points, rest = 'range=15m') => `#/trends?points=${encodeURIComponent(points.join(','))}&${rest}`;

let plant;
before(async () => (plant = await Plant.start()));
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

const row = (page, point) => page.locator('trend-legend tbody tr', { hasText: point });

async function ready(page) {
  await page.locator('tw-plot canvas').waitFor();
  await row(page, 'plc1/boiler/pressure').locator('tw-value', { hasText: /\d.*bar/ }).waitFor();
  await page.locator('trend-legend td.figure', { hasText: /\d/ }).first().waitFor({ state: 'attached' });
  await page.getByText('Loading…').waitFor({ state: 'detached' });
}

/** As whoever is logged in on this page. */
function write(page, point, value) {
  return page.evaluate(
    async ([name, wanted]) => {
      const { csrf } = await (await fetch('/api/v1/session')).json();
      const answer = await fetch('/api/v1/commands', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
        body: JSON.stringify({ point: name, value: wanted }),
      });
      return answer.status;
    },
    [point, value],
  );
}

/** Lengths of the buckets that are asked for, in ms. */
function intervals(page) {
  const found = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname === '/api/v1/history') found.push(parseInt(url.searchParams.get('interval') ?? '0', 10));
  });
  return found;
}

/** Until it holds. */
async function until(holds, what) {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) assert.fail(`it did not come true in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const hash = (page) => new URL(page.url()).hash;

test('trends look right in every size and colour', async () => {
  await look(plant, users.viewer, 'trends', place(shown), ready);
});

test('live values are appended, told at the cursor, and stored', async () => {
  const page = await openAs(plant, users.operator, { hash: place(['plc1/boiler/temp', 'plc1/boiler/pressure']) });
  await ready(page);
  const temp = row(page, 'plc1/boiler/temp');
  const max = temp.locator('td.figure').nth(2);
  await until(async () => (await max.innerText()) === '20', 'the highest value is 20');
  assert.equal(await write(page, 'plc1/boiler/temp', 55), 200);
  await until(async () => (await max.innerText()) === '55', 'the plot has the new value without loading anew');
  await temp.locator('tw-value', { hasText: '55' }).waitFor();
  const box = await page.locator('tw-plot .u-over').boundingBox();
  await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
  await until(async () => /55.*°C/.test(await temp.locator('td.at').innerText()), 'the value at the cursor');
  assert.match(await page.locator('trend-legend thead').innerText(), /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
  assert.equal(await write(page, 'plc1/boiler/temp', 20), 200);
  // Who looks at it later has it from the history.
  const [from, to] = [new Date(Date.now() - 300_000).toISOString(), new Date(Date.now() + 5_000).toISOString()];
  const later = await openAs(plant, users.viewer, { hash: place(['plc1/boiler/temp', 'plc1/boiler/pressure'], `from=${from}&to=${to}`) });
  await ready(later);
  await until(async () => (await row(later, 'plc1/boiler/temp').locator('td.figure').nth(2).innerText()) === '55', 'it is stored');
  for (const each of [page, later]) {
    await done(each);
  }
});

test('zoom asks for finer values; the address is a link to the same', async () => {
  const page = await openAs(plant, users.viewer, { hash: place(shown) });
  const asked = intervals(page);
  await page.reload();
  await ready(page);
  await until(() => asked.length > 0, 'the history is asked');
  const coarse = asked.at(-1);
  const box = await page.locator('tw-plot .u-over').boundingBox();
  await page.mouse.move(box.x + box.width * 0.97, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 4, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.getByText('Stands still').waitFor();
  await until(() => asked.at(-1) > 0 && asked.at(-1) < coarse, `shorter buckets than ${coarse} ms`);
  await until(() => /from=.*to=.*zone=Asia%2FKolkata/.test(hash(page)), 'range and zone stand in the address');
  const told = await page.locator('.told .times').innerText();
  const other = await openAs(plant, users.viewer, { hash: hash(page) });
  await ready(other);
  assert.equal(await other.locator('.told .times').innerText(), told);
  await other.context().close();
  await page.getByRole('button', { name: 'Follow' }).click();
  await page.getByText('Follows what is new').waitFor();
  await until(() => /range=15m/.test(hash(page)), 'it follows again');
  noConsoleErrors(page);
  await page.context().close();
});

test('moving, the wheel, keys and a range from to', async () => {
  const page = await openAs(plant, users.viewer, { hash: place(shown) });
  await ready(page);
  const times = () => page.locator('.told .times').innerText();
  const steps = [
    ['a button', () => page.getByRole('button', { name: 'Earlier' }).click()],
    ['Shift and drag', async () => {
      const box = await page.locator('tw-plot .u-over').boundingBox();
      await page.mouse.move(box.x + 200, box.y + 50);
      await page.keyboard.down('Shift');
      await page.mouse.down();
      await page.mouse.move(box.x + 300, box.y + 50, { steps: 4 });
      await page.mouse.up();
      await page.keyboard.up('Shift');
    }],
    ['the wheel', () => page.mouse.wheel(0, 100)],
    ['a key', async () => {
      await page.locator('tw-plot .place').focus();
      await page.keyboard.press('Shift+ArrowLeft');
    }],
  ];
  let seen = await times();
  for (const [what, step] of steps) {
    await step();
    await until(async () => (await times()) !== seen, `${what} changes the range`);
    seen = await times();
  }
  await page.getByRole('button', { name: 'From – to…' }).click();
  await page.getByLabel('From', { exact: true }).fill('2026-03-01T10:00');
  await page.getByLabel('To', { exact: true }).fill('2026-03-01T09:00');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByText('The end has to be a second or more after the beginning').waitFor();
  await page.getByLabel('To', { exact: true }).fill('2026-03-01T11:00');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await until(() => /from=2026-03-01T04%3A30%3A00/.test(hash(page)), 'times are of the zone that is shown');
  noConsoleErrors(page);
  await page.context().close();
});

test('points are picked, hidden and taken out; names stay text', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/trends' });
  await page.getByRole('heading', { name: 'Nothing to draw yet' }).waitFor();
  const picker = page.getByRole('combobox', { name: 'Add a point' });
  for (const [words, name] of [['steam', 'plc1/boiler/pressure'], ['evil', 'plc1/evil/text']]) {
    await picker.fill(words);
    await page.getByRole('option', { name: new RegExp(name) }).click();
    await row(page, name).waitFor();
  }
  await page.getByText('<script>globalThis.wasRun').first().waitFor();
  assert.equal(await page.evaluate(() => globalThis.wasRun), undefined);
  await until(() => decodeURIComponent(hash(page)).includes('points=plc1/boiler/pressure,plc1/evil/text'), 'the address has them');
  await page.getByRole('checkbox', { name: 'Show plc1/evil/text' }).uncheck();
  await until(() => /hidden=plc1%2Fevil/.test(hash(page)), 'what is hidden is in the address');
  await page.getByRole('button', { name: 'Take plc1/evil/text out' }).click();
  await until(async () => (await row(page, 'plc1/evil/text').count()) === 0, 'it is gone');
  await done(page);
});

test('a picture, what is seen and what is stored can be taken along', async () => {
  const page = await openAs(plant, users.viewer, { hash: place(shown) });
  await ready(page);
  const take = async (press) => {
    await page.getByRole('button', { name: 'Share, export' }).click();
    assert.match(await page.getByLabel('Link to this trend').inputValue(), /points=plc1%2Fboiler%2Ftemp/);
    const [download] = await Promise.all([page.waitForEvent('download'), press()]);
    const bytes = await readFile(await download.path());
    await page.getByRole('button', { name: 'Close' }).click();
    return bytes;
  };
  const png = await take(() => page.getByRole('button', { name: /Picture/ }).click());
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.ok(png.readUInt32BE(16) > 600, 'it is as wide as the plot');
  const seen = (await take(() => page.getByRole('button', { name: /What is seen/ }).click())).toString();
  assert.match(seen, /^\ufefftime,plc1\/boiler\/temp \(°C\),plc1\/boiler\/temp \(°C\) min,/);
  assert.match(seen, /\r\n\d{4}-\d\d-\d\dT[\d:.]+Z,20,20,20,[45]\.\d+,/);
  const stored = (await take(() => page.getByRole('link', { name: /Every stored value/ }).click())).toString();
  assert.match(stored, /^time,point,value,quality,unit/);
  assert.match(stored, /plc1\/boiler\/temp,20(\.0)?,good/);
  noConsoleErrors(page);
  await page.context().close();
});

test('a dead PLC and a dead server leave gaps; afterwards it goes on', async () => {
  const page = await openAs(plant, users.viewer, { hash: place(['plc1/boiler/pressure', 'plc1/pump/running']) });
  await ready(page);
  await plant.stopPlc();
  await row(page, 'plc1/boiler/pressure').getByText(/^Bad/).waitFor({ state: 'attached' });
  const atEdge = async () => {
    // The bar that tells of a lost link moves the plot.
    const box = await page.locator('tw-plot .u-over').boundingBox();
    await page.mouse.move(box.x + box.width - 3, box.y + box.height / 2);
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
    return row(page, 'plc1/boiler/pressure').locator('td.at').innerText();
  };
  await until(async () => /no value/.test(await atEdge()), 'a hole while the value is bad');
  await plant.startPlc();
  await until(async () => /bar/.test(await atEdge()), 'and values again');
  page.mayFail = true;
  await plant.killRuntime();
  await page.getByText('The link to the server is lost').waitFor();
  await until(async () => /no value/.test(await atEdge()), 'nothing goes on while the link is lost');
  await new Promise((resolve) => setTimeout(resolve, 8_000)); // longer than two buckets
  await plant.startRuntime();
  await page.getByText(/Tagwire did not run between/).waitFor({ timeout: 60_000 });
  await until(async () => /bar/.test(await atEdge()), 'it goes on by itself');
  await page.context().close();
});
