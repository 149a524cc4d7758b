// SPDX-License-Identifier: Apache-2.0
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Something that tells when it has changed. */
export class Observable {
  #observers = new Set<() => void>();

  /** Returns what ends it. */
  observe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  protected changed(): void {
    for (const observer of [...this.#observers]) observer();
  }
}

/** Renders an element anew whenever one of these changes, as long as it is on the page. */
export class Watch implements ReactiveController {
  #ends: (() => void)[] = [];
  #host: ReactiveControllerHost;
  #watched: Observable[];

  constructor(host: ReactiveControllerHost, ...watched: Observable[]) {
    this.#host = host;
    this.#watched = watched;
    host.addController(this);
  }

  hostConnected(): void {
    this.#ends = this.#watched.map((each) => each.observe(() => this.#host.requestUpdate()));
    this.#host.requestUpdate();
  }

  hostDisconnected(): void {
    for (const end of this.#ends) end();
    this.#ends = [];
  }
}
