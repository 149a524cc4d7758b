// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from '../icons';
import { notices, type Notice } from '../notices';
import { Watch } from '../observable';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import './tw-severity';

const signs: Record<string, string> = { success: '✓', error: '✕', info: 'i' };

/** Notices in a corner, read out by screen readers; they never cover what is worked with on a phone for long. */
@customElement('tw-notices')
export class TwNotices extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        position: fixed;
        inset: auto;
        margin: 0;
        padding: 0;
        border: 0;
        background: none;
        color: inherit;
        overflow: visible;
        inset-block-end: calc(var(--space-3) + var(--bottom-bar, 0px) + env(safe-area-inset-bottom));
        inset-inline-end: var(--space-3);
        width: min(22rem, calc(100vw - 1.5rem));
        pointer-events: none;
      }
      ul {
        display: flex;
        flex-direction: column;
        gap: var(--space-2);
      }
      li {
        pointer-events: auto;
        display: grid;
        grid-template-columns: auto 1fr auto;
        gap: 0 var(--space-2);
        align-items: center;
        background: var(--raised);
        border: 1px solid var(--line-strong);
        border-inline-start-width: 0.3rem;
        border-radius: var(--radius);
        padding: 0.1rem 0.1rem 0.1rem var(--space-2);
        box-shadow: 0 0.2rem 0.8rem rgb(0 0 0 / 25%);
        overflow-wrap: anywhere;
      }
      li.error {
        border-inline-start-color: var(--critical-text);
      }
      li.critical {
        border-inline-start-color: var(--critical);
      }
      li.major {
        border-inline-start-color: var(--major);
      }
      li.minor {
        border-inline-start-color: var(--minor);
      }
      .sign {
        font-weight: 700;
        min-width: 1.4rem;
        text-align: center;
      }
      .detail {
        color: var(--muted);
        font-size: var(--small);
      }
      button.icon {
        width: 1.8rem;
        min-height: 1.8rem;
      }
      li a {
        color: inherit;
      }
      @media (max-width: 40rem) {
        li:not(:last-child) {
          display: none;
        }
      }
      .left {
        text-align: end;
        padding-inline-end: var(--space-2);
        color: var(--muted);
        font-size: var(--small);
      }
      .left span {
        background: var(--bg);
        padding: 0 0.3rem;
        border-radius: var(--radius);
      }
    `,
  ];

  #dialogs = -1;

  constructor() {
    super();
    new Watch(this, notices);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.popover = 'manual';
  }

  /** In the top layer what came last stands in front: behind the shade of a dialog nobody sees a new alarm. */
  override updated(): void {
    if (this.#dialogs === notices.dialogs) return;
    if (this.matches(':popover-open')) this.hidePopover();
    this.showPopover();
    this.#dialogs = notices.dialogs;
  }

  #notice(notice: Notice) {
    const sign = signs[notice.kind];
    return html`<li class=${notice.kind}>
      ${sign
        ? html`<span class="sign" aria-hidden="true">${sign}</span>`
        : html`<tw-severity .severity=${notice.kind}></tw-severity>`}
      <div>
        ${notice.href
          ? html`<a href=${notice.href} @click=${() => notices.dismiss(notice.id)}>${notice.text}</a>`
          : notice.text}
        ${notice.detail ? html`<div class="detail">${notice.detail}</div>` : ''}
      </div>
      <button class="quiet icon" aria-label=${texts.common.dismiss} @click=${() => notices.dismiss(notice.id)}>
        ${icon('close')}
      </button>
    </li>`;
  }

  override render() {
    return html`<section aria-label=${texts.notices.region}>
      <div role="log" aria-live="polite" aria-relevant="additions">
        <ul>
          ${repeat(
            notices.shown,
            ({ id }) => id,
            (notice) => this.#notice(notice),
          )}
        </ul>
      </div>
      ${notices.left > 0 ? html`<p class="left"><span>${texts.notices.more(notices.left)}</span></p>` : ''}
    </section>`;
  }
}
