// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const pointsStyles = css`
  :host {
    display: flex;
    height: 100%;
    min-height: 0;
    position: relative;
  }
  aside {
    width: 16rem;
    flex: none;
    display: flex;
    flex-direction: column;
    gap: var(--space-2);
    background: var(--surface);
    border-inline-end: 1px solid var(--line);
    padding: var(--space-2);
    min-height: 0;
  }
  .choices {
    display: flex;
    flex-direction: column;
    gap: 0.1rem;
    border-bottom: 1px solid var(--line);
    padding-bottom: var(--space-2);
  }
  .choices button {
    justify-content: flex-start;
  }
  .choices .muted {
    margin-inline-start: auto;
    font-size: var(--small);
  }
  points-tree {
    flex: 1;
    min-height: 0;
  }
  .list {
    flex: 1;
    min-width: 0;
    display: flex;
    flex-direction: column;
    container: list / inline-size;
    background: var(--surface);
  }
  .bar {
    display: flex;
    align-items: center;
    gap: var(--space-3);
    padding: var(--space-2);
    border-bottom: 1px solid var(--line);
  }
  .tree-button {
    display: none;
  }
  .search {
    position: relative;
    flex: 1;
    max-width: 32rem;
  }
  .search svg {
    position: absolute;
    inset-inline-start: 0.5rem;
    inset-block-start: 50%;
    transform: translateY(-50%);
    color: var(--muted);
  }
  .search input {
    padding-inline-start: 2.1rem !important;
  }
  .count {
    margin-inline-start: auto;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .head {
    min-height: 1.9rem;
    /* As wide as the rows beside their scroll bar. */
    overflow: hidden scroll;
    scrollbar-color: transparent transparent;
    flex: none;
  }
  .spark-head {
    height: auto;
  }
  tw-error {
    margin: var(--space-2);
  }
  .loading {
    padding: var(--space-4);
  }

  @media (max-width: 60rem) {
    .tree-button {
      display: inline-flex;
    }
    aside {
      display: none;
    }
    aside.open {
      display: flex;
      position: absolute;
      inset-block: 3.6rem 0;
      inset-inline-start: 0;
      z-index: 8;
      width: min(20rem, 90vw);
      box-shadow: 0.3rem 0 1rem rgb(0 0 0 / 30%);
    }
  }
  @media (max-width: 40rem) {
    .tree-button span,
    .count {
      display: none;
    }
  }
`;
