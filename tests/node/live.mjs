// SPDX-License-Identifier: Apache-2.0
// Page 6: a new client of the runtime's own protocol.
import { Stream, check, checkDoor, fits, isIso, run, tokens, write } from './peer.mjs';

const path = '/ws/live';
const temperature = 59;
const name = 'plc1/boiler/temp';

const subscribe = (id, topics, more = {}) => ({ op: 'subscribe', id, topics, ...more });
const snapshotOf = (id) => fits({ op: 'snapshot', id });
const prove = (stream) => stream.ask('R6-5 pong', { op: 'ping' }, fits({ op: 'pong' }));
/** This page's first message. */
const first = (token) => ({ op: 'auth', access_token: token });
/** A point's last entry in a snapshot or update. */
const point = (message, of) => (message.points ?? []).filter((each) => each.p === of).pop();
const updateOf = (of, value) => (m) => m.op === 'update' && point(m, of)?.v === value;

/** R6-2, R6-7: snapshot, then updates; topics choose. */
async function checkPoints() {
  const stream = await Stream.open(path, tokens.admin);
  const answer = await stream.ask('R6-2 subscribed', subscribe('a', ['points/plc1/boiler/*']), fits({ op: 'subscribed', id: 'a' }));
  check('R6-2 epoch and seq', answer.epoch.length > 0 && Number.isInteger(answer.seq), answer);
  const snapshot = await stream.waitFor('R6-2 the snapshot', snapshotOf('a'));
  check('R6-2 * is one level', snapshot.points.length === 1 && snapshot.seq === answer.seq, snapshot);
  const [entry] = snapshot.points;
  check('R6-2 its point', fits({ p: name, v: 20, q: 'good' })(entry) && isIso(entry.t, 3), entry);
  await write(temperature, 42.25);
  const update = await stream.waitFor('R6-2 an update', updateOf(name, 42.25));
  check('R6-2 seq rises', update.seq > snapshot.seq && update.id === 'a', update);
  const rest = await stream.ask('R6-2 # is the rest', subscribe('b', ['points/plc1/#'], { max_rate: '5/s' }), snapshotOf('b'));
  const isThere = (each) => point(rest, each) !== undefined;
  check('R6-2 all of plc1', [name, 'plc1/pump/run', 'plc1/tank/level'].every(isThere), rest);
  await stream.waitFor('R6-2 a value that moves by itself', (m) => m.op === 'update' && m.id === 'b' && point(m, 'plc1/tank/level'));
  await stream.ask('R6-5 unsubscribe', { op: 'unsubscribe', id: 'b' }, (m) => m.op === 'unsubscribed');
  const end = stream.messages.length;
  await write(temperature, 20);
  await stream.waitFor('R6-5 the other goes on', updateOf(name, 20));
  await stream.barrier();
  check('R6-5 nothing after it', !stream.messages.slice(end).some(fits({ id: 'b' })), stream.messages.slice(end));
  await stream.close();
}

/** R6-2: what else a subscription carries. */
async function checkAlarmsTagsEvents() {
  const stream = await Stream.open(path, tokens.admin);
  const snapshot = await stream.ask('R6-2 the snapshot of all', subscribe('a', ['tags/*', 'alarms/#', 'events/#']), snapshotOf('a'));
  // Others may have left one that nobody acknowledged.
  check('R6-2 no active alarms yet', (snapshot.alarms ?? []).every((each) => each.state === 'OK'), snapshot);
  const walker = (m) => m.tags?.find(fits({ ID: 'WALK1' })); // others may be lost meanwhile
  const moving = await stream.waitFor('R1-11 a tag', (m) => m.op === 'update' && walker(m) !== undefined);
  check('R6-2 fields of R1-11', typeof walker(moving).X === 'number', moving);
  await write(temperature, 85.5);
  const all = (key) => stream.messages.filter(fits({ op: 'update' })).flatMap((m) => m[key] ?? []);
  await stream.until('R6-2 an alarm', () => all('alarms').length > 0);
  const alarm = { rule_id: 77, datapoint_id: 59, severity: 'critical', value: 85.5, alarm_threshold: 80, state: 'ALARM' };
  check('R3-4 its fields', all('alarms').some(fits(alarm)), all('alarms'));
  await stream.until('R6-2 events', () => ['alarm', 'command'].every((type) => all('events').some(fits({ type }))));
  const events = all('events');
  check('R6-2 events have seq, type and t', events.every((e) => Number.isInteger(e.seq) && isIso(e.t, 3)), events);
  const late = await Stream.open(path, tokens.reader);
  const active = await late.ask('R6-2 the snapshot', subscribe('l', ['alarms/#']), snapshotOf('l'));
  const ids = active.alarms.filter((each) => each.state !== 'OK').map((each) => each.rule_id);
  check('R6-2 has the active alarm', ids.length === 1 && ids[0] === 77, active);
  await write(temperature, 20);
  await late.waitFor('R6-2 it ends', (m) => m.op === 'update' && m.alarms?.at(-1).state === 'OK');
  await late.close();
  await stream.close();
}

/** R6-3: what was missed, or a snapshot that says so. */
async function checkResume() {
  const topics = [`points/${name}`, 'alarms/#'];
  let stream = await Stream.open(path, tokens.admin);
  const start = await stream.ask('R6-2 subscribed', subscribe('a', topics), fits({ op: 'subscribed' }));
  await stream.waitFor('R6-2 the snapshot', snapshotOf('a'));
  await stream.close();
  await write(temperature, 76);
  await write(temperature, 21);
  stream = await Stream.open(path, tokens.admin);
  const again = subscribe('a', topics, { epoch: start.epoch, after: start.seq });
  await stream.ask('R6-3 back again', again, fits({ op: 'subscribed', epoch: start.epoch }));
  await stream.waitFor('R6-3 the last value', updateOf(name, 21));
  const states = () => stream.messages.flatMap((m) => m.alarms ?? []).map((alarm) => alarm.state);
  await stream.until('R6-3 the alarm that was missed', () => states().length >= 2);
  check('R6-3 what was missed', states().join() === 'WARNING,OK', states());
  check('R6-3 no snapshot', !stream.messages.some(fits({ op: 'snapshot' })), stream.messages);
  const other = subscribe('b', topics, { epoch: 'another', after: 1 });
  await stream.ask('R6-3 another run', other, fits({ op: 'snapshot', id: 'b', gap: true }));
  await stream.close();
}

/** R6-5: every step of a command; errors for what can't be one. */
async function checkCommands() {
  const order = (id, p, v) => ({ op: 'command', id, p, v, type: 'write' });
  const pump = 'plc1/pump/run';
  let stream = await Stream.open(path, tokens.admin);
  for (const [id, value] of [['on', true], ['off', false]]) {
    const done = fits({ op: 'command_status', id, status: 'succeeded', actualValue: value });
    const final = await stream.ask(`R6-5 command ${id}`, order(id, pump, value), done);
    check('R5-5 its fields', final.commandId.length > 0 && isIso(final.completedAt), final);
    const steps = stream.messages.filter(fits({ op: 'command_status', id })).map((m) => m.status);
    check('R5-5 every step in order', steps.join() === 'queued,sent,acked,succeeded', steps);
  }
  for (const [p, v] of [['plc1/nothing', 1], ['plc1/tank/level', 1], [pump, 'much']]) {
    await stream.ask(`R6-5 an error for ${p} = ${v}`, order('x', p, v), fits({ op: 'error', id: 'x' }));
  }
  await stream.close();
  stream = await Stream.open(path, tokens.reader);
  await stream.ask('R6-5 not permitted', order('y', pump, true), fits({ op: 'error', id: 'y' }));
  await stream.close();
}

/** What a library may send: a message in pieces; one that is too long; what is no text. */
async function checkFrames() {
  let stream = await Stream.open(path, tokens.reader);
  for (const piece of ['{"op":', '"pi']) stream.socket.send(piece, { fin: false });
  await stream.ask('a message in three pieces', 'ng"}', fits({ op: 'pong' }));
  const euro = Buffer.from('{"op":"ping","pad":"€"}');
  stream.socket.send(euro.subarray(0, 21), { fin: false, binary: false });
  stream.socket.send(euro.subarray(21), { binary: false });
  await stream.waitFor('a character in two pieces', fits({ op: 'pong' }));
  await stream.ask('64 KiB', { op: 'ping', pad: 'x'.repeat(65_000) }, fits({ op: 'pong' }));
  stream.send({ op: 'ping', pad: 'x'.repeat(66_000) });
  await stream.closed('more than 64 KiB', 1009);
  stream = await Stream.open(path, tokens.reader);
  stream.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
  await stream.closed('what is no UTF-8', 1007);
}

/** R6-5. */
async function checkErrors() {
  const stream = await Stream.open(path, tokens.reader);
  for (const message of [
    '{rubbish',
    { op: 'dance', id: 'x' },
    { op: 'subscribe', id: 'x' },
    subscribe('x', ['dances/#']),
    subscribe('x', ['points/#'], { max_rate: 'often' }),
  ]) {
    const got = await stream.ask(`R6-5 an error for ${JSON.stringify(message)}`, message, fits({ op: 'error' }));
    check('R6-5 its message', got.message.length > 0 && (message === '{rubbish' || got.id === 'x'), got);
  }
  const nothing = await stream.ask('R6-2 what nobody has', subscribe('n', ['points/plc9/#']), snapshotOf('n'));
  check('R6-2 is empty', (nothing.points ?? []).length === 0, nothing);
  await prove(stream);
  await stream.close();
}

await run(async () => {
  await write(temperature, 20);
  await checkDoor(path, 'points:read', prove, first);
  await checkPoints();
  await checkAlarmsTagsEvents();
  await checkResume();
  await checkCommands();
  await checkFrames();
  await checkErrors();
});
