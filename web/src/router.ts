// SPDX-License-Identifier: Apache-2.0
// Pages by the address's hash, `#/points?search=boiler`, so that the server knows one page only.
import { Observable } from './observable';

export type Query = Record<string, string | undefined>;

class Router extends Observable {
  page = '';
  query = new URLSearchParams();

  start(): void {
    addEventListener('hashchange', () => this.#read());
    this.#read();
  }

  /** For links. */
  href(page: string, query: Query = {}): string {
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) if (value) parameters.set(key, value);
    const text = parameters.toString();
    return `#/${page}${text ? `?${text}` : ''}`;
  }

  go(page: string, query: Query = {}): void {
    location.hash = this.href(page, query);
  }

  /** Changes the query of this page without a step back in the browser's history. */
  replaceQuery(change: Query): void {
    const merged: Query = { ...Object.fromEntries(this.query), ...change };
    history.replaceState(null, '', this.href(this.page, merged));
    this.#read();
  }

  #read(): void {
    const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
    this.page = path;
    this.query = new URLSearchParams(query);
    this.changed();
  }
}

export const router = new Router();
