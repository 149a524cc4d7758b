// SPDX-License-Identifier: Apache-2.0
// Rules of alarms by form: made, refused at their fields, changed, changed by two at once, deleted.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, done, look, noConsoleErrors, openAs } from './browser.mjs';
import { Operator } from './operator.mjs';
import { Plant, users } from './runtime.mjs';

let plant;
let admin;
before(async () => {
  plant = await Plant.start();
  admin = await Operator.at(plant, users.admin);
});
after(async () => {
  await closeBrowser();
  await plant?.stop();
});

const editor = (page) => page.locator('rule-editor');
const field = (page, key) => editor(page).locator(`[data-key="${key}"]`);
const input = (page, key) => field(page, key).locator('input');
const rules = () => admin.ask('GET', 'api/v1/alarm-rules');
const named = async (name) => (await rules()).find((each) => each.name === name);

/** By its description, as people know it. */
async function pick(page, key, words, name) {
  await input(page, key).fill(words);
  const option = field(page, key).getByRole('option').filter({ hasText: name });
  await option.waitFor();
  await option.click();
  assert.equal(await input(page, key).inputValue(), name);
}

async function save(page, button = 'Save the rule') {
  await editor(page).getByRole('button', { name: button }).click();
}

test('a rule is made by form: errors stand at their fields, the point is found by its description', async () => {
  const page = await openAs(plant, users.admin, { hash: '#/alarms?tab=rules' });
  await page.getByRole('button', { name: 'New rule' }).click();
  await input(page, 'name').fill('Steam pressure low');
  await editor(page).getByLabel('Comparison').selectOption('below');
  await input(page, 'warning_threshold').fill('high');
  page.mayFail = true; // the browser reports the 400
  await save(page, 'Make the rule');
  await field(page, 'warning_threshold').getByRole('alert').getByText(/a number is due/).waitFor();
  await input(page, 'warning_threshold').fill('1');
  await input(page, 'alarm_threshold').fill('100');
  await pick(page, 'point', 'steam', 'plc1/boiler/pressure');
  await field(page, 'point').getByText('Steam pressure', { exact: true }).last().waitFor();
  await save(page, 'Make the rule');
  await field(page, 'warning_threshold').getByRole('alert').getByText(/under alarm_threshold 100/).waitFor();
  page.mayFail = false;
  await input(page, 'warning_threshold').fill('200');
  await input(page, 'on_delay_ms').fill('0.5');
  await editor(page).getByLabel('Area').fill('boilerhouse/steam');
  await editor(page).getByLabel('Severity').selectOption('critical');
  await save(page, 'Make the rule');
  await editor(page).getByText(/^Version 1/).waitFor();
  const made = await named('Steam pressure low');
  assert.deepEqual(
    [made.comparison, made.point, made.alarm_threshold, made.warning_threshold, made.on_delay_ms, made.area, made.severity],
    ['below', 'plc1/boiler/pressure', 100, 200, 500, 'boilerhouse/steam', 'critical'],
  );
  await page.getByRole('link', { name: 'Critical alarm: Steam pressure low' }).first().waitFor();
  await done(page);
});

test('every comparison has its own fields', async () => {
  const page = await openAs(plant, users.admin, { hash: '#/alarms?tab=rules&rule=new' });
  const keys = {
    above: ['alarm_threshold', 'warning_threshold', 'deadband'],
    outside_range: ['alarm_threshold_low', 'alarm_threshold_high', 'warning_threshold_low', 'warning_threshold_high', 'deadband'],
    not_equals: ['alarm_threshold'],
    rate_of_change: ['alarm_threshold', 'warning_threshold', 'window_ms', 'direction', 'deadband'],
    deviation: ['reference', 'alarm_threshold', 'warning_threshold', 'deadband'],
    stale: ['stale_after_ms', 'warning_after_ms'],
    bad_quality: ['warning_on_uncertain'],
    discrete: ['alarm_values', 'warning_values'],
    expression: ['when', 'warning_when'],
  };
  const all = new Set(Object.values(keys).flat());
  for (const [comparison, due] of Object.entries(keys)) {
    await editor(page).getByLabel('Comparison').first().selectOption(comparison);
    await field(page, due[0]).waitFor();
    for (const key of all) assert.equal(await field(page, key).count(), due.includes(key) ? 1 : 0, `${comparison}: ${key}`);
  }
  noConsoleErrors(page);
  await page.context().close();
});

test('an expression is put together, and an error stands at its condition', async () => {
  const page = await openAs(plant, users.admin, { hash: '#/alarms?tab=rules&rule=new' });
  await input(page, 'name').fill('Cold while it burns');
  await editor(page).getByLabel('Comparison').selectOption('expression');
  await field(page, 'when').getByRole('button', { name: 'Add a condition' }).click();
  await editor(page).getByLabel('What kind of condition: Alarm when').selectOption('all');
  await pick(page, 'when.all[0].point', 'outlet', 'plc1/boiler/temp');
  await field(page, 'when.all[0].comparison').locator('select').selectOption('below');
  await field(page, 'when').getByRole('button', { name: 'Add a condition' }).click();
  await editor(page).getByLabel('What kind of condition: when.all[1]').selectOption('not');
  await input(page, 'when.all[1].not.point').fill('plc1/pump/nowhere');
  await field(page, 'when.all[1].not.comparison').locator('select').selectOption('equals');
  await input(page, 'when.all[1].not.value').fill('true');
  page.mayFail = true; // the browser reports the 400
  await save(page, 'Make the rule');
  await field(page, 'when.all[0].threshold').getByText(/missing/).waitFor();
  await field(page, 'when.all[1].not.point').getByText(/no such point/).waitFor();
  page.mayFail = false;
  await input(page, 'when.all[0].threshold').fill('30');
  await input(page, 'when.all[1].not.point').fill('plc1/pump/run');
  await save(page, 'Make the rule');
  await editor(page).getByText(/^Version 1/).waitFor();
  const { when } = await named('Cold while it burns');
  assert.deepEqual(when, {
    all: [
      { point: 'plc1/boiler/temp', comparison: 'below', threshold: 30 },
      { not: { point: 'plc1/pump/run', comparison: 'equals', value: 'true' } },
    ],
  });
  const { id } = await named('Cold while it burns');
  await admin.until(id, ({ state }) => state === 'ALARM');
  noConsoleErrors(page);
  await page.context().close();
});

test('a schedule and words are kept', async () => {
  const { id } = await named('Steam pressure low');
  const page = await openAs(plant, users.admin, { hash: `#/alarms?tab=rules&rule=${id}` });
  await field(page, 'point').getByText('Steam pressure', { exact: true }).waitFor();
  await editor(page).getByRole('button', { name: 'Add a window' }).click();
  await field(page, 'schedule[0].start').locator('input').fill('21:30');
  await editor(page).getByRole('button', { name: 'Sa', exact: true }).click();
  await editor(page).getByRole('button', { name: 'Add a word' }).click();
  await editor(page).getByLabel('Value', { exact: true }).fill('0');
  await editor(page).getByLabel('Word', { exact: true }).fill('Empty');
  await save(page);
  await editor(page).getByText(/^Version 2/).waitFor();
  const { schedule, words } = await named('Steam pressure low');
  assert.deepEqual(words, { 0: 'Empty' });
  const [window] = [schedule].flat();
  assert.deepEqual([window.start, window.end, window.days], ['21:30', '06:00', ['sat']]);
  await page.context().close();
});

test('two change it at once: the second sees what differs, and decides', async () => {
  const { id } = await named('Steam pressure low');
  const page = await openAs(plant, users.admin, { hash: `#/alarms?tab=rules&rule=${id}` });
  await input(page, 'alarm_threshold').fill('90');
  const theirs = await admin.ask('GET', `api/v1/alarm-rules/${id}`);
  await admin.ask('PUT', `api/v1/alarm-rules/${id}`, { ...theirs, alarm_threshold: 95 });
  page.mayFail = true; // the browser reports the 409
  await save(page);
  const conflict = page.locator('rule-conflict');
  await conflict.getByText(/^Somebody else was faster: version 3 by anna/).waitFor();
  await conflict.getByRole('row', { name: 'Alarm threshold 95 90' }).waitFor();
  await conflict.getByRole('button', { name: 'Save mine over it' }).click();
  await editor(page).getByText(/^Version 4/).waitFor();
  assert.equal((await named('Steam pressure low')).alarm_threshold, 90);
  page.mayFail = false;
  await editor(page).getByRole('button', { name: 'Versions…' }).click();
  const versions = page.locator('rule-versions');
  await versions.getByRole('row', { name: /^1 .* made/ }).waitFor();
  await versions.getByRole('row', { name: /^3 .* Alarm threshold/ }).waitFor();
  await versions.getByRole('button', { name: 'Take version 3 over' }).click();
  assert.equal(await input(page, 'alarm_threshold').inputValue(), '95');
  await save(page);
  await editor(page).getByText(/^Version 5/).waitFor();
  await page.context().close();
});

test('what was typed is not lost by a look elsewhere; deleting asks first', async () => {
  const { id } = await named('Steam pressure low');
  const page = await openAs(plant, users.admin, { hash: `#/alarms?tab=rules&rule=${id}` });
  await input(page, 'deadband').fill('2.5');
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('link', { name: 'Overview' }).and(page.locator('[aria-current]')).waitFor();
  await page.goBack();
  await editor(page).getByText('These are your changes from before, not saved yet.').waitFor();
  assert.equal(await input(page, 'deadband').inputValue(), '2.5');
  await editor(page).getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Delete the rule' }).click();
  await page.getByText('Steam pressure low: deleted').waitFor();
  assert.equal(await named('Steam pressure low'), undefined);
  await page.locator('alarm-rules').getByText('Boiler hot').waitFor();
  noConsoleErrors(page);
  await page.context().close();
});

test('rules of the manifest, and of others than engineers, can be read only', async () => {
  const page = await openAs(plant, users.admin, { hash: '#/alarms?tab=rules&rule=77' });
  await editor(page).getByText('This rule stands in the manifest').waitFor();
  assert.equal(await editor(page).getByRole('button', { name: /Save|Delete/ }).count(), 0);
  assert.equal(await input(page, 'alarm_threshold').getAttribute('readonly'), '');
  await editor(page).getByRole('button', { name: 'Copy as a new rule' }).click();
  await editor(page).getByRole('button', { name: 'Make the rule' }).waitFor();
  assert.equal(await input(page, 'name').inputValue(), 'Boiler hot (copy)');
  await page.context().close();
  const viewer = await openAs(plant, users.viewer, { hash: `#/alarms?tab=rules&rule=${(await named('Cold while it burns')).id}` });
  await editor(viewer).getByText('You may read this rule, not change it.').waitFor();
  assert.equal(await editor(viewer).getByRole('button', { name: /Save|Delete|Copy/ }).count(), 0);
  await viewer.context().close();
});

test('the rules look right in every size and colour', async () => {
  const { id } = await named('Cold while it burns');
  await look(plant, users.admin, 'alarm-rules', '#/alarms?tab=rules', (page) => page.getByText('Boiler hot').first().waitFor());
  await look(plant, users.admin, 'alarm-rule', `#/alarms?tab=rules&rule=${id}`, (page) => field(page, 'when.all[1].not.value').waitFor());
});
