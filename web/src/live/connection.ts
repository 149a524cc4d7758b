// SPDX-License-Identifier: Apache-2.0
import { Observable } from '../observable';
import { session } from '../session';
import type { LiveMessage } from './types';

const path = '/ws/live';
const waits = [3, 6, 12, 30]; // s until the next try
const askAfter = 4_000; // ms without a message until we ping
const lostAfter = 9_000; // ms without a message until the link counts as lost
const lookEvery = 1_000;

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
  #hasAsked = false;
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
    this.#hasAsked = false;
  }

  /** A cable that was pulled closes nothing: silence tells. */
  #look(): void {
    if (this.state !== 'online' && this.state !== 'connecting') return;
    const silent = performance.now() - this.#lastHeard;
    if (silent > lostAfter) {
      this.#ended(0);
    } else if (silent > askAfter && !this.#hasAsked && this.isOnline) {
      this.#hasAsked = true;
      this.send({ op: 'ping' });
    }
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
