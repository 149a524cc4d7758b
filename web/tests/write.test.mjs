// SPDX-License-Identifier: Apache-2.0
// What somebody is asked before a write: the number that was typed, and what the point reads.
import { server, settled, shownBy } from './page.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noteServerTime } from '../src/clock';
import { TwApprovals } from '../src/elements/tw-approvals';
import { TwValue } from '../src/elements/tw-value';
import { TwWriteDialog } from '../src/elements/tw-write-dialog';
import { approvals } from '../src/approvals';
import { live } from '../src/live';
import { readNumber } from '../src/numberinput';
import { describeRule } from '../src/pages/alarms/rules/describe';
import { limitOf, valueOf } from '../src/pages/alarms/value';
import { whatText } from '../src/pages/log/kept';
import { seenCsv } from '../src/pages/trends/export';
import { presentView, question, stepsView } from '../src/write/parts';

const flow = { name: 'plc/flow', number: 1, type: 'double', unit: 'l/s', description: 'Main flow', writable: true };
const plain = (text) => text.replaceAll('\u202f', ' ');
const value = (given) => ({ name: 'plc/flow', value: 1, quality: 'good', time: new Date().toISOString(), unit: 'l/s', isFresh: true, ...given });

test('the question and the read-back show every digit', () => {
  assert.equal(plain(question(flow, 'write', 0.00014, '')), 'Write 0.00014 l/s to plc/flow?');
  assert.match(plain(question(flow, 'pulse', 1234.56, '2 s')), /1234\.56 l\/s/);
  const step = { status: 'succeeded', actualValue: Math.fround(0.00014), commandId: '1' };
  assert.match(plain(shownBy(stepsView([{ step, at: 0 }], flow))), /0\.00014 l\/s/);
  assert.equal(whatText({ type: 'write', value: 0.00014 }).split(' ').pop(), '0.00014');
});

test('limits stand in full, and a value of a list does in its title', () => {
  const alarm = { state: 'ALARM', comparison: 'above', alarm_threshold: 80.0004, value: 80.00041 };
  assert.equal(limitOf(alarm), '≥ 80.0004');
  assert.equal(describeRule({ comparison: 'above', alarm_threshold: 0.00014 }), '≥ 0.00014');
  assert.equal(valueOf(alarm, String), '80.00041');
  const element = new TwValue();
  element.point = 'plc/flow';
  live.point = () => value({ value: 42.503117 });
  assert.match(plain(shownBy(element.render())), /title=42\.503117 l\/s – Good >42\.50</);
  element.exact = true;
  assert.match(plain(shownBy(element.render())), />42\.503117</);
});

test('what can be two numbers is refused, and says what to write', () => {
  for (const text of ['1,500', '-12,000', '999,999']) assert.match(readNumber(text).problem, /can be two numbers: write/);
  assert.match(readNumber('1,500').problem, /1500 or 1\.500/);
  assert.deepEqual(readNumber('1,5'), { value: 1.5 });
  assert.deepEqual(readNumber('0,125'), { value: 0.125 });
  assert.deepEqual(readNumber(' 1234,567 '), { value: 1234.567 });
  assert.deepEqual(readNumber('-1.5e3'), { value: -1500 });
  for (const text of ['', 'x', '1,2,3', '1.000,5', '0x10', 'Infinity', '1e999']) assert.ok(readNumber(text).problem, text);
});

test('a whole number that the browser would change is refused', () => {
  assert.deepEqual(readNumber('9007199254740991', true), { value: 9007199254740991 });
  assert.match(readNumber('9007199254740993', true).problem, /up to 9007199254740991 only/);
  assert.match(readNumber('1.5', true).problem, /whole number/);
  assert.deepEqual(readNumber('1e300'), { value: 1e300 });
  const dialog = new TwWriteDialog();
  dialog.point = { ...flow, type: 'int' };
  dialog.text = '9007199254740993';
  assert.match(shownBy(dialog.render()), /up to 9007199254740991 only/);
});

test('what is taken along says where whole numbers are not exact', () => {
  const model = { indexOf: () => 0, length: 1, heldUntil: 1, start: 0, interval: 1000 };
  const column = (type, cell) => {
    const rows = { values: [cell], min: [cell], max: [cell] };
    return seenCsv(model, [{ track: { name: 'n', unit: '', type }, rows }], 0, 1).split('\r\n')[0];
  };
  assert.equal(column('int', 9007199254740992), 'time,n (not exact),n (not exact) min,n (not exact) max');
  assert.equal(column('int', 9007199254740991), 'time,n,n min,n max');
  assert.equal(column('double', 1e300), 'time,n,n min,n max');
});

test('a selection lasts by the server’s clock, whatever the viewer’s is', () => {
  for (const minutes of [-5, 0, 5]) {
    const server = Date.now() + minutes * 60_000;
    noteServerTime(new Date(server).toUTCString());
    const dialog = new TwWriteDialog();
    dialog.point = flow;
    dialog.stage = 'confirm';
    dialog.result = { would_be_sent: true, warnings: [], interlocks: [], value: 5, confirm: 'select' };
    dialog.selection = { id: 's', until: server + 20_000 };
    assert.match(shownBy(dialog.render()), /Selected for you: (19|20|21) s left/, `${minutes} min`);
    dialog.selection = { id: 's', until: server - 5_000 };
    assert.match(shownBy(dialog.render()), /The selection is over/, `${minutes} min`);
  }
  noteServerTime(new Date().toUTCString());
});

test('a dead point is not said to read anything now', () => {
  assert.equal(plain(presentView(value(), 'l/s')), 'It reads 1 l/s now.');
  const before = new Date(Date.now() - 180_000).toISOString();
  assert.match(plain(presentView(value({ quality: 'bad:no_connection', time: before }), 'l/s')), /^It last read 1 l\/s \(Bad: no connection, 3 min ago\)\.$/);
  assert.match(presentView(value({ isFresh: false }), ''), /^It last read 1 \(Old: the link is lost/);
  assert.equal(presentView(undefined, ''), 'What it reads now is not known.');
});

test('who approves sees the unit, the description and the present value', async () => {
  const command = { command_id: '7', point: 'plc/flow', type: 'write', value: 3, created: new Date().toISOString() };
  approvals.waiting = [command];
  server.answers['GET /api/v1/points/plc/flow'] = flow;
  const dialogOf = async () => {
    const element = new TwApprovals();
    const shown = shownBy(element.render());
    assert.match(shown, /Look at it/);
    const look = element.render().values.flatMap((each) => each?.values ?? []).find((each) => typeof each === 'function');
    look.call(element);
    const early = shownBy(element.render());
    assert.doesNotMatch(early, /class="question"/, 'nothing is asked before it is known what it is');
    await settled();
    return plain(shownBy(element.render()));
  };
  const known = await dialogOf();
  assert.match(known, /Write 3 l\/s to plc\/flow\?/);
  assert.match(known, /Main flow/);
  assert.match(known, /<tw-value sign exact \.point=plc\/flow/);
  delete server.answers['GET /api/v1/points/plc/flow'];
  assert.match(await dialogOf(), /Write 3 to plc\/flow\?/, 'who may not read it can approve all the same');
});
