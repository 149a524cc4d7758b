// SPDX-License-Identifier: Apache-2.0
// The omlox hub, API v2: a system that brings locations in, and an application that watches trackables and fences. What
// is sent is what known clients of hubs send: params as an empty object, ids of trackables as UUIDs, `crs` with each
// location, timestamps of the sender.
import { Stream, borrowToken, call, check, fits, isIso, refused, run, tokens } from './peer.mjs';

const path = '/v2/ws/socket';
const metres = (feet) => feet * 0.3048;
const isUuid = (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
const close = (a, b) => Math.abs(a - b) < 1e-6;

const location = (provider, x, y, more = {}) => ({
  position: { type: 'Point', coordinates: [metres(x), metres(y), 0] },
  source: '417', provider_type: 'uwb', provider_id: provider, crs: 'local',
  timestamp_generated: new Date().toISOString(), ...more,
});

const subscribe = (topic, params = { crs: 'local' }) => ({ event: 'subscribe', topic, params });

/** Subscribes; the id of the subscription. */
async function follow(stream, topic, params) {
  const answer = await stream.ask(`subscribe to ${topic}`, subscribe(topic, params), fits({ event: 'subscribed', topic }));
  return answer.subscription_id;
}

/** The first object of a message that fits. */
async function object(stream, what, topic, test) {
  const message = await stream.waitFor(what, (each) => each.event === 'message' && each.topic === topic && each.payload.some(test));
  return message.payload.find(test);
}

/** An object of the hub by REST; the status has to be right. */
async function rest(method, target, body, status = 200) {
  const [got, answer] = await call(method, `/v2${target}`, body);
  check(`${method} ${target}: ${status}`, got === status, [got, answer]);
  return answer;
}

async function checkObjects() {
  const zones = await rest('GET', '/zones/summary');
  const hall = zones.find(fits({ foreign_id: '417' }));
  check('the zones of the manifest', zones.length === 3 && isUuid(hall.id) && hall.name === 'Hall', zones);
  check('ids without summary', (await rest('GET', '/zones')).includes(hall.id));
  const trackables = await rest('GET', '/trackables/summary');
  const badge = trackables.find(fits({ name: 'Employee Badge 1' }));
  check('its tags are trackables with a provider', badge.type === 'virtual' && badge.location_providers[0] === 'SIM1', badge);
  const fences = await rest('GET', '/fences/summary');
  const gate = fences.find(fits({ foreign_id: 'trigger/123/0' }));
  check('regions of triggers are fences', gate.region.type === 'Polygon' && close(gate.region.coordinates[0][0][0], metres(10)), gate);
  check('zones are fences', fences.some(fits({ foreign_id: 'zone/417' })));
  const fixed = await rest('DELETE', `/zones/${hall.id}`, undefined, 403);
  check('the error says why', fixed.code === 403 && fixed.message.includes('manifest'), fixed);
  check('v1 is the same', (await call('GET', '/v1/zones'))[1].length === 3);
  const wrong = await rest('PUT', '/providers/SIM1/location', location('SIM1', 1, 1, { crs: 'EPSG:25832' }), 400);
  check('what is allowed is told', wrong.message.includes('allowed: local'), wrong);
  return { badge, gate };
}

async function checkSocket({ badge, gate }) {
  const viewer = await Stream.open(path, tokens.admin);
  const id = await follow(viewer, 'location_updates', { crs: 'local', provider_id: 'SIM1' });
  check('the first subscription has id 0, as known clients expect', id === 0, id);
  await follow(viewer, 'trackable_motions', { crs: 'local', trackable_id: badge.id });
  await follow(viewer, 'fence_events', { fence_id: gate.id });
  const sender = await Stream.open('/v1/ws/socket', tokens.admin);
  const send = (...payload) => sender.send({ event: 'message', topic: 'location_updates', payload });
  send(location('SIM1', 5, 5, { accuracy: 0.4 }));
  const first = await object(viewer, 'the location goes out', 'location_updates', fits({ provider_id: 'SIM1' }));
  check('with what it said', close(first.accuracy, 0.4) && close(first.position.coordinates[0], metres(5)) && isIso(first.timestamp_generated, 3), first);
  check('and whose it is', first.trackables[0] === badge.id && first.crs === 'local', first);
  send(location('SIM1', 15, 15));
  const entry = await object(viewer, 'region_entry', 'fence_events', fits({ event_type: 'region_entry', fence_id: gate.id }));
  check('of the trackable', entry.trackable_id === badge.id && isUuid(entry.id) && isIso(entry.entry_time), entry);
  const inside = await rest('GET', `/fences/${gate.id}/trackables`);
  check('REST knows it too', inside.includes(badge.id), inside);
  send(location('SIM1', 50, 50));
  const motion = await object(viewer, 'a motion', 'trackable_motions', (each) => close(each.location.position.coordinates[0], metres(50)));
  check('names the trackable', motion.id === badge.id && motion.name === 'Employee Badge 1', motion);
  const exit = await object(viewer, 'region_exit', 'fence_events', fits({ event_type: 'region_exit' }));
  check('with both times', exit.exit_time >= exit.entry_time, exit);
  check('nothing of others', !viewer.messages.some((each) => JSON.stringify(each).includes('WALK1')));
  await viewer.ask('unsubscribe', { event: 'unsubscribe', subscription_id: 0 }, fits({ event: 'unsubscribed', subscription_id: 0 }));
  sender.send({ event: 'message', topic: 'location_updates', payload: [{}] });
  await sender.waitFor('bad data is told', fits({ event: 'error', code: 10005 }));
  for (const stream of [viewer, sender]) await stream.close();
}

async function checkMadeThings() {
  const fence = await rest('POST', '/fences', {
    region: { type: 'Point', coordinates: [metres(80), metres(40)] }, radius: 2, crs: 'local', zone_id: '417', name: 'Charger',
  }, 201);
  const cart = await rest('POST', '/trackables', { type: 'omlox', name: 'Cart', location_providers: ['AA:BB:01', 'AA:BB:02'] }, 201);
  await rest('POST', '/providers', { id: 'AA:BB:01', type: 'uwb', sensors: { battery: 80 } }, 201);
  const viewer = await Stream.open(path, tokens.admin);
  await follow(viewer, 'fence_events:geojson', { crs: 'local', fence_id: fence.id });
  await rest('PUT', '/providers/AA:BB:01/location', location('AA:BB:01', 80, 40), 204);
  const feature = await object(viewer, 'GeoJSON', 'fence_events:geojson', fits({ type: 'FeatureCollection' }));
  check('of the fence', feature.features[0].properties.trackable_id === cart.id && feature.features[0].geometry.type === 'Point', feature);
  await rest('PUT', '/providers/locations', [location('AA:BB:02', 20, 40)], 204);
  await viewer.waitFor('another provider moves it out', (each) => JSON.stringify(each).includes('region_exit'));
  const own = await rest('GET', '/providers/AA:BB:01/location?crs=local');
  check('each keeps its own last location', close(own.position.coordinates[0], metres(80)), own);
  await rest('PUT', `/trackables/${cart.id}`, { ...cart, locating_rules: [{ expression: "provider_id = 'AA:BB:01' AND timestamp_diff < 60000", priority: 1 }] });
  await rest('PUT', '/providers/locations', [location('AA:BB:01', 10, 40), location('AA:BB:02', 90, 40)], 204);
  const chosen = await rest('GET', `/trackables/${cart.id}/location?crs=local`);
  check('a locating rule says which one counts', chosen.provider_id === 'AA:BB:01' && close(chosen.position.coordinates[0], metres(10)), chosen);
  const bad = await rest('PUT', `/trackables/${cart.id}`, { ...cart, locating_rules: [{ expression: 'weather = 1', priority: 1 }] }, 400);
  check('what a rule may ask is told', bad.message.includes('character 1') && bad.message.includes('timestamp_diff'), bad);
  const [, sensors] = await call('GET', `/v2/trackables/${cart.id}/sensors`);
  check('sensors', sensors[0].battery === 80, sensors);
  const renamed = await rest('PUT', `/fences/${fence.id}`, { ...fence, name: 'Dock' });
  check('PUT changes it', renamed.name === 'Dock', renamed);
  for (const each of [`/fences/${fence.id}`, `/trackables/${cart.id}`, '/providers/AA:BB:01']) await rest('DELETE', each, undefined, 204);
  await rest('GET', `/fences/${fence.id}`, undefined, 404);
  await viewer.close();
}

async function checkDoor() {
  await refused('a token in the query', `${path}?token=secret`, 400);
  await refused('a wrong token in the header', path, 403, 'wrong');
  await refused('a token without the permission', path, 403, tokens.nothing);
  for (const token of [undefined, 'wrong']) {
    const stream = await Stream.open(path);
    stream.send(subscribe('location_updates', token ? { crs: 'local', token } : {}));
    await stream.waitFor('10006 without a good token', fits({ event: 'error', code: 10006 }));
    await stream.closed('and the end', 4401);
  }
  const poor = await Stream.open(path);
  poor.send(subscribe('location_updates', { crs: 'local', token: tokens.nothing }));
  await poor.waitFor('10004 without the permission', fits({ event: 'error', code: 10004 }));
  await poor.closed('and the end', 4403);

  const borrowed = await borrowToken('positions:SIM2:read');
  const stream = await Stream.open(path);
  await follow(stream, 'location_updates', { crs: 'local', token: borrowed.text });
  for (const tag of ['SIM1', 'SIM2']) await rest('PUT', `/providers/${tag}/location`, location(tag, 70, 50), 204);
  await object(stream, 'what is permitted comes', 'location_updates', fits({ provider_id: 'SIM2' }));
  check('and nothing else', !stream.messages.some((each) => JSON.stringify(each).includes('SIM1')), stream.messages);
  const [, visible] = await call('GET', '/v2/providers', undefined, borrowed.text);
  check('nor by REST', visible.length === 1 && visible[0] === 'SIM2', visible);
  const [status] = await call('POST', '/v2/zones', { type: 'uwb' }, borrowed.text);
  check('nor may it change anything', status === 403, status);
  await borrowed.revoke();
  await stream.closed('the token is revoked', 4401);
}

async function checkNonsense() {
  const stream = await Stream.open(path, tokens.admin);
  const codes = [
    ['no JSON', 10005], [{ event: 'dance' }, 10000], [subscribe('weather'), 10001],
    [subscribe('location_updates', {}), 10002], [{ event: 'unsubscribe', subscription_id: 99 }, 10003],
  ];
  for (const [message, code] of codes) await stream.ask(`${code} for ${JSON.stringify(message)}`, message, fits({ event: 'error', code }));
  check('the default of crs is not served, and the error says what is', stream.messages.some((each) => each.code === 10002 && each.description.includes('local')));
  stream.send(Buffer.from([0, 1]));
  await stream.closed('a binary message', 1003);
}

await run(async () => {
  const known = await checkObjects();
  await checkSocket(known);
  await checkMadeThings();
  await checkDoor();
  await checkNonsense();
});
