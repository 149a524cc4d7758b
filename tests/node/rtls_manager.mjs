// SPDX-License-Identifier: Apache-2.0
// Page 1: an RTLS viewer and a tag simulator that share one manager.
import { Stream, call, check, checkDoor, fits, isIso, refused, run, tokens } from './peer.mjs';

const path = '/ws/Manager1';

/** A client that keeps R1-8: it sends each heartbeat back, but not the answers to its own. */
async function connect(token = tokens.admin) {
  const own = new Set();
  const stream = await Stream.open(path, token, (each, message) => {
    if (message.type === 'HeartBeat' && !own.has(message.ts)) each.send(message);
  });
  return Object.assign(stream, { own });
}

/** A request as R1-3, R1-5 and R1-6 have it. */
function request(name, reqid, tags, more = {}) {
  const message = { type: 'request', request: name, reqid, ...more };
  if (tags) message.params = Object.entries(tags).map(([id, data]) => ({ id, data }));
  return message;
}

const response = (name, reqid) => (message) =>
  Object.keys(message).length === 3 && fits({ type: 'response', reqid, response: name })(message);

/** A position as R1-10 has it. */
const fix = (tag, x, y, sequence, more = {}) => ({
  type: 'GISData', ID: tag, Type: 'Sim', X: x, Y: y, Z: 0, Bat: 90, CNF: 95, GWID: 'SIM-GW', Sequence: sequence, ...more,
});
const isFix = (tag, sequence) => fits({ type: 'GISData', ID: tag, Sequence: sequence });
const isEvent = (trigger, direction) => fits({ type: 'TriggerEvent', trigger_id: trigger, direction });

const begin = (stream, what, reqid, tags, more) =>
  stream.ask(what, request('BeginStream', reqid, tags, more), response('BeginStream', reqid));
const prove = (stream) => begin(stream, 'R1-4 BeginStream is answered', 'p', { SIM1: 'false' });

async function checkEventsAndPositions() {
  const viewer = await connect();
  const eventsOnly = await connect();
  const sender = await connect();
  await begin(viewer, 'R1-4 BeginStream', 'r1', { SIM1: 'true' }, { zone_id: 417 });
  await begin(eventsOnly, 'R1-3 events only', 'r2', { SIM1: 'no' });
  sender.send(fix('SIM1', 5, 5, 199, { TS: '2025-05-05T12:34:56.789', zone_id: 417 }));
  const got = await viewer.waitFor('R1-11 the position goes out', isFix('SIM1', 199));
  check('R1-11 it has the shape of R1-10', fits({ X: 5, Y: 5, Z: 0, Type: 'Sim', Bat: 90, CNF: 95, GWID: 'SIM-GW' })(got), got);
  check("R1-10 a TS without offset is the site's time", Date.parse(got.TS) === Date.UTC(2025, 4, 5, 7, 4, 56, 789), got);
  sender.send(fix('SIM1', 15, 15, 200));
  const event = await viewer.waitFor('R1-9 the trigger event', isEvent(123, 'OnEnter'));
  const expected = { tag_id: 'SIM1', trigger_name: 'Entry Gate', tag_name: 'Employee Badge 1', zone_id: 418, x: 15, y: 15, z: 0 };
  check('R1-9 its fields', fits(expected)(event) && isIso(event.timestamp, 3), event);
  await eventsOnly.waitFor('R1-9 those without positions get it too', isEvent(123, 'OnEnter'));
  for (const [x, sequence] of [[16, 1], [99, 199], [5, 2]]) sender.send(fix('SIM1', x, Math.min(x, 50), sequence));
  await viewer.has('R1-12 Sequence wraps', isFix('SIM1', 1));
  await viewer.has('R1-20 OnExit', isEvent(124, 'OnExit'));
  await viewer.has('R1-12 what is newer goes out', isFix('SIM1', 2));
  check('R1-12 what is older does not', !viewer.messages.some(fits({ X: 99 })));
  await eventsOnly.waitFor('R1-20 OnExit for both', isEvent(124, 'OnExit'));
  check('R1-3 no positions unless data is "true"', !eventsOnly.messages.some(fits({ type: 'GISData' })));
  for (const each of [viewer, eventsOnly, sender]) await each.close();
}

async function checkTagsAndZones() {
  const viewer = await connect();
  const sender = await connect();
  await begin(viewer, 'R1-3 an unknown tag is accepted', 't1', { NOBODY: 'true' });
  await viewer.ask('R1-5 AddTag', request('AddTag', 't2', { SIM2: 'true' }), response('AddTag', 't2'));
  sender.send(fix('SIM2', 5, 5, 1));
  await viewer.waitFor("R1-5 the added tag's position", isFix('SIM2', 1));
  await viewer.ask('R1-5 RemoveTag', request('RemoveTag', 't3', { SIM2: 'true' }), response('RemoveTag', 't3'));
  sender.send(fix('SIM2', 6, 6, 2));
  await begin(viewer, 'R1-3 BeginStream again', 't4', { WALK1: 'true' });
  await viewer.waitFor('R1-11 a tag that moves by itself', fits({ type: 'GISData', ID: 'WALK1' }));
  check('R1-5 nothing of the removed tag', !viewer.messages.some(isFix('SIM2', 2)), viewer.messages);
  await begin(viewer, 'R1-3 only triggers 124, in the yard', 't5', { SIM2: 'true' }, { zone_id: 419, triggers: [124] });
  sender.send(fix('SIM2', 15, 15, 3));
  sender.send(fix('SIM2', 250, 30, 4));
  await viewer.waitFor('R1-9 what is in the zone', isFix('SIM2', 4));
  check('R1-9 not what is in another zone', !viewer.messages.some(isFix('SIM2', 3)), viewer.messages);
  check('R1-3 not another trigger', !viewer.messages.some(fits({ trigger_id: 123 })), viewer.messages);
  await viewer.ask('R1-6 EndStream', request('EndStream', 't6'), response('EndStream', 't6'));
  await viewer.closed('R1-6 the end', 1000);
  await sender.close();
}

/** R1-37: the other side of a connection sees it too. */
async function checkList() {
  const stream = await connect(tokens.reader);
  await prove(stream);
  const [, rows] = await call('GET', '/api/v1/connections?limit=1000');
  const row = { client_id: stream.localAddress, address: '127.0.0.1', path, caller: 'reader', streams: 1 };
  check('R1-37 a connection is listed', rows.some((each) => fits(row)(each) && isIso(each.since)), rows);
  await stream.close();
}

async function checkNonsense() {
  const unknown = (reqid) => (message) =>
    fits({ type: 'response', response: 'Unknown', reqid })(message) && message.message.length > 0;
  const stream = await connect();
  for (const [what, message, reqid] of [
    ['bad JSON', '{rubbish', ''],
    ['a list', '[1, 2]', ''],
    ['an unknown request', request('Dance', 'n1'), 'n1'],
    ['a missing field', request('BeginStream', 'n2'), 'n2'],
    ['a wrong type', { ...request('AddTag', 'n3'), params: 'SIM1' }, 'n3'],
    ['an unknown zone', request('BeginStream', 'n4', { SIM1: 'true' }, { zone_id: 999 }), 'n4'],
    ['an unknown type', { type: 'dance' }, ''],
    ['R1-10 a position without Y', { type: 'GISData', ID: 'SIM1', X: 1 }, ''],
    ['R1-10 a position with text for a number', fix('SIM1', '1.5', 2, 1), ''],
  ]) {
    await stream.ask(`R1-7 ${what}`, message, unknown(reqid));
  }
  await prove(stream);
  await stream.close();
  const reader = await connect(tokens.reader);
  await reader.ask('R1-10 a position without positions:write', fix('SIM1', 1, 1, 1), unknown(''));
  await reader.close();
}

/** R1-8: who answers stays, who does not goes. Both have been open for a while. */
async function checkHeartbeats(stream, silent) {
  const first = await stream.waitFor('R1-8 a heartbeat', fits({ type: 'HeartBeat' }));
  check('R1-8 its ts are milliseconds', Math.abs(Date.now() - first.ts) < 60_000, first);
  stream.own.add(4711);
  const own = { type: 'HeartBeat', ts: 4711 };
  await stream.ask("R1-8 a client's own is answered", own, fits(own));
  await stream.waitFor('R1-8 the next heartbeat', (m) => m.type === 'HeartBeat' && m.ts !== 4711);
  const stamps = stream.messages.map((m) => m.ts);
  check('R1-8 a reply is not answered', new Set(stamps).size === stamps.length, stamps);
  await stream.close();
  await silent.closed('R1-8 no answer', 4408, 'heartbeat timeout');
}

await run(async () => {
  const answering = await connect();
  const silent = await Stream.open('/strict/Manager1', tokens.admin);
  await checkDoor(path, 'positions:read', prove);
  const nobody = await Stream.open('/ws/Nobody', tokens.admin);
  await nobody.closed('R1-1 an unknown manager', 1008, 'Manager not found');
  await refused('a token that may write only other things', path, 403, tokens.meter);
  const [status, managers] = await call('GET', '/api/v1/rtls/managers', undefined, tokens.reader);
  const row = { x_nm_res: 'Manager1', x_ip: '127.0.0.1', i_prt: 8001 };
  check('R1-2 the managers', status === 200 && managers.some(fits(row)), managers);
  await checkEventsAndPositions();
  await checkTagsAndZones();
  await checkList();
  await checkNonsense();
  await checkHeartbeats(answering, silent);
});
