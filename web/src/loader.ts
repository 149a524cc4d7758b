// SPDX-License-Identifier: Apache-2.0
import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import './elements/tw-error';
import { textOf } from './rest';
import { texts } from './texts';

/**
 * What an element asks of the server. A new question gives up the one before, and whoever leaves the page gives up the last.
 * With `every` (ms) it is asked again and again while the browser shows the page and `mayPoll` does not object.
 */
export class Loader implements ReactiveController {
  /** Why the last one failed; '' when it did not. */
  problem = '';
  isLoading = false;
  #host: ReactiveControllerHost;
  #work: (signal: AbortSignal) => Promise<void>;
  #every: number;
  #mayPoll: () => boolean;
  #isConnected = false;
  #asking = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: ReactiveControllerHost, work: (signal: AbortSignal) => Promise<void>, every = 0, mayPoll = () => true) {
    this.#host = host;
    this.#work = work;
    this.#every = every;
    this.#mayPoll = mayPoll;
    host.addController(this);
  }

  hostConnected(): void {
    this.#isConnected = true;
    if (this.#every === 0) return;
    this.#timer = setInterval(() => {
      if (!document.hidden && !this.isLoading && this.#mayPoll()) void this.load();
    }, this.#every);
  }

  hostDisconnected(): void {
    this.#isConnected = false;
    clearInterval(this.#timer);
    this.#asking.abort();
    this.isLoading = false;
  }

  async load(): Promise<void> {
    if (!this.#isConnected) return; // what the page has sent may be answered after it was left; nobody would give this up
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    this.isLoading = true;
    this.#host.requestUpdate();
    let why = '';
    try {
      await this.#work(signal);
    } catch (problem) {
      why = textOf(problem);
    }
    if (signal.aborted) return;
    this.isLoading = false;
    this.problem = why;
    this.#host.requestUpdate();
  }

  /** What is shown of a problem, with a button to try again. */
  failure(heading: string): TemplateResult | '' {
    if (!this.problem) return '';
    return html`<tw-error canRetry .heading=${heading} .text=${this.problem} @retry=${() => void this.load()}></tw-error>`;
  }

  /** What was found, below why there is nothing newer; before the first answer that it is under way. */
  shown<Found>(heading: string, found: Found | null, view: (found: Found) => TemplateResult): TemplateResult {
    const waits = this.problem ? '' : html`<p class="muted">${texts.common.loading}</p>`;
    return html`${this.failure(heading)} ${found === null ? waits : view(found)}`;
  }
}
