// SPDX-License-Identifier: Apache-2.0
import { Observable } from '../observable';
import { session } from '../session';
import type { LiveMessage } from './types';

const path = '/ws/live';
const waits = [3, 6, 12, 30]; // s until the next try
const askAfter = 4_000; // ms without a message until we ping
const lostAfter = 5_000; // ms without an answer to that until the link counts as lost
const openAfter = 9_000; // ms that opening may take
const lookEvery = 1_000;
const sleptFor = 5_000; // ms between two looks: the machine slept, or the browser held the page back
const lostAfterSleep = 1_000;

/** `off`: nobody is logged in. `waiting`: lost, the next try is due at `nextTry`. */
export type LinkState = 'off' | 'connecting' | 'online' | 'waiting';

/** What uses the connection. */
export interface LinkUser {
  opened(): void;
  received(message: LiveMessage): void;
  lost(): void;
}

/** The one WebSocket of the pages: connects, watches over the link, comes back. */
export class Connection extends Observable {
  state: LinkState = 'off';
  /** ms since 1970, while waiting. */
  nextTry = 0;
  #socket: WebSocket | null = null;
  #failures = 0;
  #lastHeard = 0;
  /** When the ping that is not answered yet was sent, and how long it may take; 0: none. */
  #asked = 0;
  #patience = 0;
  /** performance.now() stands still while a machine sleeps, Date.now() goes on. */
  #lastLook = { steady: 0, clock: 0 };
  #retry: ReturnType<typeof setTimeout> | undefined;
  #user: LinkUser;
  #caller = '';

  constructor(user: LinkUser) {
    super();
    this.#user = user;
  }

  start(): void {
    session.observe(() => this.#callerChanged());
    this.#callerChanged();
    this.#lastLook = { steady: performance.now(), clock: Date.now() };
    setInterval(() => this.#look(), lookEvery);
    addEventListener('online', () => this.retryNow());
    addEventListener('pagehide', () => this.#socket?.close());
    addEventListener('pageshow', (event) => {
      if (event.persisted) this.retryNow();
    });
  }

  get isOnline(): boolean {
    return this.state === 'online';
  }

  /** False: nothing was sent, there is no link. */
  send(message: object): boolean {
    if (!this.isOnline || !this.#socket) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  retryNow(): void {
    if (this.state === 'waiting') this.#connect();
  }

  /** Each caller has a connection of their own: what is asked for depends on what they may. */
  #callerChanged(): void {
    const caller = session.state === 'in' ? session.fullName : '';
    if (caller === this.#caller) return;
    this.#caller = caller;
    this.#failures = 0;
    this.#drop();
    if (caller) this.#connect();
    else this.#become('off');
  }

  #connect(): void {
    this.#drop();
    this.#become('connecting');
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}${path}`);
    this.#socket = socket;
    this.#heard();
    socket.onopen = () => {
      this.#failures = 0;
      this.#heard();
      this.#become('online');
      this.#user.opened();
    };
    socket.onmessage = (event) => {
      this.#heard();
      const message = parse(event.data);
      if (message && message.op !== 'pong') this.#user.received(message);
    };
    socket.onclose = (event) => this.#ended(event.code);
  }

  #heard(): void {
    this.#lastHeard = performance.now();
    this.#asked = 0;
  }

  /** A cable that was pulled closes nothing: silence tells. Only a ping without an answer ends a link. */
  #look(): void {
    const [steady, clock] = [performance.now(), Date.now()];
    const [passed, byClock] = [steady - this.#lastLook.steady, clock - this.#lastLook.clock];
    this.#lastLook = { steady, clock };
    if (this.state !== 'online' && this.state !== 'connecting') return;
    // What came before the machine slept is old, at once.
    if (byClock - passed > sleptFor) return this.#ended(0);
    const silent = steady - this.#lastHeard;
    if (this.state === 'connecting') {
      if (silent > openAfter) this.#ended(0);
    } else if (this.#asked > 0) {
      if (steady - this.#asked > this.#patience) this.#ended(0);
    } else if (silent > askAfter || byClock > sleptFor) {
      this.#ask(steady, byClock > sleptFor ? lostAfterSleep : lostAfter);
    }
  }

  #ask(at: number, patience: number): void {
    this.#asked = at;
    this.#patience = patience;
    this.send({ op: 'ping' });
  }

  #ended(code: number): void {
    this.#drop();
    // Not logged in any more (4401), or not for this (4403): the session knows.
    if (code === 4401 || code === 4403) void session.refresh();
    const wait = (waits[Math.min(this.#failures, waits.length - 1)] ?? 30) * 1000;
    this.#failures += 1;
    this.nextTry = Date.now() + wait;
    this.#retry = setTimeout(() => this.#again(), wait);
    this.#become('waiting');
  }

  /** A restarted server may have forgotten the session: then no socket is let in. */
  #again(): void {
    if (this.#failures > 1) void session.refresh();
    this.#connect();
  }

  #drop(): void {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#user.lost();
  }

  #become(state: LinkState): void {
    this.state = state;
    this.changed();
  }
}

function parse(data: unknown): LiveMessage | null {
  if (typeof data !== 'string') return null;
  try {
    return JSON.parse(data) as LiveMessage;
  } catch {
    return null;
  }
}
