// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** The columns of the list: head and rows share them. */
export const pointColumns = css`
  .columns {
    display: grid;
    grid-template-columns: 2rem minmax(10rem, 3fr) minmax(6rem, 3fr) minmax(4rem, 9rem) minmax(6rem, 9rem) 1.6rem 4.2rem 2.2rem;
    align-items: center;
    gap: 0 var(--space-3);
    padding-inline: var(--space-2);
    min-width: 0;
  }
  .columns > * {
    min-width: 0;
  }
  .spark {
    height: 1.6rem;
  }
  @container list (max-width: 52rem) {
    .columns {
      grid-template-columns: 2rem minmax(7rem, 3fr) minmax(3rem, 6rem) minmax(5rem, 8rem) 1.4rem 3.6rem 2.2rem;
    }
    .description {
      display: none;
    }
  }
  @container list (max-width: 30rem) {
    .columns {
      grid-template-columns: 1.9rem minmax(5rem, 1fr) auto 1.3rem 2.2rem;
      gap: 0 var(--space-2);
      padding-inline: var(--space-1);
    }
    .spark,
    .age {
      display: none;
    }
  }
`;
