// SPDX-License-Identifier: Apache-2.0
// Page 5, Server-Sent Events (R5-13), with the built-in fetch.
import { Missing, borrowToken, call, check, fits, inTime, isIso, run, tokens, url, write } from './peer.mjs';

const temperature = 59;
const channels = '?channels=telemetry,alarms,commands&endpointIds=59,60';

/** An open response of text/event-stream. */
class EventStream {
  messages = [];
  lastId;
  #rest = '';
  #abort = new AbortController();

  static async open(query, token, lastId) {
    const stream = new EventStream();
    const headers = { Accept: 'text/event-stream' };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (lastId) headers['Last-Event-ID'] = lastId;
    const answer = fetch(`${url}/api/os/events${query}`, { headers, signal: stream.#abort.signal });
    stream.response = await inTime('an answer', answer);
    return stream;
  }

  /** The next event's data; null at the end of the stream. */
  async read() {
    this.reader ??= this.response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const end = this.#rest.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.#rest.slice(0, end).split('\n');
        this.#rest = this.#rest.slice(end + 2);
        const of = (field) => lines.filter((line) => line.startsWith(field)).map((line) => line.slice(field.length).trim());
        this.lastId = of('id:').pop() ?? this.lastId;
        const data = of('data:');
        if (data.length > 0) return JSON.parse(data.join('\n'));
        continue;
      }
      const { value, done } = await this.reader.read();
      if (done) return null;
      this.#rest += value.replaceAll('\r\n', '\n');
    }
  }

  /** Reads until an event fits. */
  async waitFor(what, test) {
    for (;;) {
      const known = () => `the last events: ${JSON.stringify(this.messages.slice(-5))}`;
      const message = await inTime(what, this.read(), known);
      if (message === null) throw new Missing(`${what}; the stream ended`);
      this.messages.push(message);
      if (test(message)) {
        console.log('ok', what);
        return message;
      }
    }
  }

  /** The same, but it may have come already. */
  async have(what, count, test) {
    while (this.messages.filter(test).length < count) await this.waitFor(what, test);
  }

  close() {
    this.#abort.abort();
  }
}

const isTelemetry = (value) => fits({ type: 'telemetry', endpointId: temperature, value });
const isDone = fits({ type: 'command_status', status: 'succeeded' });

/** Values, alarms and commands in one stream. */
async function checkChannels() {
  const stream = await EventStream.open(channels, tokens.admin);
  const kind = stream.response.headers.get('content-type');
  check('R5-13 text/event-stream', stream.response.status === 200 && kind.startsWith('text/event-stream'), kind);
  await stream.waitFor('R5-13 the last value at once', isTelemetry(20));
  const answer = await write(temperature, 85.5);
  const got = await stream.waitFor('R5-13 a change', isTelemetry(85.5));
  check('R5-4 time and quality', isIso(got.timestamp) && got.quality === 'good', got);
  await stream.have('R5-6 an alarm', 1, fits({ type: 'alarm', ruleId: 77 }));
  await stream.have('R5-5 the command', 1, isDone);
  const steps = stream.messages.filter(fits({ commandId: answer.commandId })).map((m) => m.status);
  check('R5-5 every step in order', steps.join() === 'queued,sent,acked,succeeded', steps);
  check('R5-13 each event has an id', stream.lastId?.length > 0, stream.lastId);
  stream.close();
  return stream.lastId;
}

/** What came in between comes after all. */
async function checkResume(lastId) {
  await write(temperature, 30);
  await write(temperature, 20);
  const stream = await EventStream.open(channels, tokens.admin, lastId);
  await stream.have('R5-13 the newest value', 1, isTelemetry(20));
  await stream.have('R5-13 commands that were missed', 2, isDone);
  check('R5-13 no gap', !stream.messages.some(fits({ type: 'gap' })), stream.messages);
  stream.close();
}

/** Who may not, and what makes no sense. */
async function checkRefusals() {
  for (const [what, query, token, status] of [
    ['no credential', '?channels=alarms', undefined, 401],
    ['a wrong one', '?channels=alarms', 'wrong', 403],
    ['one in the query', '?channels=alarms&token=xxxxxxxx', undefined, 400],
    ['an unknown channel', '?channels=dances', tokens.reader, 400],
    ['an endpointId that is no number', '?channels=telemetry&endpointIds=all', tokens.reader, 400],
  ]) {
    const { response } = await EventStream.open(query, token);
    check(`R5-13 ${what}: ${status}`, response.status === status, response.status);
    const error = await response.json();
    check('R4-11 an error', error.success === false && error.error && isIso(error.timestamp), error);
  }
}

await run(async () => {
  await write(temperature, 20);
  await checkRefusals();
  await checkResume(await checkChannels());
  const [, latest] = await call('GET', '/api/os/telemetry/latest?endpointId=59', undefined, tokens.reader);
  check('R5-13 the latest value', latest.length === 1 && isTelemetry(20)(latest[0]), latest);
  const borrowed = await borrowToken('points:read');
  const stream = await EventStream.open('?channels=telemetry&endpointIds=59', borrowed.text);
  await stream.waitFor('R5-13 let in', isTelemetry(20));
  await borrowed.revoke();
  const rest = [await inTime('an end', stream.read()), await inTime('an end', stream.read())];
  check('a revoked token ends the stream', rest.includes(null), rest);
});
