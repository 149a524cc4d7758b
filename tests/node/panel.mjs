// SPDX-License-Identifier: Apache-2.0
// Page 5, the stream: an operator's panel. Its Server-Sent Events are in event_stream.mjs.
import { Stream, call, check, checkDoor, fits, isIso, refused, run, tokens, write } from './peer.mjs';

const path = '/ws';
const temperature = 59;
const pump = 60;
const level = 61;

/** The welcome of R5-1. */
async function prove(stream) {
  const got = await stream.waitFor('R5-1 connected', fits({ type: 'connected' }));
  check('R5-1 its clientId', /^client-\d+-\w+$/.test(got.clientId), got);
}

async function connect() {
  const stream = await Stream.open(path, tokens.admin);
  await prove(stream);
  return stream;
}

const subscribe = (channel, more = {}) => ({ type: 'subscribe', channel, ...more });
const valueOf = (endpointId, value) => fits({ type: 'telemetry', endpointId, value });
const settle = (stream) => stream.ask('R5-3 pong', { type: 'ping' }, fits({ type: 'pong' }));

/** R5-2, R5-4. */
async function checkTelemetry(stream) {
  const both = subscribe('telemetry', { endpointIds: [temperature, level] });
  const got = await stream.ask('R5-4 the last value at once', both, valueOf(temperature, 20));
  check('R5-4 time and quality', isIso(got.timestamp) && got.quality === 'good', got);
  await write(temperature, 43.5);
  await stream.waitFor('R5-4 a change', valueOf(temperature, 43.5));
  for (const value of [20, 80]) await stream.waitFor('R5-4 a value that moves by itself', valueOf(level, value));
  const other = await connect();
  const one = subscribe('telemetry', { endpointIds: [temperature] });
  await other.ask('R5-4 for the other panel', one, valueOf(temperature, 43.5));
  stream.send({ ...one, type: 'unsubscribe' });
  await settle(stream);
  await write(temperature, 44.5);
  await other.waitFor('R5-4 a change for the other panel', valueOf(temperature, 44.5));
  await stream.waitFor('R5-2 the other point goes on', fits({ type: 'telemetry', endpointId: level }));
  check('R5-2 nothing after unsubscribe', !stream.messages.some(valueOf(temperature, 44.5)));
  await other.close();
}

/** R5-2, R5-5, R5-9: every step, in order, and the last one for who comes late. */
async function checkCommands(stream) {
  stream.send(subscribe('commands'));
  await settle(stream);
  const answer = await write(pump, true);
  check('R5-9 actualValue', answer.actualValue === true, answer);
  const own = fits({ type: 'command_status', commandId: answer.commandId });
  const isDone = (m) => own(m) && m.status === 'succeeded';
  const final = await stream.waitFor('R5-5 succeeded', isDone);
  check('R5-5 its fields', final.actualValue === true && isIso(final.completedAt), final);
  const steps = stream.messages.filter(own);
  check('R5-5 every step in order', steps.map((m) => m.status).join() === 'queued,sent,acked,succeeded', steps);
  check('R5-5 completedAt only at the end', steps.filter((m) => 'completedAt' in m).length === 1, steps);
  const other = await connect();
  await other.ask('R5-2 the last status at once', subscribe('commands', { commandIds: [answer.commandId] }), isDone);
  await other.close();
  const [status, history] = await call('GET', `/api/os/command/${answer.commandId}`);
  check('R5-9 its whole history', status === 200, history);
  await write(pump, false);
  const order = (endpointId) => call('POST', '/api/os/command', { endpointId, value: 1, commandType: 'write' });
  const [unknown] = await order(999);
  check('R5-9 an unknown point', unknown === 404, unknown);
  const [readOnly] = await order(level);
  check('R5-9 a point that only reads', readOnly === 400, readOnly);
}

/** R5-6. */
async function checkAlarms(stream) {
  stream.send(subscribe('alarms'));
  await settle(stream);
  await write(temperature, 85.5);
  const got = await stream.waitFor('R5-6 an alarm', fits({ type: 'alarm', ruleId: 77, severity: 'critical' }));
  check('R5-6 its fields', Number.isSafeInteger(got.alarmId) && got.message.length > 0 && isIso(got.timestamp), got);
  const [, active] = await call('GET', '/api/os/alarms?status=active', undefined, tokens.reader);
  check('R5-13 has the same alarmId', active.some(fits({ alarmId: got.alarmId })), active);
  await write(temperature, 20);
}

/** R5-7, R5-8: errors leave the socket open. */
async function checkErrors(stream) {
  for (const message of [
    '{rubbish',
    { type: 'dance' },
    subscribe('dances'),
    subscribe('telemetry', { endpointIds: [999] }),
    subscribe('telemetry', { endpointIds: 'all' }),
  ]) {
    const got = await stream.ask(`R5-7 an error for ${JSON.stringify(message)}`, message, fits({ type: 'error' }));
    check('R5-7 its message', got.message.length > 0, got);
  }
  let other = await connect();
  const many = subscribe('commands', { commandIds: Array.from({ length: 51 }, (_, n) => `id-${n}`) });
  await other.ask('R5-8 over 50 subscriptions', many, fits({ type: 'error' }));
  await other.close();
  other = await connect();
  const start = performance.now();
  for (let i = 0; i < 100; ++i) other.send({ type: 'ping' });
  await other.waitFor('R5-8 the 11th message of a second', fits({ type: 'error' }));
  const most = 10 + (10 * (performance.now() - start)) / 1000;
  const before = other.messages.slice(0, other.messages.findIndex(fits({ type: 'error' })));
  const pongs = before.filter(fits({ type: 'pong' })).length;
  check('R5-8 is not carried out', pongs >= 10 && pongs <= most, [pongs, most]);
  await other.close();
}

/** R5-8: the 101st connection. Those of the checks before may take a moment to go. */
async function checkConnections() {
  for (let i = 0; i < 100; ++i) {
    const [, rows] = await call('GET', '/api/v1/connections?limit=1000');
    if (!rows.some(fits({ path }))) break;
  }
  const streams = await Promise.all(Array.from({ length: 100 }, () => Stream.open(path, tokens.reader)));
  check('R5-8 100 connections', streams.length === 100);
  await refused('R5-8 the 101st connection', path, 503, tokens.reader);
  for (const each of streams) each.socket.terminate();
}

await run(async () => {
  await write(temperature, 20);
  await checkDoor(path, 'points:read', prove);
  let stream = await connect();
  await checkTelemetry(stream);
  await checkAlarms(stream);
  await stream.close();
  stream = await connect();
  await checkCommands(stream);
  await checkErrors(stream);
  await stream.close();
  await checkConnections();
});
