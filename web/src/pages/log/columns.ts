// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** The columns of the list of events: head and rows share them. On a phone a row has two lines, and there is no head. */
export const eventColumns = css`
  .columns {
    display: grid;
    grid-template-columns: 11.5rem 8.5rem 8rem 1.6rem minmax(0, 1fr);
    gap: var(--space-2);
    align-items: center;
    padding-inline: var(--space-2);
  }
  @media (max-width: 60rem) {
    .columns {
      grid-template-columns: 11.5rem 8.5rem 1.6rem minmax(0, 1fr);
    }
    .source {
      display: none;
    }
  }
`;
