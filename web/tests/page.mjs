// SPDX-License-Identifier: Apache-2.0
// What the sources find around them instead of a browser; imported before them. The network is given by a test:
// `server.answers` for REST, `sockets` for what was opened.
import { webcrypto } from 'node:crypto';

class FakeDocument extends EventTarget {
  hidden = false;
  title = '';
  documentElement = { dataset: {}, style: {} };
  createTreeWalker() {
    return {};
  }
  createElement() {
    return {};
  }
}

export const sockets = [];
class FakeSocket {
  sent = [];
  isClosed = false;
  constructor(url) {
    this.url = url;
    sockets.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.isClosed = true;
  }
  open() {
    this.onopen?.();
  }
  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** `answers` by "GET /path" (without the query): a value, or a function of the request that gives one. */
export const server = { answers: {}, asked: [] };

/** An answer with a status and headers. */
export class Answer {
  constructor(status, body, headers = {}) {
    Object.assign(this, { status, body, headers });
  }
}

async function fakeFetch(address, { method = 'GET', headers = {}, body, signal } = {}) {
  const [path, query = ''] = address.split('?');
  const request = { method, path, query: new URLSearchParams(query), headers, body: body === undefined ? undefined : JSON.parse(body) };
  server.asked.push(request);
  const found = server.answers[`${method} ${path}`];
  if (found === undefined) return new Response('{"error":"there is no such thing"}', { status: 404, headers: { 'Content-Type': 'application/json' } });
  const given = typeof found === 'function' ? await found(request) : found;
  await null; // as a browser: whoever asks may give up before there is an answer
  signal?.throwIfAborted();
  const answer = given instanceof Answer ? given : new Answer(200, given);
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers: { 'Content-Type': 'application/json', ...answer.headers } });
}

globalThis.crypto ??= webcrypto; // Node 18 has it under another name
const kept = new Map();
const windowEvents = new EventTarget();
Object.assign(globalThis, {
  document: new FakeDocument(),
  location: { protocol: 'http:', host: 'plant', hash: '' },
  history: { replaceState: () => {} },
  localStorage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) },
  addEventListener: (...given) => windowEvents.addEventListener(...given),
  matchMedia: () => ({ matches: false, addEventListener: () => {} }),
  requestAnimationFrame: (run) => setTimeout(run, 0),
  IntersectionObserver: class {
    observe() {}
    disconnect() {}
  },
  WebSocket: FakeSocket,
  fetch: fakeFetch,
});
globalThis.dispatchWindow = (event) => windowEvents.dispatchEvent(event);

/**
 * Timers and clocks that go on only when a test says so. `steady` is performance.now(), which stands still while a machine
 * sleeps.
 */
export class FakeTime {
  #timers = new Map();
  #nextId = 1;

  constructor(now = Date.parse('2026-03-01T12:00:00Z')) {
    this.clock = now;
    this.steady = 1_000;
    Date.now = () => this.clock;
    Object.defineProperty(globalThis, 'performance', { value: { now: () => this.steady } });
    globalThis.setTimeout = (run, ms = 0) => this.#add(run, ms, 0);
    globalThis.setInterval = (run, ms) => this.#add(run, ms, ms);
    globalThis.clearTimeout = globalThis.clearInterval = (id) => this.#timers.delete(id);
  }

  #add(run, ms, every) {
    const id = this.#nextId++;
    this.#timers.set(id, { run, every, due: this.steady + ms });
    return id;
  }

  /** Each timer runs when it is due. */
  pass(ms) {
    const end = this.steady + ms;
    for (;;) {
      const [id, timer] = [...this.#timers].sort(([, a], [, b]) => a.due - b.due)[0] ?? [];
      if (!timer || timer.due > end) break;
      const due = Math.max(timer.due, this.steady);
      this.clock += due - this.steady;
      this.steady = due;
      if (timer.every > 0) timer.due = due + timer.every;
      else this.#timers.delete(id);
      timer.run();
    }
    this.clock += end - this.steady;
    this.steady = end;
  }

  /** No timer runs meanwhile: the browser holds them back. */
  holdBack(ms) {
    this.clock += ms;
    this.steady += ms;
  }

  sleep(ms) {
    this.clock += ms;
  }
}

/** The text that a template would show, without what stands in elements of their own. */
export function shownBy(template) {
  const plain = (part) => {
    if (part === null || part === undefined || typeof part === 'function' || typeof part === 'symbol') return '';
    if (Array.isArray(part)) return part.map(plain).join('');
    if (typeof part !== 'object') return String(part);
    if (!('strings' in part)) return '';
    return part.strings.map((text, index) => text + plain(part.values[index])).join('');
  };
  return plain(template).replace(/\s+/g, ' ');
}

/** Until what waits for promises has run. */
export async function settled(turns = 20) {
  for (let turn = 0; turn < turns; ++turn) await new Promise((resolve) => setImmediate(resolve));
}
