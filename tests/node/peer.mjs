// SPDX-License-Identifier: Apache-2.0
// What the clients in this folder share: `ws` and the built-in fetch against a running gateway.
//
// TAGWIRE_URL is where it listens, TAGWIRE_TOKENS a JSON object of its tokens by name, TAGWIRE_JWT_KEY the key that signs
// JSON Web Tokens, TAGWIRE_NODE_PACKAGES the folder into which `ws` was installed. Every check prints what was seen; the
// first one that does not hold ends the script with 1 and says what was missing.
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';

const WebSocket = createRequire(process.env.TAGWIRE_NODE_PACKAGES + '/package.json')('ws');

export const url = process.env.TAGWIRE_URL;
export const tokens = JSON.parse(process.env.TAGWIRE_TOKENS);
export const patience = 10_000; // ms until what is due counts as missing

/** Something that the contract promises did not come. */
export class Missing extends Error {}

export function check(what, holds, got) {
  if (!holds) throw new Missing(`${what}; got ${JSON.stringify(got)}`);
  console.log('ok', what);
}

/** A test for messages that have these fields with these values. */
export const fits = (fields) => (message) =>
  Object.entries(fields).every(([key, value]) => isDeepStrictEqual(message[key], value));

/** Whether it is a time with an offset, and so many digits of the second if that is ruled. */
export function isIso(text, digits) {
  const parts = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)$/.exec(text);
  return parts !== null && (digits === undefined || parts[1]?.length === digits);
}

const bearer = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

/** Ends with an error unless `promise` settles in time; `more` adds what is known by then. */
export async function inTime(what, promise, more = () => 'it did not come') {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Missing(`${what}; ${more()}`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** An open WebSocket. Keeps the messages as parsed JSON; `answer` may reply to each. */
export class Stream {
  messages = [];
  raw = [];
  pings = 0;
  closing = null;
  #seen = 0;
  #waiting = new Set();

  /** Connects with a Bearer token in the header, or without any. A refusal is thrown with its `status`. */
  static async open(path, token, answer) {
    const socket = new WebSocket(url.replace('http', 'ws') + path, { headers: bearer(token) });
    const stream = new Stream(socket, path, answer);
    socket.on('upgrade', ({ socket: { localAddress, localPort } }) => {
      stream.localAddress = `${localAddress}:${localPort}`; // the other side's client_id
    });
    await inTime(
      `an answer to the upgrade of ${path}`,
      new Promise((resolve, reject) => {
        socket.on('open', resolve);
        socket.on('error', reject);
        socket.on('unexpected-response', (request, response) => {
          reject(Object.assign(new Error(`HTTP ${response.statusCode}`), { status: response.statusCode }));
          request.destroy();
        });
      }),
    );
    return stream;
  }

  constructor(socket, path, answer) {
    this.socket = socket;
    this.path = path;
    socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Missing(`text on ${path}; got a binary message`);
      const message = JSON.parse(data.toString());
      this.raw.push(data.toString());
      this.messages.push(message);
      answer?.(this, message);
      this.#news();
    });
    socket.on('ping', () => {
      this.pings += 1;
      this.#news();
    });
    socket.on('close', (code, reason) => {
      this.closing = { code, reason: reason.toString() };
      this.#news();
    });
  }

  #news() {
    for (const look of [...this.#waiting]) look();
  }

  /** Text and bytes go out as they are, all else as JSON. */
  send(message) {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Waits until something holds that messages, PINGs or the end may change. */
  async until(what, holds) {
    let look;
    const held = new Promise((resolve, reject) => {
      look = () => {
        if (holds()) resolve();
        else if (this.closing) reject(new Missing(`${what} on ${this.path}; closed with ${this.closing.code}`));
      };
      this.#waiting.add(look);
      look();
    });
    try {
      await inTime(`${what} on ${this.path}`, held, () => `the last messages: ${JSON.stringify(this.messages.slice(-5))}`);
    } finally {
      this.#waiting.delete(look);
    }
    console.log('ok', what);
  }

  /** The next message that fits. Those before it are passed by. */
  async waitFor(what, test = () => true) {
    let found;
    await this.until(what, () => {
      while (found === undefined && this.#seen < this.messages.length) {
        const message = this.messages[this.#seen++];
        if (test(message)) found = message;
      }
      return found !== undefined;
    });
    return found;
  }

  /** So many messages that fit came at any time, or come. */
  has(what, test, count = 1) {
    return this.until(what, () => this.messages.filter(test).length >= count);
  }

  /** Sends and waits for what fits. */
  ask(what, message, test) {
    this.send(message);
    return this.waitFor(what, test);
  }

  /** All that was sent to us before this has come when it ends: a PONG takes its turn behind it. */
  async barrier() {
    const pong = new Promise((resolve) => this.socket.once('pong', resolve));
    this.socket.ping();
    await inTime('a PING is answered', pong);
  }

  /** Waits for the server's close. */
  async closed(what, code, reason) {
    const ended = new Promise((resolve) => {
      if (this.closing) resolve();
      else this.socket.once('close', resolve);
    });
    await inTime(`${what} on ${this.path}: close ${code}`, ended);
    const isRight = this.closing.code === code && (reason === undefined || this.closing.reason === reason);
    check(`${what}: close ${code}`, isRight, this.closing);
  }

  /** Ends the stream from here; the server says the same (RFC 6455, 7.1.5). */
  async close() {
    this.socket.close(1000);
    await this.closed('our own close is answered', 1000);
  }
}

/** The upgrade must be answered with this HTTP status. */
export async function refused(what, path, status, token) {
  let stream;
  try {
    stream = await Stream.open(path, token);
  } catch (refusal) {
    check(`${what}: HTTP ${status}`, refusal.status === status, refusal.status ?? refusal.message);
    return;
  }
  await stream.close();
  throw new Missing(`${what}: HTTP ${status}; ${path} was let in`);
}

/** One request; [status, parsed body]. */
export async function call(method, path, body, token = tokens.admin) {
  const headers = { ...bearer(token), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) };
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url + path, { method, headers, body: text, signal: AbortSignal.timeout(patience) });
  const got = await answer.text();
  return [answer.status, got ? JSON.parse(got) : null];
}

/** Has the PLC's point changed by a command (R5-9); its answer. */
export async function write(number, value) {
  const [status, answer] = await call('POST', '/api/os/command', { endpointId: number, value, commandType: 'write' });
  check(`R5-9 point ${number} becomes ${value}`, status === 200 && answer.status === 'succeeded', answer);
  return answer;
}

let borrowedCount = 0;

/** A token that is made, and can be revoked again, over REST (R2-11). */
export async function borrowToken(...permissions) {
  const name = `borrowed-by-node-${process.pid}-${++borrowedCount}`;
  const [status, made] = await call('POST', '/api/v1/tokens', { name, permissions });
  if (status !== 201) throw new Missing(`R2-11 a new token; got ${status} ${made?.error}`);
  const revoke = async () => {
    const [code] = await call('DELETE', `/api/v1/tokens/${name}`);
    check('R2-11 the token is revoked', code === 200 || code === 204, code);
  };
  return { text: made.token, revoke };
}

/** A JSON Web Token of these claims (R3-6), valid for a minute unless `exp` says otherwise; undefined leaves it out. */
export function webToken(claims, algorithm = 'HS256') {
  const given = { sub: 'node', exp: Math.floor(Date.now() / 1000) + 60, ...claims };
  const parts = [{ alg: algorithm, typ: 'JWT' }, given].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signed = parts.join('.');
  const hmac = createHmac('sha256', process.env.TAGWIRE_JWT_KEY).update(signed).digest('base64url');
  return `${signed}.${algorithm === 'HS256' ? hmac : ''}`;
}

/** How all but `live` show a token behind the upgrade. */
export const firstMessage = (token) => ({ type: 'auth', access_token: token });

/** What holds at every path that takes a first message. `prove(stream)` shows that a stream was let in. */
export async function checkDoor(path, permission, prove, first = firstMessage) {
  for (const key of ['token', 'access_token', 'api_key', 'jwt']) {
    await refused(`a credential as ${key} in the query`, `${path}?${key}=secret`, 400);
  }
  await refused('a wrong token in the header', path, 403, 'wrong');
  await refused('a token without the permission in the header', path, 403, tokens.nothing);
  await refused('a path that is not there', `${path}/no/such`, 404, tokens.admin);

  let stream = await Stream.open(path);
  stream.send(first('wrong'));
  await stream.closed('a wrong first message', 4401);
  check('nothing is sent before it', stream.messages.length === 0, stream.messages);

  stream = await Stream.open(path);
  stream.send(first(tokens.nothing));
  await stream.closed('a first message without the permission', 4403);

  stream = await Stream.open(path, tokens.admin);
  await prove(stream);
  stream.send(Buffer.from([0, 1]));
  await stream.closed('a binary message', 1003);

  const borrowed = await borrowToken(permission);
  const byHeader = await Stream.open(path, borrowed.text);
  const byMessage = await Stream.open(path);
  byMessage.send(first(borrowed.text));
  const renewed = await Stream.open(path, borrowed.text);
  for (const each of [byHeader, byMessage, renewed]) await prove(each);
  renewed.send(first(tokens.admin));
  await renewed.barrier();
  await borrowed.revoke();
  await byHeader.closed('the token in the header is revoked', 4401);
  await byMessage.closed('the token in the first message is revoked', 4401);
  await refused('the revoked token', path, 403, borrowed.text);
  const before = renewed.pings;
  await renewed.until('a fresh first message kept the stream, and PINGs come', () => renewed.pings > before);
  await renewed.close();
}

/** Runs a script's function; the exit code tells how it went. */
export async function run(main) {
  process.on('uncaughtException', (problem) => {
    console.log(problem instanceof Missing ? `MISSING ${problem.message}` : problem);
    process.exit(1);
  });
  await main();
  console.log('done');
  process.exit(0);
}
