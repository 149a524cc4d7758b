// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** What the parts of the log have in common. */
export const logStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: var(--space-2);
    min-height: 0;
    height: 100%;
  }
  form.filters {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-2) var(--space-3);
    align-items: flex-end;
  }
  form.filters label.field {
    flex: 0 1 12rem;
    min-width: 8rem;
  }
  form.filters label.short {
    flex-basis: 9rem;
  }
  form.filters label.time {
    flex-basis: 14.5rem;
  }
  summary {
    display: none;
    cursor: pointer;
  }
  .told {
    font-size: var(--small);
    color: var(--muted);
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-1) var(--space-3);
    min-height: 1.6rem;
  }
  .told button {
    min-height: 1.6rem;
    padding-block: 0;
  }
  .told .strong {
    color: var(--text);
    font-weight: 600;
  }
  .sheet {
    flex: 1;
    min-height: 8rem;
    overflow: auto;
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  .sheet thead th {
    position: sticky;
    top: 0;
    background: var(--surface);
    z-index: 1;
    box-shadow: inset 0 -1px 0 var(--line-strong);
  }
  .sheet tbody tr:hover {
    background: var(--hover);
  }
  td.time,
  td.tight {
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  td.text {
    overflow-wrap: anywhere;
    min-width: 8rem;
  }
  button.link {
    background: none;
    border: 0;
    padding: 0;
    min-height: 0;
    color: var(--accent);
    text-decoration: underline;
    font-variant-numeric: tabular-nums;
  }
  .bad {
    color: var(--bad);
    font-weight: 600;
  }
  .wait {
    color: var(--uncertain);
    font-weight: 600;
  }
  dl.facts {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 0.15rem var(--space-3);
  }
  dl.facts dt {
    color: var(--muted);
    font-size: var(--small);
  }
  dl.facts dd {
    overflow-wrap: anywhere;
  }
  pre {
    margin: 0;
    font: var(--small) / 1.4 var(--mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    background: var(--sunken);
    padding: var(--space-2);
    border-radius: var(--radius);
    max-height: 50vh;
    overflow: auto;
  }
  @media (max-width: 60rem) {
    .wide {
      display: none;
    }
  }
  @media (max-width: 40rem) {
    .mid {
      display: none;
    }
    summary {
      display: list-item;
      line-height: var(--touch);
    }
    form.filters label.field {
      flex: 1 1 45%;
    }
    th,
    td {
      padding-inline: 0.35rem;
    }
    /* Date and time on two lines: else the other columns stand beyond the edge. */
    td.time,
    td.tight,
    td.time button.link {
      white-space: normal;
      text-align: start;
    }
    td.text {
      min-width: 4rem;
    }
  }
`;
