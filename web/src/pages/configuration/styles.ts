// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** What the parts of the configuration have in common. */
export const partStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: var(--space-2);
    height: 100%;
    min-height: 0;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-2);
    flex: none;
  }
  .sheet {
    flex: 0 1 auto;
    min-height: 6rem;
    overflow: auto;
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  .sheet td {
    overflow-wrap: anywhere;
  }
  .sheet td.acts {
    white-space: nowrap;
    text-align: end;
  }
  .mono {
    font-family: var(--mono);
    font-size: var(--small);
  }
  .told {
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    background: var(--raised);
    padding: var(--space-2) var(--space-3);
    overflow-wrap: anywhere;
    flex: none;
  }
  textarea.small {
    min-height: 6rem;
    font-family: var(--mono);
  }
  @media (max-width: 40rem) {
    .late {
      display: none;
    }
  }
`;
