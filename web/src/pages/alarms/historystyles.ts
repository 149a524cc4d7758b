// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const historyStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--surface);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: var(--space-2);
    padding: var(--space-2);
    border-bottom: 1px solid var(--line);
  }
  .rules {
    flex: 0 1 18rem;
  }
  .found {
    padding-bottom: 0.4rem;
  }
  .table {
    flex: 1;
    min-height: 0;
  }
  thead th {
    position: sticky;
    top: 0;
    background: var(--sunken);
    z-index: 1;
  }
  .time {
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .severity {
    width: 1.6rem;
  }
  .name a {
    color: var(--text);
  }
  .name,
  .comment {
    overflow-wrap: anywhere;
  }
  .came {
    font-weight: 650;
  }
  .value {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .pages {
    display: flex;
    justify-content: center;
    align-items: center;
    gap: var(--space-2);
    padding: var(--space-2);
    border-top: 1px solid var(--line);
  }
  .loading,
  tw-error {
    margin: var(--space-3);
  }
  @media (max-width: 40rem) {
    .bar .field {
      flex: 1 1 8rem;
    }
    thead {
      display: none;
    }
    tr {
      display: grid;
      grid-template-columns: auto 1fr auto;
      gap: 0 var(--space-2);
      padding: 0.3rem var(--space-2);
      border-bottom: 1px solid var(--line);
    }
    td {
      border: 0;
      padding: 0;
    }
    .severity {
      grid-row: 1 / 3;
      grid-column: 1;
    }
    .name {
      grid-column: 2;
      grid-row: 1;
    }
    .time {
      grid-column: 3;
      grid-row: 1;
      font-size: var(--small);
      color: var(--muted);
    }
    .what {
      grid-column: 2;
      grid-row: 2;
    }
    .value {
      grid-column: 3;
      grid-row: 2;
      text-align: end;
    }
    .by,
    .comment {
      grid-column: 2 / 4;
      font-size: var(--small);
    }
  }
`;
