// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const alarmDetailsStyles = css`
  .stack > section {
    gap: var(--space-2);
  }
  .guidance {
    border-inline-start: 0.2rem solid var(--accent);
    padding-inline-start: var(--space-2);
    white-space: pre-line;
    overflow-wrap: anywhere;
  }
  ol,
  .conditions {
    margin: 0;
    padding: 0;
    list-style: none;
    display: flex;
    flex-direction: column;
    gap: 0.25rem;
    font-size: var(--small);
  }
  li {
    display: flex;
    gap: var(--space-2);
    overflow-wrap: anywhere;
  }
  .unmet {
    font-weight: 650;
  }
  .time {
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
`;
