// SPDX-License-Identifier: Apache-2.0
// The page of alarms: order, actions, inhibited ones, filters, sound, notices, history, figures, trips, rights.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, done, look, noConsoleErrors, noForeignRequests, openAs } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant, evil, users } from './runtime.mjs';

const hot = 'plc1/boiler/temp';
let plant;
let operator;

/** Three alarms that stand from the beginning, a trip that can come, and what comes with the boiler's temperature. */
function edit(manifest) {
  const { config } = manifest.plugins.find(({ id }) => id === 'alarms');
  config.groups = [{ id: 'steam', first_out: true }];
  const standing = { comparison: 'above', area: 'boilerhouse/steam', group: 'steam' };
  config.rules.push(
    { id: 101, name: 'Pressure is there', point: 'plc1/boiler/pressure', alarm_threshold: 1, severity: 'minor', ...standing },
    { id: 102, name: 'Tank is filled', point: 'plc1/tank/level', alarm_threshold: 1, severity: 'major', on_delay_ms: 700, ...standing },
    { id: 103, name: `Odd ${evil}`, point: 'plc1/tank/level', comparison: 'above', alarm_threshold: 1, severity: 'info', area: 'tanks' },
    { id: 104, name: 'Boiler warm', point: hot, comparison: 'above', alarm_threshold: 50, severity: 'major', area: 'boilerhouse', guidance: 'Open the damper.' },
  );
  manifest.interlocks.push({
    id: 9,
    name: 'Boiler overheated',
    mode: 'trip',
    points: ['plc1/valve/open'],
    severity: 'critical',
    startup_ms: 120_000, // a busy machine may take its time to the first value
    conditions: [{ type: 'range', point: hot, max: 110 }],
  });
}

before(async () => {
  plant = await Plant.start({ change: edit });
  operator = await Operator.at(plant, users.operator);
  for (const rule of [101, 102, 103]) await operator.until(rule, ({ state }) => state === 'ALARM');
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

const list = (page) => page.locator('alarm-list');
const row = (page, name) => list(page).getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
const heading = (page, text) => list(page).locator('.heading', { hasText: text });
const details = (page) => page.locator('alarm-details');
// What is slotted in is no descendant of the <dialog>.
const dialogOf = (page) => page.locator('alarm-action-dialog');

/** Names and headings in the order in which they stand. */
async function order(page) {
  const rows = await list(page).locator('alarm-row').all();
  const read = await Promise.all(rows.map(async (each) => ({
    top: (await each.boundingBox()).y,
    text: (await each.locator('.title, .heading').first().innerText()).trim(),
  })));
  return read.sort((one, other) => one.top - other.top).map(({ text }) => text.replace(/\s+/g, ' '));
}

async function cycle(...temperatures) {
  for (const each of temperatures) {
    await operator.write(hot, each);
    await operator.until(104, ({ state }) => state === (each >= 50 ? 'ALARM' : 'OK'));
    await operator.until(77, ({ state }) => state === (each >= 80 ? 'ALARM' : each >= 75 ? 'WARNING' : 'OK'));
  }
}

test('the list stands in the order of ISA-18.2, the returned ones apart, first-out marked', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/alarms' });
  await row(page, 'Tank is filled').waitFor();
  await cycle(85, 20);
  await row(page, 'Boiler hot').getByText('Returned', { exact: true }).waitFor();
  assert.deepEqual(await order(page), [
    'To be acknowledged 3',
    'Tank is filled',
    'Pressure is there',
    `Odd ${evil}`,
    'Returned to normal, to be acknowledged 2',
    'Boiler hot',
    'Boiler warm',
  ]);
  await row(page, 'Pressure is there').getByText('First out').waitFor();
  assert.equal(await list(page).getByText('First out').count(), 1);
  assert.equal(await page.evaluate(() => globalThis.wasRun), undefined);
  await done(page);
});

test('one is acknowledged by a click, several with a comment, and the list moves on', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/alarms' });
  await page.getByRole('button', { name: 'Ack: Tank is filled', exact: true }).click();
  await heading(page, 'Acknowledged, still there').waitFor();
  assert.equal((await operator.alarm(102)).acknowledged_by, users.operator.name);
  await page.getByLabel('Choose Boiler hot').check();
  await page.getByLabel('Choose Pressure is there').check();
  await page.getByText('2 chosen').first().waitFor();
  await page.getByRole('group', { name: '2 chosen' }).getByRole('button', { name: 'Acknowledge' }).click();
  const dialog = dialogOf(page);
  await dialog.getByLabel(/Comment/).fill('seen by the shift');
  await dialog.getByRole('button', { name: 'Acknowledge (2)' }).click();
  await page.getByText('2 alarms acknowledged').waitFor();
  await row(page, 'Boiler hot').waitFor({ state: 'detached' });
  assert.equal((await operator.alarm(101)).comment, 'seen by the shift');
  assert.equal((await operator.alarm(77)).condition, 'Normal');
  assert.deepEqual((await order(page)).slice(-2), ['Returned to normal, to be acknowledged 1', 'Boiler warm']);
  noConsoleErrors(page);
  await page.context().close();
});

test('details: what to do, the value now, what was lately, a comment', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/alarms' });
  await row(page, 'Boiler warm').getByText('Boiler warm').click();
  await details(page).getByText('Open the damper.').waitFor();
  await details(page).locator('tw-value .value', { hasText: /^20$/ }).waitFor();
  await details(page).getByText('Alarm → Normal').first().waitFor();
  await details(page).getByRole('button', { name: 'Comment…', exact: true }).click();
  await dialogOf(page).getByRole('textbox', { name: 'Comment' }).fill('the damper sticks');
  await dialogOf(page).getByRole('button', { name: 'Comment', exact: true }).click();
  await details(page).locator('q', { hasText: 'the damper sticks' }).waitFor();
  assert.equal((await operator.alarm(104)).comment, 'the damper sticks');
  await page.context().close();
});

test('shelved for a time, and back; out of service by who may', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/alarms?rule=102' });
  await details(page).getByRole('button', { name: 'Shelve…' }).click();
  assert.equal(await details(page).getByRole('button', { name: 'Suppress…' }).count(), 0, 'an operator may not');
  const dialog = dialogOf(page);
  await dialog.getByRole('button', { name: 'Other…' }).click();
  await dialog.getByLabel('Minutes').fill('30');
  await dialog.getByLabel(/^Once/).check();
  await dialog.getByRole('button', { name: 'Shelve', exact: true }).click();
  await row(page, 'Tank is filled').waitFor({ state: 'detached' });
  const { shelved_until: until, shelved_by: by } = await operator.alarm(102);
  assert.equal(by, users.operator.name);
  assert.ok(Math.abs(Date.parse(until) - Date.now() - 30 * 60_000) < 60_000, 'half an hour');
  await page.getByRole('link', { name: /^Inhibited/ }).click();
  await heading(page, 'Shelved').waitFor();
  await page.getByRole('button', { name: 'Unshelve: Tank is filled' }).click();
  await dialogOf(page).getByRole('button', { name: 'Unshelve' }).click();
  await page.getByText('Nothing is shelved, suppressed or out of service').waitFor();
  await page.context().close();

  const admin = await openAs(plant, users.admin, { hash: '#/alarms?rule=102' });
  await details(admin).getByRole('button', { name: 'Out of service…' }).click();
  await dialogOf(admin).getByRole('button', { name: 'Take out of service' }).click();
  await operator.until(102, ({ condition }) => condition === 'Out-of-Service');
  await admin.getByRole('link', { name: /^Inhibited/ }).click();
  await admin.getByRole('button', { name: 'In service: Tank is filled' }).click();
  await dialogOf(admin).getByRole('button', { name: 'Put back in service' }).click();
  await operator.until(102, ({ condition }) => condition !== 'Out-of-Service');
  await admin.context().close();
});

test('area, severity, state and words narrow the list, and stand in the address', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/alarms' });
  const tree = page.getByRole('grid', { name: 'Areas' });
  await tree.getByText('steam', { exact: true }).click();
  await row(page, 'Boiler warm').waitFor({ state: 'detached' });
  assert.equal(await list(page).locator('alarm-row .title').count(), 2);
  await tree.getByText('Whole site', { exact: true }).click();
  await page.getByRole('group', { name: 'Severities' }).getByRole('button', { name: 'Info' }).click();
  await row(page, 'Pressure is there').waitFor({ state: 'detached' });
  assert.match(page.url(), /severity=info/);
  await page.reload();
  await row(page, `Odd ${evil}`).waitFor();
  assert.equal(await list(page).locator('alarm-row .title').count(), 1);
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByLabel('Search alarms').fill('press steam');
  await row(page, `Odd ${evil}`).waitFor({ state: 'detached' });
  assert.equal(await list(page).locator('alarm-row .title').count(), 1);
  await page.getByLabel('Search alarms').fill('');
  await page.getByLabel('State').selectOption('returned');
  await row(page, 'Pressure is there').waitFor({ state: 'detached' });
  await row(page, 'Boiler warm').waitFor();
  await page.context().close();
});

test('a viewer sees all and is offered nothing', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/alarms?rule=104' });
  await details(page).getByText('Condition').waitFor();
  assert.equal(await page.getByRole('button', { name: /Ack|Shelve|Comment…|Suppress|Out of service/ }).count(), 0);
  await page.goto(`${plant.url}#/alarms?tab=rules`);
  await page.getByText('Tank is filled').waitFor();
  assert.equal(await page.getByRole('button', { name: 'New rule' }).count(), 0);
  await page.context().close();
});

test('a new alarm is told on every page, and its notice leads to it', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/overview' });
  await page.locator('tw-alarm-badge').getByText(/\d/).first().waitFor();
  await cycle(20, 85);
  const notice = page.getByRole('link', { name: 'Critical alarm: Boiler hot' }).first();
  await notice.waitFor();
  await page.locator('tw-alarm-badge').getByText(/\d/).first().waitFor();
  await notice.click();
  await details(page).getByRole('heading', { name: 'Boiler hot' }).waitFor();
  await cycle(20);
  noConsoleErrors(page);
  await page.context().close();
});

test('alarms are heard after a click, silenced until a new one, also over a reload', async () => {
  await operator.ask('POST', 'api/v1/alarms/ack', { rule_ids: [77, 101, 102, 103, 104] });
  const page = await openAs(plant, users.operator, { hash: '#/alarms' });
  const listen = () =>
    page.evaluate(() => {
      const Real = globalThis.OscillatorNode;
      globalThis.tones = [];
      globalThis.OscillatorNode = class extends Real {
        constructor(context, options) {
          super(context, options);
          globalThis.tones.push(options.frequency);
        }
      };
    });
  const tones = () => page.evaluate(() => globalThis.tones.splice(0));
  const heard = (frequency) => page.waitForFunction((wanted) => globalThis.tones.includes(wanted), frequency);
  const critical = 988;
  const header = page.locator('header tw-alarm-sound').getByRole('button');
  await listen();
  await cycle(85);
  await page.getByRole('button', { name: 'Ack: Boiler hot' }).waitFor();
  assert.deepEqual(await tones(), [], 'nothing is heard before somebody wants it');
  await page.getByRole('button', { name: 'Turn the sound of alarms on' }).last().click();
  await heard(critical);
  await header.and(page.getByLabel('Silence')).click();
  await page.getByRole('button', { name: /^Silenced until a new alarm/ }).first().waitFor();
  await tones();
  await page.reload();
  await page.getByRole('button', { name: 'Ack: Boiler hot' }).waitFor();
  await listen();
  await header.and(page.getByLabel('Sound waits for a click')).click();
  await page.getByRole('button', { name: /^Silenced until a new alarm/ }).first().waitFor();
  assert.deepEqual(await tones(), [], 'it stays silent over a reload');
  await cycle(20, 85);
  await heard(critical);
  await operator.ask('POST', 'api/v1/alarms/ack', { rule_ids: [77, 104] });
  await page.getByRole('button', { name: 'Turn the sound of alarms off' }).first().waitFor();
  await cycle(20);
  noConsoleErrors(page);
  await page.context().close();
});

test('a trip stands in the list, is explained, and is reset when that is possible', async () => {
  const page = await openAs(plant, users.operator, { hash: '#/alarms' });
  await operator.write(hot, 115);
  await row(page, 'Boiler overheated').getByText('Tripped', { exact: true }).waitFor();
  await row(page, 'Boiler overheated').locator('.title').click();
  await details(page).getByText(/not met/).waitFor();
  page.mayFail = true; // the browser reports the 409
  const reset = async () => {
    await page.getByRole('button', { name: 'Reset…: Boiler overheated' }).click();
    await dialogOf(page).getByLabel(/Comment/).fill('cooled down');
    await dialogOf(page).getByRole('button', { name: 'Reset the trip' }).click();
  };
  await reset();
  await dialogOf(page).getByText('It did not work', { exact: true }).waitFor();
  await dialogOf(page).getByRole('button', { name: 'Close' }).last().click();
  page.mayFail = false;
  await operator.write(hot, 20);
  await row(page, 'Boiler overheated').getByText('Resettable', { exact: true }).waitFor();
  await reset();
  await row(page, 'Boiler overheated').waitFor({ state: 'detached' });
  await page.context().close();
});

test('history: by rule and state, page by page, and as CSV', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/alarms?tab=history&rules=boiler%20hot' });
  const table = page.getByRole('region', { name: 'History of alarms' });
  await table.getByRole('cell', { name: 'Normal → Alarm' }).first().waitFor();
  await page.getByText('1 rule fits').waitFor();
  assert.equal(await table.getByText('Tank is filled').count(), 0);
  await table.getByRole('cell', { name: 'seen by the shift' }).waitFor();
  await page.getByLabel('Changes to').selectOption('OK');
  await table.getByRole('cell', { name: 'Acknowledged' }).first().waitFor({ state: 'detached' });
  await table.getByRole('cell', { name: 'Alarm → Normal' }).first().waitFor();
  const href = await page.getByRole('link', { name: 'CSV' }).getAttribute('href');
  const csv = await page.evaluate(async (path) => (await fetch(path)).text(), href);
  assert.match(csv, /^seq,ts,type,rule_id/);
  assert.match(csv, /Boiler hot/);
  assert.doesNotMatch(csv, /Tank is filled/);
  for (let at = 0; at < 105; ++at) await operator.ask('POST', 'api/v1/alarms/101/comment', { comment: `note ${at}` });
  await page.goto(`${plant.url}#/alarms?tab=history&rules=101`);
  await table.getByRole('cell', { name: 'note 104' }).waitFor();
  assert.equal(await table.getByRole('row').count(), 101);
  await page.getByRole('button', { name: 'Older' }).click();
  await table.getByRole('cell', { name: 'note 4', exact: true }).waitFor();
  assert.equal(await table.getByRole('cell', { name: 'note 104' }).count(), 0);
  await page.getByRole('button', { name: 'Newer' }).click();
  await table.getByRole('cell', { name: 'note 104' }).waitFor();
  noConsoleErrors(page);
  await page.context().close();
});

test('figures are those of the server, with plots', async () => {
  const page = await openAs(plant, users.viewer, { hash: '#/alarms?tab=figures' });
  await page.locator('alarm-figures tw-plot canvas').nth(1).waitFor();
  const { total, most_frequent: most } = await operator.ask('GET', 'api/v1/alarms/statistics');
  const tile = page.locator('alarm-figures .tile').filter({ has: page.getByText('Alarms', { exact: true }) });
  assert.equal(await tile.locator('dd').first().innerText(), String(total));
  const table = page.locator('alarm-figures table').first();
  await table.getByRole('link', { name: most[0].rule_name, exact: true }).waitFor();
  noConsoleErrors(page);
  await page.context().close();
});

test('a lost link: nothing looks fresh, nothing can be done, and it comes back', async () => {
  await cycle(20, 85);
  const page = await openAs(plant, users.operator, { hash: '#/alarms' });
  const ack = page.getByRole('button', { name: 'Ack: Boiler hot' });
  await ack.waitFor();
  page.mayFail = true;
  await plant.killRuntime();
  await page.getByText('Not known: the link is lost. What stands here is old.').waitFor();
  assert.equal(await ack.isDisabled(), true);
  await plant.startRuntime();
  await page.getByText('Not known: the link is lost').waitFor({ state: 'detached', timeout: 60_000 });
  await ack.click();
  await ack.waitFor({ state: 'detached' });
  operator = await Operator.at(plant, users.operator);
  await cycle(20);
  noForeignRequests(page);
  await page.context().close();
});

test('all of it looks right in every size and colour', async () => {
  await cycle(85);
  await look(plant, users.admin, 'alarms', '#/alarms', (page) => row(page, 'Boiler hot').waitFor());
  await look(plant, users.admin, 'alarm-details', '#/alarms?rule=104', (page) => details(page).getByText('Open the damper.').waitFor());
  await look(plant, users.admin, 'alarm-history', '#/alarms?tab=history', (page) => page.getByRole('cell', { name: 'Boiler hot' }).first().waitFor());
  await look(plant, users.admin, 'alarm-figures', '#/alarms?tab=figures', (page) => page.locator('tw-plot canvas').first().waitFor());
});
