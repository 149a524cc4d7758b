// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** A page of several parts: links to them in a `nav`, and the one that is chosen as `.part`. */
export const tabbedPage = css`
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
