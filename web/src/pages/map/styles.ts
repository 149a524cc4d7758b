// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const mapStyles = css`
  :host {
    display: grid;
    height: 100%;
    min-height: 0;
    grid-template: auto auto 1fr auto / 1fr 22rem;
    grid-template-areas: 'bar bar' 'problem problem' 'plan side' 'time side';
  }
  .bar {
    grid-area: bar;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-2);
    padding: var(--space-2) var(--space-3);
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }
  .bar select {
    width: auto;
    max-width: 16rem;
  }
  .bar label {
    display: inline-flex;
    align-items: center;
    gap: var(--space-2);
    font-size: var(--small);
    color: var(--muted);
  }
  .past {
    font-weight: 700;
    background: var(--accent);
    color: var(--on-accent);
    border-radius: var(--radius);
    padding: 0.15rem 0.6rem;
    font-variant-numeric: tabular-nums;
  }
  tw-error {
    grid-area: problem;
    margin: var(--space-2) var(--space-3);
  }
  tw-floor {
    grid-area: plan;
  }
  map-time {
    grid-area: time;
  }
  map-side {
    grid-area: side;
    min-height: 0;
  }
  tw-empty {
    grid-area: plan;
  }
  @media (max-width: 55rem) {
    :host {
      overflow: auto;
      grid-template: auto auto minmax(16rem, 3fr) auto minmax(24rem, 2fr) / 1fr;
      grid-template-areas: 'bar' 'problem' 'plan' 'time' 'side';
    }
    .bar select {
      max-width: 10rem;
    }
  }
  @media (max-width: 40rem) {
    .bar {
      padding: var(--space-1) var(--space-2);
      gap: var(--space-1);
    }
    .bar label > span {
      display: none;
    }
    .bar select {
      max-width: 8rem;
    }
  }
`;

export const sideStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    background: var(--surface);
    border-inline-start: 1px solid var(--line);
    min-height: 0;
  }
  [role='tablist'] {
    display: flex;
    border-bottom: 1px solid var(--line);
  }
  [role='tab'] {
    flex: 1;
    border: 0;
    border-radius: 0;
    background: transparent;
    padding: 0.2rem;
    border-bottom: 0.2rem solid transparent;
  }
  [role='tab'][aria-selected='true'] {
    border-bottom-color: var(--accent);
    font-weight: 600;
  }
  [role='tabpanel'] {
    flex: 1;
    min-height: 0;
    display: flex;
    flex-direction: column;
    overflow: auto;
  }
  .search {
    padding: var(--space-2);
    border-bottom: 1px solid var(--line);
  }
  tw-virtual-list {
    flex: 1;
    min-height: 5rem;
  }
  .stale {
    color: var(--uncertain);
  }
  .lost {
    color: var(--bad);
  }
  .details {
    border-top: 1px solid var(--line-strong);
    background: var(--raised);
    padding: var(--space-2) var(--space-3);
  }
  .details dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0.1rem var(--space-3);
    font-size: var(--small);
    margin-block: var(--space-1);
  }
  .details dt {
    color: var(--muted);
  }
  .details dd {
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  .zone {
    width: 100%;
    justify-content: space-between;
    border: 0;
    border-bottom: 1px solid var(--line);
    border-radius: 0;
    background: transparent;
    text-align: start;
    min-height: var(--row);
  }
  .zone[aria-current='true'] {
    background: var(--selected);
  }
  .zone .depth-1,
  .zone .depth-2,
  .zone .depth-3,
  .zone .depth-4,
  .zone .depth-5 {
    padding-inline-start: 1rem;
  }
  .zone .depth-2 {
    padding-inline-start: 2rem;
  }
  .zone .depth-3,
  .zone .depth-4,
  .zone .depth-5 {
    padding-inline-start: 3rem;
  }
  .event {
    padding: 0.3rem var(--space-3);
    border-bottom: 1px solid var(--line);
    display: grid;
    grid-template-columns: 4.6rem 1fr;
    gap: 0 var(--space-2);
  }
  .event time,
  .event button {
    font-variant-numeric: tabular-nums;
    color: var(--muted);
    font-size: var(--small);
  }
  .event button {
    grid-row: span 2;
    min-height: 1.8rem;
    padding: 0 0.2rem;
    color: var(--text);
  }
  .event strong,
  .event span {
    overflow-wrap: anywhere;
  }
  .note {
    padding: var(--space-2) var(--space-3);
  }
  .figures {
    display: flex;
    gap: var(--space-4);
    padding: var(--space-2) var(--space-3);
    border-bottom: 1px solid var(--line);
  }
  .figures b {
    font-size: var(--large);
    display: block;
  }
  details summary {
    padding: 0.3rem var(--space-3);
    font-weight: 600;
    cursor: pointer;
    border-bottom: 1px solid var(--line);
  }
  .person {
    display: flex;
    justify-content: space-between;
    gap: var(--space-2);
    padding: 0.2rem var(--space-3) 0.2rem var(--space-6);
    border-bottom: 1px solid var(--line);
  }
`;
