// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Watch } from '../observable';
import { session } from '../session';
import { shared } from '../styles/shared';
import { tabLinks, tabbedPageStyles } from '../styles/tabbedpage';
import { texts } from '../texts';
import './log/audit';
import './log/commands';
import './log/connections';
import './log/events';
import './log/quarantine';

interface Part {
  id: string;
  isAllowed: () => boolean;
  render: (query: URLSearchParams) => TemplateResult;
}

const some = (...rights: string[]): boolean => rights.some((right) => session.maySome(right));

const parts: readonly Part[] = [
  {
    id: 'events',
    isAllowed: () => some('events:read', 'alarms:read', 'positions:read', 'commands:read'),
    render: (query) => html`<log-events .query=${query}></log-events>`,
  },
  {
    id: 'audit',
    isAllowed: () => session.may('audit:read'),
    render: (query) => html`<log-audit .query=${query}></log-audit>`,
  },
  {
    id: 'commands',
    isAllowed: () => some('commands:read'),
    render: (query) => html`<log-commands .query=${query}></log-commands>`,
  },
  { id: 'connections', isAllowed: () => session.may('ws:stats'), render: () => html`<log-connections></log-connections>` },
  { id: 'quarantine', isAllowed: () => session.may('history:read'), render: () => html`<log-quarantine></log-quarantine>` },
];

/** What happened, who did it, who is connected, and what could not be stored. */
@customElement('page-log')
export class PageLog extends LitElement {
  static override styles = [shared, tabbedPageStyles];
  @property({ attribute: false }) query = new URLSearchParams();

  constructor() {
    super();
    new Watch(this, session);
  }

  override render() {
    const allowed = parts.filter((part) => part.isAllowed());
    const here = allowed.find(({ id }) => id === this.query.get('tab')) ?? allowed[0];
    return html`<h1 class="hidden-text">${texts.log.title}</h1>
      ${tabLinks('log', allowed, here, texts.log)}
      <div class="part">${here?.render(this.query) ?? ''}</div>`;
  }
}
