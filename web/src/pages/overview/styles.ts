// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const overviewStyles = css`
  :host {
    display: block;
    height: 100%;
    overflow: auto;
    padding: var(--space-3);
  }
  .banner {
    display: flex;
    gap: var(--space-3);
    align-items: flex-start;
    background: var(--raised);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    padding: var(--space-3) var(--space-4);
  }
  .banner .sign {
    font-size: 1.3rem;
    line-height: 1.5rem;
    font-weight: 700;
    flex: none;
  }
  .banner.well {
    border-color: var(--ok);
    box-shadow: inset 0.35rem 0 0 var(--ok);
  }
  .banner.well .sign,
  .banner.well h1 {
    color: var(--ok);
  }
  .banner.unknown {
    border-style: dashed;
    color: var(--muted);
  }
  .problems {
    display: flex;
    flex-direction: column;
    gap: 0.2rem;
    margin-top: var(--space-1);
  }
  .problems li {
    display: flex;
    gap: var(--space-2);
    align-items: flex-start;
    overflow-wrap: anywhere;
  }
  .problems tw-severity {
    flex: none;
  }
  .facts {
    padding: var(--space-2) var(--space-1);
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(12, minmax(0, 1fr));
    gap: var(--space-3);
    align-items: start;
  }
  .cards.old {
    opacity: 0.75;
    filter: grayscale(1);
  }
  .card {
    grid-column: span 6;
  }
  .card > h2 {
    margin-bottom: var(--space-2);
  }
  .card > h2 a {
    color: inherit;
  }
  .plugins {
    overflow: auto;
  }
  .state {
    white-space: nowrap;
  }
  .state tw-severity {
    vertical-align: middle;
    margin-inline-end: 0.35rem;
  }
  .abnormal td {
    font-weight: 600;
  }
  .why {
    overflow-wrap: anywhere;
    font-weight: 400 !important;
  }
  .figures {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-3) var(--space-6);
  }
  .figure {
    display: flex;
    flex-direction: column;
    min-width: 5.5rem;
  }
  .figure-value {
    font-size: var(--large);
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .figure.abnormal .figure-value {
    color: var(--critical-text);
  }
  .figure.abnormal .figure-value::before {
    content: '! ';
  }
  .share {
    margin-top: var(--space-3);
    height: 0.45rem;
    border-radius: 0.25rem;
    background: linear-gradient(
      to right,
      var(--line-strong) var(--good-share),
      var(--uncertain) var(--good-share) calc(100% - var(--bad-share)),
      var(--bad) calc(100% - var(--bad-share))
    );
  }
  @media (max-width: 60rem) {
    .card {
      grid-column: 1 / -1;
    }
  }
  @media (min-width: 120rem) {
    .card {
      grid-column: span 4;
    }
  }
`;
