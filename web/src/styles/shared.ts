// SPDX-License-Identifier: Apache-2.0
// What every element builds on: `static styles = [shared, css`…`]`.
import { css } from 'lit';

const base = css`
  :host {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  h1 {
    font-size: var(--large);
    font-weight: 650;
  }
  h2 {
    font-size: var(--normal);
    font-weight: 650;
  }
  h3 {
    font-size: var(--small);
    font-weight: 650;
    color: var(--muted);
  }
  a {
    color: var(--accent);
  }
  :focus-visible {
    outline: 0.15rem solid var(--accent);
    outline-offset: 0.1rem;
    border-radius: var(--radius);
  }
  .muted {
    color: var(--muted);
  }
  .small {
    font-size: var(--small);
  }
  .number {
    font-variant-numeric: tabular-nums;
    text-align: end;
  }
  .row {
    display: flex;
    align-items: center;
    gap: var(--space-2);
  }
  .spread {
    justify-content: space-between;
  }
  .wrap {
    flex-wrap: wrap;
  }
  .stack {
    display: flex;
    flex-direction: column;
    gap: var(--space-3);
  }
  .grow {
    flex: 1;
    min-width: 0;
  }
  .clip {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .hidden-text {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
`;

const buttons = css`
  button,
  .button {
    font: inherit;
    color: var(--text);
    background: var(--raised);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    min-height: 2rem;
    padding: 0.2rem 0.7rem;
    cursor: pointer;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--space-2);
    text-decoration: none;
  }
  button:hover:not(:disabled),
  .button:hover {
    background: var(--hover);
  }
  button:disabled {
    color: var(--muted);
    border-style: dashed;
    border-color: var(--line);
    cursor: not-allowed;
  }
  button.primary {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  button.primary:hover:not(:disabled) {
    background: color-mix(in srgb, var(--accent), var(--text) 18%);
  }
  button.primary:disabled {
    background: var(--sunken);
    border-color: var(--line-strong);
    color: var(--muted);
  }
  button.quiet {
    background: transparent;
    border-color: transparent;
  }
  button.quiet:hover:not(:disabled) {
    background: var(--hover);
  }
  button.icon {
    padding: 0;
    width: 2rem;
  }
  button[aria-pressed='true'] {
    background: var(--selected);
    border-color: var(--accent);
  }
  @media (pointer: coarse) {
    button,
    .button,
    select,
    input:not([type='checkbox'], [type='radio']) {
      min-height: var(--touch);
    }
    button.icon {
      width: var(--touch);
    }
  }
`;

const inputs = css`
  label.field {
    display: flex;
    flex-direction: column;
    gap: 0.2rem;
    font-size: var(--small);
    color: var(--muted);
  }
  input:not([type='checkbox'], [type='radio'], [type='range']),
  select,
  textarea {
    font: inherit;
    font-size: var(--normal);
    color: var(--text);
    background: var(--raised);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    min-height: 2rem;
    padding: 0.2rem 0.5rem;
    width: 100%;
    min-width: 0;
  }
  input::placeholder,
  textarea::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  input[type='checkbox'],
  input[type='radio'] {
    accent-color: var(--accent);
    width: 1.1rem;
    height: 1.1rem;
    margin: 0;
  }
  input[aria-invalid='true'] {
    border-color: var(--critical-text);
  }
`;

const surfaces = css`
  .card {
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    padding: var(--space-3);
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 0.3rem;
    font-size: var(--small);
    border: 1px solid var(--line-strong);
    border-radius: 1rem;
    padding: 0 0.55rem;
    white-space: nowrap;
  }
  table {
    border-collapse: collapse;
    width: 100%;
  }
  th,
  td {
    text-align: start;
    padding: 0.25rem 0.5rem;
    border-bottom: 1px solid var(--line);
    vertical-align: top;
  }
  th {
    font-size: var(--small);
    font-weight: 600;
    color: var(--muted);
    white-space: nowrap;
  }
  th.number,
  td.number {
    text-align: end;
  }
  tr:last-child > td {
    border-bottom: 0;
  }
  .scroll {
    overflow: auto;
  }
`;

export const shared = [base, buttons, inputs, surfaces];
