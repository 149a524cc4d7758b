// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const figuresStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: var(--space-3);
    padding: var(--space-3);
    overflow: auto;
  }
  .bar {
    gap: var(--space-2) var(--space-3);
  }
  .tiles {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
    gap: var(--space-2);
  }
  .tile {
    padding: var(--space-2) var(--space-3);
  }
  .tile dt {
    font-size: var(--small);
    color: var(--muted);
  }
  .tile dd:nth-of-type(1) {
    font-size: var(--huge);
    line-height: 1.2;
    font-variant-numeric: tabular-nums;
  }
  .much dd:nth-of-type(1) {
    font-weight: 700;
    color: var(--major-text);
  }
  .sign {
    font-size: 0.7em;
    margin-inline-end: 0.3rem;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(36rem, 100%), 1fr));
    gap: var(--space-3);
    align-items: start;
  }
  td.number {
    white-space: nowrap;
  }
  .name {
    overflow-wrap: anywhere;
  }
  tw-plot,
  .plot {
    height: 14rem;
    margin-top: var(--space-2);
  }
  section {
    min-width: 0;
    overflow: auto;
  }
`;
