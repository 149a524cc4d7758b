// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/status
import { zone } from './format';
import { Observable } from './observable';
import { RestError, rest, textOf } from './rest';
import { session } from './session';

export interface InstanceStatus {
  id: string;
  type: string;
  state: 'starting' | 'running' | 'degraded' | 'failed' | 'stopped';
  text: string;
}
export interface HistoryStatus {
  instance: string;
  state: string;
  stored_per_s?: number;
  spooled?: number;
  quarantined?: number;
  dropped?: number;
  disk_bytes?: number;
}
export interface Status {
  version: string;
  site: string;
  /** Of the site: "Europe/Berlin". */
  timezone?: string;
  started: string;
  uptime_s: number;
  state: string;
  instances: InstanceStatus[];
  rates: { samples_per_s: number; events_per_s: number; messages_out_per_s: number };
  clients: { websocket: number; http: number };
  points: { total: number; good: number; uncertain: number; bad: number };
  history: HistoryStatus[];
  loop_lag_ms?: number;
  memory_bytes?: number;
}

const every = 3_000; // ms

/** How the runtime is; asked for while somebody watches. */
class StatusWatch extends Observable {
  newest: Status | null = null;
  /** Date.now() when it came: that goes on while the machine sleeps. */
  at = 0;
  problem = '';
  #users = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Returns what ends it. */
  use(): () => void {
    if (++this.#users === 1) {
      void this.ask();
      this.#timer = setInterval(() => {
        if (!document.hidden) void this.ask();
      }, every);
    }
    return () => {
      if (--this.#users === 0) clearInterval(this.#timer);
    };
  }

  async ask(): Promise<void> {
    try {
      this.newest = await rest<Status>('/api/v1/status', { timeoutMs: 8_000 });
      this.at = Date.now();
      this.problem = '';
      zone.setSite(this.newest.timezone);
    } catch (problem) {
      if (problem instanceof RestError && problem.status === 403) this.newest = null;
      this.problem = textOf(problem);
    }
    this.changed();
  }

  /** Once, so that the site's zone is known on every page. */
  start(): void {
    let asked = '';
    const look = (): void => {
      if (session.state !== 'in' || asked === session.fullName || !session.may('ws:stats')) return;
      asked = session.fullName;
      void this.ask();
    };
    session.observe(look);
    look();
  }
}

export const statusWatch = new StatusWatch();
