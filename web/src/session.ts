// SPDX-License-Identifier: Apache-2.0
import { Observable } from './observable';
import { Permissions } from './permissions';
import { RestError, onSessionLost, rest, setCsrf, textOf } from './rest';

interface Who {
  authenticated: boolean;
  kind?: 'anonymous' | 'token' | 'jwt' | 'user';
  name?: string;
  permissions?: string[];
  csrf?: string;
}

const tryAgainAfter = 3_000; // ms, while the server does not answer
const renewEvery = 5 * 60_000; // a session lives 30 minutes without a request and is renewed in its second half

/**
 * Who looks at the pages.
 * `asking`: not known yet. `in`: somebody, or whoever `auth.anonymous` lets look. `out`: nobody, the login form is due.
 * `setup`: there is no user at all. `unreachable`: the server does not answer.
 */
export type SessionState = 'asking' | 'in' | 'out' | 'setup' | 'unreachable';

class Session extends Observable {
  state: SessionState = 'asking';
  problem = '';
  /** The login form is asked for by somebody who may look already. */
  wantsLogin = false;
  /** What they need is the first-run form, as there is no user yet. */
  isSetupDue = false;
  /** It has ended, and not by a click of whoever was logged in. */
  isOver = false;
  #who: Who = { authenticated: false };
  #permissions = new Permissions();
  #asking: Promise<void> | null = null;

  constructor() {
    super();
    onSessionLost(() => {
      if (this.state === 'in') void this.refresh();
    });
  }

  start(): void {
    void this.refresh();
    // Also while nobody looks: alarms have to be heard from a page in the background.
    setInterval(() => {
      if (this.state === 'in') void this.refresh();
    }, renewEvery);
    setInterval(() => {
      if (this.state === 'unreachable') void this.refresh();
    }, tryAgainAfter);
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.state === 'in') void this.refresh();
    });
  }

  /** "anonymous" for whom no credential was asked. */
  get name(): string {
    return this.#who.name ?? '';
  }
  get isAnonymous(): boolean {
    return this.#who.kind === 'anonymous';
  }
  get isUser(): boolean {
    return this.#who.kind === 'user';
  }
  /** As commands and the audit trail name the caller: `user:anna`. */
  get fullName(): string {
    return this.isAnonymous ? 'anonymous' : `${this.#who.kind ?? ''}:${this.name}`;
  }

  /** Without a name: on everything. `may('commands:write', 'plc1/pump/run')`. */
  may(right: string, name?: string): boolean {
    return name === undefined ? this.#permissions.allowAll(right) : this.#permissions.allow(right, name);
  }
  /** On something, perhaps not on everything. */
  maySome(right: string): boolean {
    return this.#permissions.allowSome(right);
  }

  /** Asks the server who we are, which renews the session too. */
  refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async login(user: string, password: string): Promise<void> {
    const who = await rest<Who>('/api/v1/login', { method: 'POST', body: { user, password } });
    this.#take(who);
  }

  /** Makes the first user, who then is logged in. */
  async setUp(code: string, name: string, password: string): Promise<void> {
    const who = await rest<Who>('/api/v1/setup', { method: 'POST', body: { code, name, password } });
    this.wantsLogin = false;
    this.#take(who);
  }

  async logout(): Promise<void> {
    await rest('/api/v1/logout', { method: 'POST' });
    this.#who = { authenticated: false };
    await this.refresh();
  }

  async askForLogin(isWanted: boolean): Promise<void> {
    // Where the server does not answer the login form says so.
    this.isSetupDue = isWanted && (await this.#askSetup().catch(() => false));
    this.wantsLogin = isWanted;
    this.changed();
  }

  async #ask(): Promise<void> {
    try {
      const who = await rest<Who>('/api/v1/session');
      if (this.isUser && who.kind !== 'user') this.isOver = true;
      if (who.kind) return this.#take(who);
      this.#who = who;
      this.#permissions = new Permissions();
      setCsrf('');
      this.#become((await this.#askSetup()) ? 'setup' : 'out');
    } catch (problem) {
      this.problem = textOf(problem);
      // Who was in stays in while the server is away: the pages show what they have, marked as stale.
      if (this.state !== 'in') this.#become('unreachable');
    }
  }

  async #askSetup(): Promise<boolean> {
    try {
      return (await rest<{ needed: boolean }>('/api/v1/setup')).needed;
    } catch (problem) {
      if (problem instanceof RestError && problem.status === 404) return false;
      throw problem;
    }
  }

  #take(who: Who): void {
    this.#who = who;
    if (this.isUser) this.isOver = this.wantsLogin = this.isSetupDue = false;
    this.#permissions = new Permissions(who.permissions ?? []);
    setCsrf(who.csrf ?? '');
    this.#become('in');
  }

  #become(state: SessionState): void {
    this.state = state;
    this.changed();
  }
}

export const session = new Session();
