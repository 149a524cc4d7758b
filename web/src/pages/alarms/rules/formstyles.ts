// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const formStyles = css`
  .fields {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(13rem, 100%), 1fr));
    gap: var(--space-2) var(--space-3);
    align-items: start;
  }
  .field-box[data-key$='point'],
  .field-box[data-key$='reference'],
  .wide {
    grid-column: 1 / -1;
  }
  .field-box p {
    margin-top: 0.15rem;
  }
  .error {
    color: var(--critical-text);
    font-size: var(--small);
    overflow-wrap: anywhere;
  }
  .error::before {
    content: '✕ ';
  }
  .wrong input,
  .wrong select,
  .wrong textarea {
    border-color: var(--critical-text);
  }
  .check {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    min-height: 2rem;
  }
  input[readonly],
  textarea[readonly],
  select:disabled {
    background: var(--sunken);
    opacity: 1;
    color: var(--text);
  }
  textarea {
    resize: vertical;
  }
  .condition {
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    padding: var(--space-2);
    display: flex;
    flex-direction: column;
    gap: var(--space-2);
  }
  .condition.all,
  .condition.any,
  .condition.not {
    border-inline-start-width: 0.25rem;
  }
  .condition-head select {
    width: auto;
    font-weight: 600;
  }
  .parts {
    display: flex;
    flex-direction: column;
    align-items: stretch;
    gap: var(--space-2);
    padding-inline-start: var(--space-2);
  }
  .parts > button {
    align-self: start;
  }
  rule-condition {
    display: block;
  }
  .pair {
    display: grid;
    grid-template-columns: 1fr 2fr auto;
    gap: var(--space-2);
  }
  .window {
    border: 1px solid var(--line);
    border-radius: var(--radius);
    padding: var(--space-2);
  }
  .days {
    display: flex;
    flex-wrap: wrap;
    gap: 0.2rem;
  }
  .days button {
    padding: 0 0.5rem;
  }
  fieldset {
    border: 0;
    margin: 0;
    padding: 0;
    min-width: 0;
  }
  legend {
    padding: 0;
    font-size: var(--small);
    color: var(--muted);
    margin-bottom: 0.2rem;
  }
`;
