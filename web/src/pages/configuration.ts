// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../elements/tw-empty';
import { Watch } from '../observable';
import { session } from '../session';
import { shared } from '../styles/shared';
import { tabLinks, tabbedPageStyles } from '../styles/tabbedpage';
import { texts } from '../texts';
import './configuration/manifest';
import './configuration/tokens';
import './configuration/users';
import './configuration/versions';

interface Part {
  id: string;
  /** Its tab is there. */
  isOffered: () => boolean;
  /** It is opened first. */
  isFirst: () => boolean;
  render: () => TemplateResult;
}

const mayConfigure = (): boolean => session.may('manifest:write');
const parts: readonly Part[] = [
  {
    id: 'manifest',
    isOffered: () => true,
    isFirst: mayConfigure,
    render: () =>
      mayConfigure()
        ? html`<config-manifest></config-manifest>`
        : html`<tw-empty
            .heading=${texts.configuration.manifestRight}
            .text=${texts.common.notPermittedHint('manifest:write')}
          ></tw-empty>`,
  },
  { id: 'versions', isOffered: mayConfigure, isFirst: mayConfigure, render: () => html`<config-versions></config-versions>` },
  {
    id: 'users',
    isOffered: () => session.maySome('users:admin'),
    isFirst: () => session.maySome('users:admin'),
    render: () => html`<config-users></config-users>`,
  },
  {
    id: 'tokens',
    isOffered: () => session.maySome('tokens:admin'),
    isFirst: () => session.maySome('tokens:admin'),
    render: () => html`<config-tokens></config-tokens>`,
  },
];

/** What the program is made of, what it was before, and who may come in. */
@customElement('page-configuration')
export class PageConfiguration extends LitElement {
  static override styles = [shared, tabbedPageStyles];
  @property({ attribute: false }) query = new URLSearchParams();

  constructor() {
    super();
    new Watch(this, session);
  }

  override render() {
    const text = texts.configuration;
    const offered = parts.filter((part) => part.isOffered());
    const here = offered.find(({ id }) => id === this.query.get('tab')) ?? offered.find((part) => part.isFirst());
    return html`<h1 class="hidden-text">${text.title}</h1>
      ${tabLinks('configuration', offered, here, text)}
      <div class="part">${here?.render() ?? ''}</div>`;
  }
}
