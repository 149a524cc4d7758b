// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const rowStyles = css`
  :host {
    display: block;
    height: 100%;
    container: alarms / inline-size;
  }
  .alarm {
    height: 100%;
    border-bottom: 1px solid var(--line);
    border-inline-start: 0.25rem solid transparent;
    cursor: pointer;
  }
  .alarm:hover {
    background: var(--hover);
  }
  .columns {
    height: 100%;
  }
  .heading {
    height: 100%;
    display: flex;
    align-items: end;
    gap: var(--space-2);
    padding: 0 var(--space-3) 0.2rem;
    font-size: var(--small);
    font-weight: 650;
    background: var(--sunken);
    border-bottom: 1px solid var(--line);
  }
  .waits.critical {
    border-inline-start-color: var(--critical);
  }
  .waits.major {
    border-inline-start-color: var(--major);
  }
  .waits.minor {
    border-inline-start-color: var(--minor);
  }
  .waits.info {
    border-inline-start-color: var(--info);
  }
  .waits .title,
  .waits .state {
    font-weight: 700;
  }
  .over .state,
  .over .title {
    color: var(--muted);
  }
  .over.waits .title {
    color: var(--text);
    font-weight: 500;
  }
  .stale {
    font-style: italic;
    color: var(--muted);
  }
  .calls {
    animation: call 1s steps(2, jump-none) infinite;
  }
  @keyframes call {
    from {
      opacity: 1;
    }
    to {
      opacity: 0.45;
    }
  }
  .stale .calls {
    animation: none;
  }
  .time,
  .value {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .name {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    min-width: 0;
  }
  .title {
    min-width: 3rem;
  }
  .mark {
    font-size: var(--small);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    padding: 0 0.35rem;
    white-space: nowrap;
    flex: none;
    line-height: 1.35;
  }
  .mark.first {
    border-color: var(--text);
    font-weight: 650;
  }
  .note {
    color: var(--muted);
    flex: none;
    display: inline-flex;
  }
  .facts {
    display: none;
  }
  .actions {
    display: flex;
    justify-content: flex-end;
  }
  .actions button {
    min-height: 1.8rem;
    padding: 0 0.6rem;
  }
  .choose,
  .severity {
    display: flex;
    align-items: center;
  }
  @media (pointer: coarse) {
    .actions button {
      min-height: 2.4rem;
    }
  }
  @container alarms (max-width: 46rem) {
    .state,
    .time,
    .area,
    .value {
      display: none;
    }
    .facts {
      display: block;
      grid-area: facts;
      align-self: start;
      font-size: var(--small);
    }
  }
`;
