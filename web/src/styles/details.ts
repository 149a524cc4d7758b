// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** What stands beside a list about the one that is chosen: a `header`, a `.body`, facts in a `dl`. On a small screen it covers the list. */
export const detailsStyles = css`
  :host {
    display: block;
    width: min(26rem, 40%);
    flex: none;
    background: var(--surface);
    border-inline-start: 1px solid var(--line);
    overflow: auto;
  }
  header {
    position: sticky;
    top: 0;
    z-index: 1;
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-2);
    background: var(--surface);
    padding: var(--space-2) var(--space-2) var(--space-2) var(--space-3);
    border-bottom: 1px solid var(--line);
  }
  h2 {
    overflow-wrap: anywhere;
  }
  .body {
    padding: var(--space-3);
  }
  dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0.3rem var(--space-3);
  }
  dt {
    color: var(--muted);
  }
  dd {
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
  }
  @media (max-width: 60rem) {
    :host {
      position: absolute;
      inset: 0;
      width: auto;
      z-index: 9;
      border: 0;
    }
  }
`;
