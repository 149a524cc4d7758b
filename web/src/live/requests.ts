// SPDX-License-Identifier: Apache-2.0
import { texts } from '../texts';
import { isFinal, type CommandStep, type CommandWish, type LiveMessage } from './types';

const answerWithin = 15_000; // ms until an action without an answer counts as failed

export interface Selection {
  selection_id: string;
  expires: string;
}

interface Waiting {
  answer(message: LiveMessage): void;
  fail(problem: Error): void;
}

interface OpenCommand {
  told: (step: CommandStep) => void;
  fail: (problem: Error) => void;
}

type Send = (message: object) => boolean;

/** A text that no other click has. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Commands and actions. Nothing of this waits for a link: without one it fails at once, and what was under way when the
 * link went ends with an error that says so.
 */
export class Requests {
  #waiting = new Map<string, Waiting>();
  #commands = new Map<string, OpenCommand>();
  #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Each step of the command as it comes; resolves with the last one. */
  command(wish: CommandWish, told: (step: CommandStep) => void): Promise<CommandStep> {
    const id = newId();
    const message = {
      op: 'command',
      id,
      p: wish.point,
      v: wish.value,
      type: wish.type ?? 'write',
      duration_ms: wish.durationMs,
      comment: wish.comment || undefined,
      selection_id: wish.selectionId,
      correlation_id: wish.correlationId ?? id,
    };
    return new Promise((resolve, reject) => {
      if (!this.#send(message)) return reject(new Error(texts.live.commandOffline));
      this.#commands.set(id, {
        told: (step) => {
          told(step);
          if (!isFinal(step.status)) return;
          this.#commands.delete(id);
          resolve(step);
        },
        fail: reject,
      });
    });
  }

  /** Select before operate: the point is ours for 30 s. */
  async select(point: string): Promise<Selection> {
    return (await this.#ask({ op: 'select', p: point })) as unknown as Selection;
  }

  approve(commandId: string, comment?: string): Promise<LiveMessage> {
    return this.#ask({ op: 'approve', command_id: commandId, comment: comment || undefined });
  }

  cancel(commandId: string, comment?: string): Promise<LiveMessage> {
    return this.#ask({ op: 'cancel', command_id: commandId, comment: comment || undefined });
  }

  lost(): void {
    const problem = new Error(texts.live.lostMeanwhile);
    for (const each of this.#waiting.values()) each.fail(problem);
    for (const each of this.#commands.values()) each.fail(problem);
    this.#waiting.clear();
    this.#commands.clear();
  }

  received(message: LiveMessage): void {
    const id = message.id ?? '';
    const command = this.#commands.get(id);
    if (command && message.op === 'command_status') return command.told(message as unknown as CommandStep);
    if (command && message.op === 'error') {
      this.#commands.delete(id);
      return command.fail(new Error(message.message ?? ''));
    }
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    if (message.op === 'error') waiting.fail(new Error(message.message ?? ''));
    else waiting.answer(message);
  }

  #ask(message: object): Promise<LiveMessage> {
    const id = newId();
    return new Promise((resolve, reject) => {
      if (!this.#send({ ...message, id })) return reject(new Error(texts.live.actionOffline));
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(texts.live.noAnswer));
      }, answerWithin);
      const done = (): void => clearTimeout(timer);
      this.#waiting.set(id, {
        answer: (answer) => (done(), resolve(answer)),
        fail: (problem) => (done(), reject(problem)),
      });
    });
  }
}
