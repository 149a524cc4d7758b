// SPDX-License-Identifier: Apache-2.0
// Page 1, beside the managers: trigger events for whoever wants them (R1-34 to R1-36).
import { Stream, call, check, checkDoor, fits, isIso, refused, run, tokens } from './peer.mjs';

const all = '/ws/events';

/** These streams send nothing of themselves; a client's own HeartBeat is answered (R1-8). */
const heartbeat = { type: 'HeartBeat', ts: 1 };
const prove = (stream) => stream.ask('R1-8 a heartbeat is answered', heartbeat, fits(heartbeat));

/** R1-35: one walk through the gate, seen by several. */
async function checkStreams() {
  const open = (path) => Stream.open(path, tokens.reader);
  const everything = await open(all);
  const gate = await open('/api/ws/events/418');
  const hall = await open('/api/ws/events/417');
  const yard = await open('/api/ws/events/419');
  const leaving = await open(`${all}?tag_id=SIM2&tag_id=SIM9&trigger_id=124`);
  const streams = [everything, gate, hall, yard, leaving];
  for (const each of streams) await prove(each);
  const sender = await Stream.open('/ws/Manager1', tokens.admin);
  const walk = [['SIM1', 5], ['SIM2', 5], ['SIM1', 15], ['SIM2', 15], ['SIM2', 5], ['SIM1', 5]];
  for (const [index, [tag, place]] of walk.entries()) {
    sender.send({ type: 'GISData', ID: tag, X: place, Y: place, Z: 0, Sequence: index + 1 });
  }
  for (const each of [everything, gate, hall]) {
    for (const [trigger, tag] of [[123, 'SIM1'], [123, 'SIM2'], [124, 'SIM2'], [124, 'SIM1']]) {
      const what = `R1-35 trigger ${trigger} of ${tag} on ${each.path}`;
      const event = await each.waitFor(what, fits({ type: 'TriggerEvent', trigger_id: trigger, tag_id: tag }));
      check('R1-9 its zone and time', event.zone_id === 418 && isIso(event.timestamp, 3), event);
    }
  }
  await leaving.waitFor('R1-35 the filtered one', fits({ type: 'TriggerEvent', trigger_id: 124, tag_id: 'SIM2' }));
  for (const each of [leaving, yard]) await each.barrier();
  const events = [...leaving.messages, ...yard.messages].filter(fits({ type: 'TriggerEvent' }));
  check('R1-35 filters and zones leave out the rest', events.length === 1, events);
  for (const each of [...streams, sender]) await each.close();
}

async function checkLists() {
  const get = async (what, path) => {
    const [status, body] = await call('GET', path, undefined, tokens.reader);
    check(what, status === 200, [status, body]);
    return body;
  };
  const recent = await get('R1-34 recent events', '/recent_events?tag_id=SIM1&trigger_id=124');
  const known = { trigger_name: 'Exit Gate', tag_name: 'Employee Badge 1' };
  const expected = { trigger_id: 124, tag_id: 'SIM1', direction: 'OnExit', zone_id: 418, ...known };
  check('R1-34 their fields, filtered', recent.length > 0 && recent.every(fits(expected)) && isIso(recent[0].timestamp), recent);
  const late = await get('R1-34 since', '/recent_events?since=2100-01-01T00:00:00Z');
  check('R1-34 nothing since then', late.length === 0, late);
  const triggers = await get('R1-36 the triggers', '/api/list_triggers');
  const row = { i_trg: 123, x_nm_trg: 'Entry Gate', zone_id: 418, direction: 'OnEnter', is_portable: false };
  check('R1-36 their fields', triggers.some(fits(row)), triggers);
  const names = await get('R1-33 static data', '/api/v1/rtls/static');
  check('R1-33 its triggers', names.triggers.some(fits({ id: 123, name: 'Entry Gate', zone_id: 418 })), names.triggers);
  check('R1-33 its tags', names.tags.some(fits({ id: 'SIM1', name: 'Employee Badge 1' })), names.tags);
  check('R1-33 its zones', names.zones.some(fits({ id: 417, name: 'Hall' })), names.zones);
}

await run(async () => {
  await checkDoor(all, 'events:read', prove);
  await refused('a trigger_id that is no number', `${all}?trigger_id=gate`, 400, tokens.reader);
  await checkStreams();
  await checkLists();
});
