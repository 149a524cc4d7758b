// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { alarmBook } from '../alarms';
import { icon } from '../icons';
import { Watch } from '../observable';
import { router } from '../router';
import { session } from '../session';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import './tw-severity';

/** How many alarms there are and how bad: leads to them. Grey while there is none. */
@customElement('tw-alarm-badge')
export class TwAlarmBadge extends LitElement {
  static override styles = [
    shared,
    css`
      a {
        color: var(--text);
        min-height: 2rem;
        font-weight: 600;
      }
      .stale {
        color: var(--muted);
        font-style: italic;
      }
      tw-severity {
        animation: call 1s steps(2, jump-none) infinite;
      }
      tw-severity[hollow] {
        animation: none;
      }
      @keyframes call {
        from {
          opacity: 1;
        }
        to {
          opacity: 0.45;
        }
      }
      @media (max-width: 40rem) {
        .word {
          display: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    new Watch(this, alarmBook, session);
  }

  override render() {
    if (!session.maySome('alarms:read')) return '';
    const text = texts.shell;
    const active = alarmBook.active.length;
    const waiting = alarmBook.unacknowledged.length;
    const { worst, isFresh } = alarmBook;
    const title = isFresh ? text.alarmsTitle(active, waiting) : text.alarmsStale;
    const count = alarmBook.calling.length;
    return html`<a class="button" href=${router.href('alarms')} title=${title}>
      ${worst && isFresh ? html`<tw-severity .severity=${worst} ?hollow=${waiting === 0}></tw-severity>` : icon('alarms')}
      <span class=${isFresh ? '' : 'stale'}
        >${isFresh ? count : '–'}<span class="word"> ${text.alarms(count).replace(/^\S+ /, '')}</span><span class="hidden-text">: ${title}</span></span
      >
    </a>`;
  }
}
