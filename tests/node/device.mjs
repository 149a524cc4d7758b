// SPDX-License-Identifier: Apache-2.0
// Page 2: a device that pushes, a dashboard that watches it, an operator that commands it.
import { Stream, borrowToken, call, check, fits, refused, run, tokens, webToken } from './peer.mjs';

const path = '/ws/device/ems_001';

/** What a device sends, with blanks and key order of its own. */
const payload = (fields) =>
  JSON.stringify({ device_id: 'ems_001', timestamp: '2026-02-10T14:25:30.123456', ...fields }, null, 1);
const hasCharge = (soc) => (message) => message.battery.soc === soc;

async function valueOf(point) {
  const [status, answer] = await call('GET', `/api/v1/points/ems_001/${point}`, undefined, tokens.reader);
  check(`R2-6 the point ${point}`, status === 200, answer);
  return answer;
}

async function checkUpgrade() {
  await refused('R2-2 without a token', path, 401);
  await refused('R2-2 a wrong token', path, 403, 'wrong');
  await refused('R2-2 a token in the query', `${path}?token=xxxxxxxx`, 400);
  await refused('R2-3 another device', '/ws/device/ems_002', 403, tokens.meter);
  await refused('R2-3 no right to it', path, 403, tokens.nothing);
  await refused('R2-3 a JWT without the right', path, 403, webToken({ permissions: ['points:read'] }));
  const watching = await Stream.open(path, webToken({ permissions: ['device:ems_001:publish'] }));
  check('R2-2 a JWT in the header watches', true);
  await watching.close();
}

/** R2-5 to R2-8. */
async function checkPayloads(device, watcher) {
  const good = payload({ battery: { soc: 0.85, voltage: 380, cycles: 12, faults: [] }, grid: { status: 'connected' }, x: 1 });
  device.send(good);
  await watcher.waitFor('R2-8 a payload', hasCharge(0.85));
  check('R2-8 the same bytes', watcher.raw.at(-1) === good, watcher.raw.at(-1));
  device.send(payload({ battery: { soc: '0.5' } }));
  device.send(payload({ battery: { soc: 1.5 } }));
  device.send(payload({ battery: { voltage: 380.5 } }));
  device.send(payload({ battery: { soc: 0.625, cycles: 3 } }).replace('"cycles": 3', '"cycles": 3.0'));
  device.send(payload({ battery: { soc: null } }));
  device.send(payload({ device_id: 'ems_002', battery: { soc: 0.625 } }));
  device.send('{rubbish');
  const last = payload({ battery: { soc: 0.25, voltage: 381.5, cycles: 13, faults: ['fan'] }, grid: { status: 'islanded' } });
  device.send(last);
  await watcher.waitFor('R2-5 the socket stays open', hasCharge(0.25));
  // 0.5 may be what the device sent before we came.
  const passed = watcher.messages.filter((m) => ![0.5, 0.85, 0.25].includes(m.battery.soc));
  check('R2-5 wrong payloads are dropped whole', passed.length === 0, passed);
  const late = await Stream.open(path, tokens.watcher);
  await late.waitFor('R2-8 the last payload on connecting', hasCharge(0.25));
  check('R2-8 the same bytes', late.raw.at(-1) === last, late.raw);
  await late.close();
  for (const [point, expected] of Object.entries({
    'battery/soc': 0.25, 'battery/voltage': 381.5, 'battery/cycles': 13, 'battery/faults': '["fan"]', 'grid/status': 'islanded',
  })) {
    const answer = await valueOf(point);
    check(`R2-6 ${point} is ${expected}`, answer.value === expected && answer.quality === 'good', answer);
    check("R2-6 its time is the site's", Date.parse(answer.timestamp) === Date.UTC(2026, 1, 10, 8, 55, 30, 123), answer);
  }
}

/** R2-10: a command goes to the device, its answer back. */
async function checkCommands(device) {
  const { number } = await valueOf('grid/limit_kw');
  const command = async (what, value, reply) => {
    const asked = call('POST', '/api/os/command', { endpointId: number, value, commandType: 'write' });
    const got = await device.waitFor(`R2-10 ${what}`, fits({ type: 'command' }));
    check('R2-10 its fields', fits({ point: 'ems_001/grid/limit_kw', value })(got), got);
    device.send({ type: 'command_ack', commandId: got.commandId, ...reply });
    return asked;
  };
  let [status, answer] = await command('a command', 120.5, { ok: true });
  check('R2-10 acknowledged', status === 200 && answer.status === 'succeeded', answer);
  [status, answer] = await command('a command that the device refuses', 50, { ok: false, error: 'too hot' });
  check('R2-10 refused', answer.status === 'failed' && answer.message.includes('too hot'), [status, answer]);
}

/** R2-4: the newest publisher holds the device. */
async function checkTakeover(device, watcher) {
  const second = await Stream.open(path, tokens.meter);
  await device.closed('R2-4 the first connection', 4409, 'replaced by a new connection');
  second.send(payload({ battery: { soc: 0.75 } }));
  await watcher.waitFor('R2-4 the second one publishes', hasCharge(0.75));
  const borrowed = await borrowToken('device:*:publish');
  const watching = await Stream.open(path, borrowed.text);
  await watching.waitFor('R2-4 who has a wildcard watches', hasCharge(0.75));
  second.send(payload({ battery: { soc: 0.5 } }));
  await watching.waitFor('R2-4 and replaced nobody', hasCharge(0.5));
  await borrowed.revoke();
  await watching.closed("R2-11 the watcher's token is revoked", 4401);
  second.send(Buffer.from([1]));
  await second.closed('a binary message', 1003);
  let answer = await valueOf('battery/soc');
  for (let i = 0; i < 100 && answer.quality === 'good'; ++i) answer = await valueOf('battery/soc');
  check('R2-9 without its device a point is Bad', fits({ quality: 'bad:disconnected', value: 0.5 })(answer), answer);
}

/** R2-4: two that fight for one device. */
async function checkTakeoverLimit() {
  const name = 'fought_for_by_node';
  const [status, { token }] = await call('POST', '/api/v1/devices', { id: name, model: 'ems' });
  check('R2-11 a new device', status === 201, status);
  const streams = [];
  for (let i = 0; i < 6; ++i) streams.push(await Stream.open(`/ws/device/${name}`, token));
  await refused('R2-4 the sixth takeover within a minute', `/ws/device/${name}`, 429, token);
  await streams[4].closed('R2-4 the fifth', 4409);
  const [, events] = await call('GET', '/api/v1/events?limit=100');
  check('R2-4 a security event', events.some((each) => JSON.stringify(each).includes(name)), events);
  await streams[5].barrier();
  await streams[5].close();
  await call('DELETE', `/api/v1/devices/${name}`);
}

/** R2-11: REST makes a device, and ends it. */
async function checkNewDevice() {
  const name = 'made_by_node';
  const [status, made] = await call('POST', '/api/v1/devices', { id: name, model: 'ems' });
  check('R2-11 a new device and its token', status === 201 && made.token.length >= 43, Object.keys(made));
  const device = await Stream.open(`/ws/device/${name}`, made.token);
  device.send(JSON.stringify({ battery: { soc: 0.125 } }));
  const watcher = await Stream.open(`/ws/device/${name}`, tokens.watcher);
  await watcher.waitFor('R2-7 it publishes', hasCharge(0.125));
  const [, listed] = await call('GET', '/api/v1/tokens');
  const own = listed.filter((each) => each.permissions.includes(`device:${name}:publish`));
  check('R2-11 tokens are listed, without their text', own.length === 1 && !JSON.stringify(listed).includes(made.token), own);
  const [revoked] = await call('DELETE', `/api/v1/tokens/${own[0].name}`);
  check('R2-11 and revoked', revoked === 200 || revoked === 204, revoked);
  await device.closed("R2-11 the device's token is revoked", 4401);
  await refused('R2-11 the revoked token', `/ws/device/${name}`, 403, made.token);
  const [deleted] = await call('DELETE', `/api/v1/devices/${name}`);
  check('R2-11 the device is gone', deleted === 200 || deleted === 204, deleted);
  await watcher.closed('R2-11 who watched it', 1008);
}

await run(async () => {
  await checkUpgrade();
  const device = await Stream.open(path, tokens.meter);
  const watcher = await Stream.open(path, tokens.watcher);
  await checkPayloads(device, watcher);
  await checkCommands(device);
  const before = device.pings;
  await device.until('R2-9 PINGs come', () => device.pings > before);
  await checkTakeover(device, watcher);
  await checkTakeoverLimit();
  await checkNewDevice();
  await watcher.close();
});
