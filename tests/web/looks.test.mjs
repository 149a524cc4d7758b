// SPDX-License-Identifier: Apache-2.0
// Pages before the real program, each once and quickly: it shows the plant as it is, in light, in dark and on a phone.
// TAGWIRE_PART=1/4 looks at every fourth of `views.mjs`, from the first. What a page does in detail has a test of its own,
// which takes longer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, done, lookAtDesk, lookAtPhone, openAs, openBrowser, openLike } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant, users } from './runtime.mjs';
import { furnish, views } from './views.mjs';

const [part, parts] = (process.env.TAGWIRE_PART ?? '1/1').split('/').map(Number);
const looked = views.filter((view, index) => index % parts === part - 1);
let plant;
let desk;
let phone;
before(async () => {
  [plant] = await Promise.all([Plant.start({ change: furnish }), openBrowser()]);
  const operator = await Operator.at(plant, users.operator);
  await operator.write('plc1/boiler/temp', 85); // an alarm, and another that is acknowledged
  await operator.until(101, ({ condition }) => condition !== 'Normal');
  await operator.ask('POST', 'api/v1/alarms/101/ack', {});
  desk = await openAs(plant, users.admin, { hash: '#/overview' });
  phone = await openLike(plant, desk, { size: 'phone' });
});
after(async () => {
  assert.equal(await desk.evaluate(() => globalThis.wasRun), undefined);
  await done(desk, phone);
  await closeBrowser();
  await plant?.stop();
});

test('there is something to look at', () => assert.ok(looked.length > 0));

for (const { name, hash, isLive } of looked) {
  test(name, async () => {
    const place = plant.url + hash(plant);
    await Promise.all([desk.goto(place), phone.goto(place)]);
    await Promise.all([isLive(desk, plant), isLive(phone, plant)]);
    await lookAtDesk(desk, name);
    await desk.emulateMedia({ colorScheme: 'light' });
    await lookAtPhone(phone, name);
  });
}
