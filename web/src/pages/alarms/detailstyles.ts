// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const detailStyles = css`
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
  .stack > section {
    gap: var(--space-2);
  }
  .guidance {
    border-inline-start: 0.2rem solid var(--accent);
    padding-inline-start: var(--space-2);
    white-space: pre-line;
    overflow-wrap: anywhere;
  }
  dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0.25rem var(--space-3);
  }
  dt {
    color: var(--muted);
  }
  dd {
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
  }
  ol,
  .conditions {
    margin: 0;
    padding: 0;
    list-style: none;
    display: flex;
    flex-direction: column;
    gap: 0.25rem;
    font-size: var(--small);
  }
  li {
    display: flex;
    gap: var(--space-2);
    overflow-wrap: anywhere;
  }
  .unmet {
    font-weight: 650;
  }
  .time {
    white-space: nowrap;
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
