// SPDX-License-Identifier: Apache-2.0
import { css, html, nothing } from 'lit';
import { router } from '../router';

/** A page of several parts: links to them in a `nav`, and the one that is chosen as `.part`. */
export const tabbedPageStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: var(--space-2);
    height: 100%;
    padding: var(--space-2) var(--space-3);
    min-height: 0;
  }
  nav {
    border-bottom: 1px solid var(--line-strong);
    overflow-x: auto;
    flex: none;
  }
  nav ul {
    display: flex;
  }
  nav a {
    display: flex;
    align-items: center;
    min-height: 2.4rem;
    padding: 0 var(--space-3);
    color: var(--text);
    text-decoration: none;
    white-space: nowrap;
  }
  nav a:hover {
    background: var(--hover);
  }
  nav a[aria-current] {
    font-weight: 600;
    box-shadow: inset 0 -0.2rem 0 var(--accent);
  }
  .part {
    flex: 1;
    min-height: 0;
  }
  @media (max-width: 40rem) {
    :host {
      padding: var(--space-1) var(--space-2);
      overflow: auto;
    }
    nav a {
      padding: 0 var(--space-2);
    }
    .part {
      min-height: 32rem;
    }
  }
`;

interface TabTexts {
  tabsLabel: string;
  tabs: Record<string, string>;
}

/** The links of such a page; `here` is the part that is shown. */
export function tabLinks(page: string, parts: readonly { id: string }[], here: { id: string } | undefined, text: TabTexts) {
  return html`<nav aria-label=${text.tabsLabel}>
    <ul>
      ${parts.map(
        (part) =>
          html`<li>
            <a href=${router.href(page, { tab: part.id })} aria-current=${part === here ? 'true' : nothing}>${text.tabs[part.id]}</a>
          </li>`,
      )}
    </ul>
  </nav>`;
}
