// SPDX-License-Identifier: Apache-2.0
// Page 4: a dashboard of rooms, and the services that change them.
import { isDeepStrictEqual } from 'node:util';
import { Stream, call, check, checkDoor, fits, isIso, run, tokens, write } from './peer.mjs';

const path = '/ws/rooms';
const pump = 60;
const lamp = 62;
const dim = 63;

/** A test for an envelope of this type with these data. */
const isA = (type, data = {}) => (message) => message.type === type && fits(data)(message.data);

const prove = (stream) => stream.waitFor('R4-1 connection', isA('connection', { status: 'connected' }));
const ping = { type: 'ping', data: {} };

async function connect() {
  const stream = await Stream.open(path, tokens.reader);
  await prove(stream);
  return stream;
}

async function rest() {
  for (const [number, value] of [[lamp, false], [dim, 100], [pump, false]]) await write(number, value);
}

/** R4-1 to R4-4. */
async function checkRequests(stream) {
  const welcome = stream.messages[0];
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(welcome.data.client_id);
  check('R4-1 its data', isUuid && isIso(welcome.data.timestamp), welcome);
  const pong = await stream.ask('R4-2 pong', ping, isA('pong'));
  check('R4-2 its timestamp', isIso(pong.data.timestamp), pong);
  for (const [what, message] of [
    ['bad JSON', '{rubbish'],
    ['an unknown type', { type: 'dance', data: {} }],
    ['an unknown room', { type: 'subscribe_room', data: { room_id: 999 } }],
    ['a wrong type', { type: 'subscribe_room', data: { room_id: 'one' } }],
    ['no data', { type: 'unsubscribe_room' }],
  ]) {
    const got = await stream.ask(`R4-3 an error for ${what}`, message, isA('error'));
    check('R4-3 its message', got.data.message.length > 0, got);
  }
  await stream.has('R4-4 a heartbeat', isA('heartbeat'));
  const beat = stream.messages.find(isA('heartbeat'));
  check('R4-4 its data', Number.isInteger(beat.data.clients) && isIso(beat.data.timestamp), beat);
}

/** R4-6: who gets which change. */
async function checkEntities(stream) {
  const light = { entity_id: 'light.living_room' };
  const cellar = await connect();
  cellar.send({ type: 'subscribe_room', data: { room_id: 2 } });
  await cellar.ask('R4-3 no answer is due on success', ping, isA('pong'));
  check('R4-3 and none comes', !cellar.messages.some(isA('error')), cellar.messages);
  await write(lamp, true);
  const changed = await stream.waitFor('R4-6 without a subscription: all', isA('entity_state_changed', { ...light, new_state: 'on' }));
  check('R4-6 its data', fits({ old_state: 'off', attributes: { brightness: 100 } })(changed.data), changed);
  await write(dim, 40);
  await stream.waitFor('R4-6 an attribute changes', isA('entity_state_changed', { attributes: { brightness: 40 } }));
  await write(pump, true);
  for (const each of [stream, cellar]) {
    await each.waitFor('R4-6 the other room', isA('entity_state_changed', { entity_id: 'pump.cellar', new_state: 'on' }));
  }
  check('R4-6 only the room that was subscribed', !cellar.messages.some((m) => fits(light)(m.data)), cellar.messages);
  cellar.send({ type: 'unsubscribe_room', data: { room_id: 2 } });
  await cellar.ask('R4-3 unsubscribed', ping, isA('pong'));
  await rest();
  await cellar.waitFor('R4-6 all rooms again', isA('entity_state_changed', light));
  await cellar.close();
}

/** R4-5, R4-8, R4-11: rooms by REST. */
async function checkRooms(stream) {
  const updated = (id, action, more = {}) => isA('room_updated', { room_id: id, action, ...more });
  const [made, answer] = await call('POST', '/api/v1/rooms', { name: 'Shed' });
  check('R4-8 a room is made', made === 201 && answer.success === true && answer.data.name === 'Shed', answer);
  const room = answer.data;
  await stream.waitFor('R4-5 created', updated(room.id, 'created', { room_name: 'Shed' }));
  const where = `/api/v1/rooms/${room.id}`;
  const [renamed] = await call('PUT', where, { name: 'Garage' });
  check('R4-8 it is renamed', renamed === 200, renamed);
  await stream.waitFor('R4-5 updated', updated(room.id, 'updated', { room_name: 'Garage' }));
  const [, listed] = await call('GET', where);
  check('R4-8 it is listed', listed.data.name === 'Garage', listed);
  const [deleted] = await call('DELETE', where);
  check('R4-8 it is deleted', deleted === 200 || deleted === 204, deleted);
  await stream.waitFor('R4-5 deleted', updated(room.id, 'deleted'));
  const [wrong, error] = await call('POST', '/api/v1/rooms', '{rubbish');
  check('R4-11 an error', wrong === 400 && error.success === false && error.error && isIso(error.timestamp), error);
  const [forbidden, reason] = await call('POST', '/api/v1/rooms', { name: 'Shed' }, tokens.reader);
  check('R4-11 not permitted', forbidden === 403 && reason.success === false, reason);
}

/** R4-9, R4-10. */
async function checkBroadcast(stream) {
  const broadcast = (body, token) => call('POST', '/api/v1/websocket/broadcast', body, token);
  const other = await connect();
  other.send({ type: 'subscribe_room', data: { room_id: 2 } });
  await other.ask('R4-2 pong', ping, isA('pong'));
  const news = { message: 'Doors open', level: 'warning', expires_at: '2100-01-01T00:00:00Z' };
  const note = { type: 'custom_notification', data: news };
  const [status, answer] = await broadcast(note);
  const data = { message: 'Message broadcasted successfully', clients_count: 2, message_type: 'custom_notification' };
  check('R4-10 its answer', status === 200 && answer.success === true && isDeepStrictEqual(answer.data, data), answer);
  for (const each of [stream, other]) await each.waitFor('R4-10 a broadcast', isA('custom_notification', note.data));
  const targets = [['one client', { client_id: stream.messages[0].data.client_id }, stream], ['a room', { room_id: 2 }, other]];
  for (const [what, more, taker] of targets) {
    const [sent, told] = await broadcast({ type: 'note', data: { to: what }, ...more });
    check(`R4-10 to ${what}`, sent === 200 && told.data.clients_count === 1, told);
    await taker.waitFor('R4-10 it came', isA('note', { to: what }));
  }
  await other.barrier();
  const notes = [...stream.messages, ...other.messages].filter(isA('note'));
  check('R4-10 to nobody else', notes.length === 2, notes);
  const soon = new Date(Date.now() + 20_000).toISOString();
  const [isKept] = await broadcast({ type: 'kept', data: { by: 'node', expires_at: soon }, persist: true });
  check('R4-10 a broadcast that is kept', isKept === 200, isKept);
  const late = await connect();
  await late.waitFor('R4-10 who connects later gets it', isA('kept', { by: 'node' }));
  await late.close();
  for (const [what, body, token, expected] of [
    ['an unknown client', { type: 'note', data: {}, client_id: 'nobody' }, tokens.admin, 404],
    ['a type of this page', { type: 'heartbeat', data: {} }, tokens.admin, 400],
    ['not permitted', note, tokens.nothing, 403],
  ]) {
    const [got] = await broadcast(body, token);
    check(`R4-10 ${what}: ${expected}`, got === expected, got);
  }
  const [, stats] = await call('GET', '/api/v1/websocket/stats');
  const counts = stats.data;
  check('R4-9 clients', counts.connected_clients === 2 && counts.total_connections >= 2, counts);
  check('R4-9 messages', counts.messages_sent > 10 && counts.messages_received > 5, counts);
  check('R4-9 stats', stats.success === true && isIso(counts.last_activity) && isIso(stats.timestamp), stats);
  await other.close();
}

/** R4-7: a PLC is silent for a while. */
async function checkDegraded(stream, meanwhile) {
  const plc = Number(process.env.TAGWIRE_PLC2_PID);
  process.kill(plc, 'SIGSTOP');
  try {
    await meanwhile();
    await stream.has('R4-7 degraded', isA('system_status', { status: 'degraded' }));
  } finally {
    process.kill(plc, 'SIGCONT');
  }
}

/** R4-7: it answers again. */
async function checkHealthy(stream) {
  const last = () => stream.messages.filter(isA('system_status')).pop().data;
  await stream.until('R4-7 healthy again', () => last().status === 'healthy');
  const { uptime, memory_usage: memory } = last().details;
  check('R4-7 its details', uptime.endsWith('m') && /^\d+%$/.test(memory), last());
}

/** R4-12. */
async function checkLimits() {
  let stream = await connect();
  stream.send({ type: 'ping', data: { pad: 'x'.repeat(600) } });
  await stream.closed('R4-12 more than 512 bytes', 1009);
  stream = await connect();
  const start = performance.now();
  for (let i = 0; i < 200; ++i) stream.send(ping);
  await stream.waitFor('R4-12 more than 20 messages a second', isA('error'));
  const most = 20 + (20 * (performance.now() - start)) / 1000;
  const pongs = stream.messages.slice(0, stream.messages.findIndex(isA('error'))).filter(isA('pong')).length;
  check('R4-12 those beyond are not carried out', pongs >= 20 && pongs <= most, [pongs, most]);
  await stream.close();
  stream = await connect();
  for (let i = 0; i < 200 && stream.socket.readyState === stream.socket.OPEN; ++i) stream.socket.ping();
  await stream.closed('control frames over 10 a second and a burst of 20', 1008);
}

await run(async () => {
  await rest();
  const stream = await connect();
  await checkDegraded(stream, () => checkDoor(path, 'rooms:read', prove));
  await checkRequests(stream);
  await checkEntities(stream);
  await checkRooms(stream);
  await checkBroadcast(stream);
  await checkHealthy(stream);
  const isEnvelope = (m) => Object.keys(m).sort().join() === 'data,timestamp,type' && isIso(m.timestamp);
  check('R4-14 each message has the envelope', stream.messages.every(isEnvelope), stream.messages.find((m) => !isEnvelope(m)));
  await stream.close();
  await checkLimits();
});
