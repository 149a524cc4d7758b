// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from '../live';
import { Watch } from '../observable';
import { shared } from '../styles/shared';
import { texts } from '../texts';

/** The state of the link: a chip in the header, or with `banner` a bar across the page while it is lost. */
@customElement('tw-link')
export class TwLink extends LitElement {
  static override styles = [
    shared,
    css`
      .chip {
        border-color: var(--line);
      }
      .dot {
        width: 0.6rem;
        height: 0.6rem;
        border-radius: 50%;
        background: var(--muted);
      }
      .lost {
        background: var(--major);
        color: var(--on-major);
        border-color: var(--major);
        font-weight: 600;
      }
      .lost .dot {
        border-radius: 0;
        background: var(--on-major);
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2) var(--space-3);
        align-items: center;
        background: var(--major);
        color: var(--on-major);
        padding: var(--space-1) var(--space-3);
        font-weight: 600;
      }
      .bar button {
        min-height: 1.7rem;
        background: transparent;
        color: inherit;
        border-color: var(--on-major);
      }
      .bar button:hover:not(:disabled) {
        background: rgb(0 0 0 / 15%);
      }
      @media (max-width: 40rem) {
        .chip .text {
          display: none;
        }
        .chip:not(.lost) {
          border: 0;
          padding: 0;
        }
        .chip.lost .text {
          display: inline;
        }
      }
    `,
  ];
  @property({ type: Boolean }) banner = false;
  @state() private seconds = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #wasOnline = false;

  constructor() {
    super();
    new Watch(this, live);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.#count(), 500);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override willUpdate(): void {
    this.#wasOnline = this.#wasOnline || live.isOnline;
    this.#count();
  }

  #count(): void {
    const { state, nextTry } = live.connection;
    this.seconds = state === 'waiting' ? Math.max(0, Math.ceil((nextTry - Date.now()) / 1000)) : 0;
  }

  #text(): string {
    const { state } = live.connection;
    if (state === 'waiting') return texts.shell.link.waiting(this.seconds);
    return texts.shell.link[state];
  }

  #bar() {
    const { state } = live.connection;
    const isLost = state === 'waiting' || (state === 'connecting' && this.#wasOnline);
    if (!isLost) return html`<div role="status"></div>`;
    const text = texts.shell.link;
    return html`<div role="status" class="bar">
      <span>${text.banner}</span>
      ${state === 'waiting'
        ? html`<span aria-hidden="true">${text.bannerTry(this.seconds)}</span>
            <button @click=${() => live.connection.retryNow()}>${text.tryNow}</button>`
        : html`<span>${text.trying}</span>`}
    </div>`;
  }

  override render() {
    if (this.banner) return this.#bar();
    const isLost = live.connection.state === 'waiting';
    return html`<span class="chip ${isLost ? 'lost' : ''}" title=${this.#text()}
      ><span class="dot"></span><span class="text">${this.#text()}</span></span
    >`;
  }
}
