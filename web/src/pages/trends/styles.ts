// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const trendStyles = css`
  :host {
    display: grid;
    grid-template-rows: auto auto minmax(12rem, 1fr) auto;
    height: 100%;
    min-height: 0;
    gap: var(--space-2);
    padding: var(--space-2) var(--space-3);
    overflow: auto;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-2) var(--space-3);
    align-items: flex-end;
  }
  tw-point-picker {
    flex: 1 1 16rem;
    max-width: 30rem;
  }
  .group {
    display: flex;
  }
  .group button {
    border-radius: 0;
    margin-inline-start: -1px;
    padding-inline: 0.6rem;
    white-space: nowrap;
  }
  .group button.icon {
    padding: 0;
  }
  .group button:first-child {
    border-start-start-radius: var(--radius);
    border-end-start-radius: var(--radius);
    margin-inline-start: 0;
  }
  .group button:last-child {
    border-start-end-radius: var(--radius);
    border-end-end-radius: var(--radius);
  }
  .group button[aria-pressed='true'] {
    position: relative;
    z-index: 1;
    font-weight: 600;
  }
  .told {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--space-4);
    align-items: center;
    font-size: var(--small);
    color: var(--muted);
    min-height: 1.6rem;
  }
  .told .times {
    color: var(--text);
    font-variant-numeric: tabular-nums;
    font-weight: 600;
  }
  .told .paused {
    color: var(--text);
    font-weight: 600;
  }
  .told button {
    min-height: 1.5rem;
    padding-block: 0;
  }
  .gap::before {
    content: '▨ ';
  }
  .plots {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    padding: var(--space-2) var(--space-1) var(--space-1);
    position: relative;
  }
  tw-plot {
    flex: 1;
    height: auto;
    min-height: 9rem;
  }
  tw-plot.flat {
    flex: none;
    height: 3.2rem;
    min-height: 0;
  }
  trend-lanes {
    flex: none;
    margin-block: var(--space-1);
  }
  trend-legend {
    max-height: 34vh;
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  @media (max-width: 40rem) {
    :host {
      padding: var(--space-2);
      display: flex;
      flex-direction: column;
    }
    :host > * {
      flex: none;
    }
    tw-plot {
      flex: none;
      height: 17rem;
    }
    tw-point-picker {
      flex-basis: 100%;
    }
    .bar {
      gap: var(--space-2);
    }
    .ranges button {
      padding-inline: 0.45rem;
    }
    .bar .word {
      display: none;
    }
    trend-legend {
      max-height: none;
    }
  }
`;
