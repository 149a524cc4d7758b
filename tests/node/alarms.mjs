// SPDX-License-Identifier: Apache-2.0
// Page 3: an alarm viewer.
import { Stream, borrowToken, check, checkDoor, firstMessage, fits, isIso, run, tokens, webToken, write } from './peer.mjs';

const path = '/ws/alarms';
const temperature = 59;
const pressure = 64;

/** The snapshot is the welcome. */
const prove = (stream) => stream.waitFor('R3-3 the snapshot', fits({ type: 'snapshot' }));
const transition = (rule, state) => fits({ type: 'alarm_state', rule_id: rule, state });

/** R3-4: a new value, a new state, with every field. */
async function checkTransition(stream, state, value) {
  await write(temperature, value);
  const got = await stream.waitFor(`R3-4 ${state}`, transition(77, state));
  const expected = {
    datapoint_id: 59, rule_name: 'Boiler High Temp', severity: 'critical', comparison: 'above', value,
    warning_threshold: 75, alarm_threshold: 80, message: `Rule Boiler High Temp -> ${state}`,
  };
  check('R3-4 its fields', fits(expected)(got), got);
  check('R3-4 its ts: microseconds and offset', isIso(got.ts, 6) && got.ts.endsWith('+00:00'), got);
}

async function checkFilterAndRange(stream, filtered) {
  await write(pressure, 1);
  const expected = {
    comparison: 'outside_range', value: 1, severity: 'minor', warning_threshold: null, alarm_threshold: null,
    alarm_threshold_low: 2, alarm_threshold_high: 8, warning_threshold_low: 3, warning_threshold_high: 7,
  };
  for (const each of [stream, filtered]) {
    const got = await each.waitFor('R3-4 a range rule', transition(88, 'ALARM'));
    check('R3-4 its thresholds', fits(expected)(got), got);
  }
  await write(pressure, 5);
  for (const each of [stream, filtered]) await each.waitFor('R3-4 the range rule is OK', transition(88, 'OK'));
}

/** R3-6: whose JSON Web Token is taken. */
async function checkWebTokens() {
  const now = Math.floor(Date.now() / 1000);
  const permissions = ['alarms:read'];
  for (const [what, claims] of [
    ['permissions', { permissions }],
    ['scope', { scope: 'points:read alarms:read' }],
    ['leeway', { permissions, exp: now - 3 }],
  ]) {
    const stream = await Stream.open(path);
    await stream.ask(`R3-6 a JWT: ${what}`, firstMessage(webToken(claims)), fits({ type: 'snapshot' }));
    await stream.close();
  }
  for (const [what, code, token] of [
    ['expired', 4401, webToken({ permissions, exp: now - 300 })],
    ['without exp', 4401, webToken({ permissions, exp: undefined })],
    ['alg none', 4401, webToken({ permissions }, 'none')],
    ['changed', 4401, webToken({ permissions }).slice(0, -6) + 'AAAAAA'],
    ['without the permission', 4403, webToken({ permissions: ['points:read'] })],
  ]) {
    const stream = await Stream.open(path);
    stream.send(firstMessage(token));
    await stream.closed(`R3-6 a JWT ${what}`, code);
  }
}

await run(async () => {
  await write(temperature, 20);
  await write(pressure, 5);
  await checkDoor(path, 'alarms:read', prove);
  for (const permission of ['alarms:admin', 'alarms:*']) {
    const borrowed = await borrowToken(permission);
    const stream = await Stream.open(path);
    await stream.ask(`R3-2 ${permission} suffices`, firstMessage(borrowed.text), fits({ type: 'snapshot' }));
    await stream.close();
    await borrowed.revoke();
  }
  await checkWebTokens();
  const stream = await Stream.open(path, tokens.reader);
  const filtered = await Stream.open(path, tokens.reader);
  const empty = await prove(stream);
  check('R3-3 nothing is active', empty.active.length === 0 && isIso(empty.ts, 6), empty);
  await prove(filtered);
  const filter = { type: 'filter', rules: [88], severities: ['minor'], areas: ['hall/*', 'brewhouse/#'] };
  await filtered.ask('R3-5 a filter', filter, fits({ type: 'snapshot' }));
  await checkTransition(stream, 'WARNING', 76);
  await checkTransition(stream, 'ALARM', 85.5);
  await write(temperature, 86); // still ALARM: no message
  const late = await Stream.open(path, tokens.reader);
  const snapshot = await prove(late);
  const active = { rule_id: 77, state: 'ALARM', rule_name: 'Boiler High Temp', severity: 'critical' };
  check('R3-3 a later one has the alarm', snapshot.active.length === 1 && fits(active)(snapshot.active[0]), snapshot);
  await checkFilterAndRange(stream, filtered);
  await checkTransition(stream, 'OK', 20);
  const states = stream.messages.filter(fits({ rule_id: 77 })).map((m) => m.state);
  check('R3-4 no state is repeated', states.join() === 'WARNING,ALARM,OK', states);
  await filtered.barrier();
  check('R3-5 the filter lets nothing else through', !filtered.messages.some(fits({ rule_id: 77 })), filtered.messages);
  for (const message of ['{rubbish', { type: 'dance' }, { type: 'filter', rules: 'all' }]) {
    const what = `an error for ${JSON.stringify(message)}`;
    await stream.ask(what, message, (m) => ['error', 'result'].includes(m.type) && m.ok !== true);
  }
  await stream.barrier();
  for (const each of [stream, filtered, late]) await each.close();
});
