// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const detailStyles = css`
  :host {
    display: block;
    width: min(26rem, 38%);
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
  .big {
    font-size: var(--huge);
    line-height: 1.2;
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
  tw-plot {
    height: 11rem;
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
