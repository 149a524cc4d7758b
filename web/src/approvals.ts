// SPDX-License-Identifier: Apache-2.0
// Commands of others that wait for a second person.
import { live, type PlainValue } from './live';
import { Observable } from './observable';
import { rest } from './rest';
import { session } from './session';

const gatherFor = 300; // ms

export interface WaitingCommand {
  command_id: string;
  point: string | null;
  type?: string;
  value?: PlainValue;
  duration_ms?: number;
  requested_by?: string;
  comment?: string;
  created: string;
}

class Approvals extends Observable {
  waiting: WaitingCommand[] = [];
  #end: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    session.observe(() => this.#sessionChanged());
    // What came and went while there was no link.
    live.observe(() => live.isOnline && this.#end && this.#askSoon());
    this.#sessionChanged();
  }

  #sessionChanged(): void {
    // Who shows no credential can't be a second person.
    const mayApprove = session.state === 'in' && !session.isAnonymous && session.maySome('commands:write');
    if (mayApprove && !this.#end) {
      this.#end = live.watchTopic('events/command', (batch) => {
        if (this.waiting.length > 0 || batch.events.some(({ status, message }) => status === 'queued' && message)) this.#askSoon();
      });
      this.#askSoon();
    } else if (!mayApprove && this.#end) {
      this.#end();
      this.#end = null;
      this.waiting = [];
      this.changed();
    }
  }

  #askSoon(): void {
    this.#timer ??= setTimeout(() => void this.#ask(), gatherFor);
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    try {
      const commands = await rest<WaitingCommand[]>('/api/v1/commands', { query: { status: 'waiting', limit: 20 } });
      this.waiting = commands.filter(
        ({ point, requested_by: by }) => by !== session.fullName && point !== null && session.may('commands:write', point),
      );
    } catch {
      this.waiting = []; // the next event asks again
    }
    this.changed();
  }
}

export const approvals = new Approvals();
