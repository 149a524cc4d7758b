// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const listStyles = css`
  :host {
    display: flex;
    height: 100%;
    min-height: 0;
    position: relative;
  }
  aside {
    width: 15rem;
    flex: none;
    background: var(--surface);
    border-inline-end: 1px solid var(--line);
    padding-block: var(--space-2);
    min-height: 0;
  }
  .middle {
    flex: 1;
    min-width: 0;
    display: flex;
    flex-direction: column;
    background: var(--surface);
    container: alarms / inline-size;
  }
  .head {
    border-inline-start: 0.25rem solid transparent;
    padding-inline-end: 0.9rem;
  }
  .head .columns {
    min-height: 1.9rem;
  }
  .chosen {
    padding: var(--space-2);
    border-bottom: 1px solid var(--line);
    background: var(--selected);
  }
  .stale {
    padding: 0.2rem var(--space-3);
    background: var(--sunken);
    font-style: italic;
  }
  .loading {
    padding: var(--space-4);
  }
  .in-dialog {
    height: 60dvh;
  }
  tw-empty {
    flex: 1;
  }
  @media (max-width: 60rem) {
    aside {
      display: none;
    }
  }
  @container alarms (max-width: 46rem) {
    .head .columns {
      grid-template-rows: 1fr;
      grid-template-areas: 'choose severity name actions';
    }
    .head .state,
    .head .time,
    .head .area,
    .head .value {
      display: none;
    }
  }
`;
