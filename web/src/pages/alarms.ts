// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { alarmBook, isInhibited } from '../alarms';
import '../elements/tw-alarm-sound';
import { Watch } from '../observable';
import { router } from '../router';
import { session } from '../session';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import './alarms/list';

const tabs = ['active', 'inhibited', 'history', 'figures', 'rules'] as const;
type Tab = (typeof tabs)[number];

/** What is kept when another tab is opened. */
const keptOf: Partial<Record<Tab, readonly string[]>> = {
  active: ['area', 'severity', 'search'],
  inhibited: ['area', 'severity', 'search'],
};

/** Alarms as they stand, their history, figures and rules. The tab and its choices stand in the address. */
@customElement('page-alarms')
export class PageAlarms extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        height: 100%;
        min-height: 0;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: var(--space-1) var(--space-3);
        background: var(--surface);
        border-bottom: 1px solid var(--line);
        padding-inline: var(--space-2);
      }
      .tabs {
        display: flex;
        min-width: 0;
        overflow: auto;
      }
      .tabs a {
        color: var(--text);
        text-decoration: none;
        padding: 0.55rem 0.8rem;
        border-bottom: 0.2rem solid transparent;
        white-space: nowrap;
        outline-offset: -0.2rem;
      }
      .tabs a:hover {
        background: var(--hover);
      }
      .tabs a[aria-current='page'] {
        border-bottom-color: var(--accent);
        font-weight: 650;
      }
      .count {
        font-variant-numeric: tabular-nums;
        color: var(--muted);
        font-size: var(--small);
      }
      .content {
        flex: 1;
        min-height: 0;
      }
      @media (max-width: 40rem) {
        .tabs a {
          padding: 0.55rem 0.5rem;
        }
        .tabs {
          flex: 1;
        }
        tw-alarm-sound {
          display: none; /* the one in the header does */
        }
      }
    `,
  ];
  @property({ attribute: false }) query = new URLSearchParams();

  constructor() {
    super();
    new Watch(this, alarmBook, session);
  }

  get #tab(): Tab {
    const wanted = this.query.get('tab');
    return tabs.find((each) => each === wanted) ?? 'active';
  }

  /** What only some look at is loaded when they do. */
  override willUpdate(): void {
    if (this.#tab === 'history') void import('./alarms/history');
    if (this.#tab === 'figures') void import('./alarms/figures');
    if (this.#tab === 'rules') void import('./alarms/rules');
  }

  #href(tab: Tab): string {
    const kept = Object.fromEntries((keptOf[tab] ?? []).map((key) => [key, this.query.get(key) ?? undefined]));
    return router.href('alarms', { ...kept, tab: tab === 'active' ? undefined : tab });
  }

  #count(tab: Tab): number | null {
    if (tab !== 'active' && tab !== 'inhibited') return null;
    let inhibited = 0;
    for (const alarm of alarmBook.alarms.values()) if (isInhibited(alarm)) inhibited += 1;
    return tab === 'inhibited' ? inhibited : alarmBook.alarms.size - inhibited;
  }

  #content() {
    switch (this.#tab) {
      case 'history':
        return html`<alarm-history class="content" .query=${this.query}></alarm-history>`;
      case 'figures':
        return html`<alarm-figures class="content" .query=${this.query}></alarm-figures>`;
      case 'rules':
        return html`<alarm-rules class="content" .query=${this.query}></alarm-rules>`;
      default:
        return html`<alarm-list class="content" .mode=${this.#tab} .query=${this.query}></alarm-list>`;
    }
  }

  override render() {
    return html`<div class="top">
        <h1 class="hidden-text">${texts.alarms.title}</h1>
        <nav class="tabs" aria-label=${texts.alarms.tabList}>
          ${tabs.map((tab) => {
            const count = this.#count(tab);
            return html`<a href=${this.#href(tab)} aria-current=${tab === this.#tab ? 'page' : 'false'}
              >${texts.alarms.tabs[tab]}${count === null ? '' : html` <span class="count">${count}</span>`}</a
            >`;
          })}
        </nav>
        <tw-alarm-sound words></tw-alarm-sound>
      </div>
      ${this.#content()}`;
  }
}
