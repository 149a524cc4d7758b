// SPDX-License-Identifier: Apache-2.0
import { Connection } from './live/connection';
import { Points, type PointListener, type PointWatch } from './live/points';
import { Requests, type Selection } from './live/requests';
import { Topics, type TopicListener, type TopicOptions } from './live/topics';
import type { CommandStep, CommandWish, LiveMessage, PointValue } from './live/types';
import { Observable } from './observable';

export type { PointListener, PointWatch, Selection, TopicListener, TopicOptions };
export * from './live/types';

/**
 * Everything live on these pages, over one WebSocket. Observers are told when the state of the link changes. What is
 * watched while there is no link is asked for when it is back; commands and actions fail at once then.
 */
class LiveClient extends Observable {
  #send = (message: object): boolean => this.connection.send(message);
  #points = new Points(this.#send);
  #topics = new Topics(this.#send);
  #requests = new Requests(this.#send);

  readonly connection = new Connection({
    opened: () => {
      this.#points.opened();
      this.#topics.opened();
    },
    received: (message: LiveMessage) => {
      if (!this.#points.received(message) && !this.#topics.received(message)) this.#requests.received(message);
    },
    lost: () => {
      this.#points.lost();
      this.#requests.lost();
    },
  });

  start(): void {
    this.connection.observe(() => this.changed());
    this.connection.start();
  }

  get isOnline(): boolean {
    return this.connection.isOnline;
  }

  /** The newest value of a point that somebody watches. */
  point(name: string): PointValue | undefined {
    return this.#points.get(name);
  }

  /** Points by their full names; close() when done. */
  watchPoints(names: readonly string[], listener: PointListener): PointWatch {
    return this.#points.watch(names, listener);
  }

  /** A topic with wildcards; call what it returns when done. */
  watchTopic(topic: string, listener: TopicListener, options?: TopicOptions): () => void {
    return this.#topics.watch(topic, listener, options);
  }

  /** Rejects with a text for people when it could not be sent or was refused. */
  command(wish: CommandWish, told: (step: CommandStep) => void): Promise<CommandStep> {
    return this.#requests.command(wish, told);
  }

  select(point: string): Promise<Selection> {
    return this.#requests.select(point);
  }

  approve(commandId: string, comment?: string): Promise<LiveMessage> {
    return this.#requests.approve(commandId, comment);
  }

  cancel(commandId: string, comment?: string): Promise<LiveMessage> {
    return this.#requests.cancel(commandId, comment);
  }
}

export const live = new LiveClient();
