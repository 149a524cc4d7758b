// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const writeStyles = css`
  .now {
    display: flex;
    gap: var(--space-3);
    align-items: baseline;
    font-size: var(--large);
  }
  fieldset {
    border: 0;
    padding: 0;
    margin: 0;
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-2) var(--space-4);
  }
  fieldset label {
    display: inline-flex;
    gap: var(--space-2);
    align-items: center;
    min-height: 2rem;
  }
  legend {
    font-size: var(--small);
    color: var(--muted);
    padding: 0;
    margin-bottom: 0.2rem;
  }
  .check {
    min-height: 1.4rem;
  }
  .wrong,
  .unmet {
    color: var(--critical-text);
  }
  .advice {
    border-inline-start: 0.25rem solid var(--minor);
    padding-inline-start: var(--space-2);
  }
  .interlock {
    border-inline-start: 0.25rem solid var(--critical-text);
    padding-inline-start: var(--space-2);
  }
  .interlock li {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--space-2);
  }
  .question {
    font-size: var(--large);
    font-weight: 650;
    overflow-wrap: anywhere;
  }
  .steps {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .steps li {
    border-inline-start: 2px solid var(--line-strong);
    padding: 0.15rem 0 0.4rem var(--space-3);
  }
  .steps li.wrong {
    border-color: var(--critical-text);
  }
  .input {
    display: grid;
    grid-template-columns: 1fr auto;
    gap: var(--space-2);
    align-items: end;
  }
  .unit {
    padding-bottom: 0.35rem;
    color: var(--muted);
  }
`;
