// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const ruleColumns = css`
  .columns {
    display: grid;
    grid-template-columns: 1.6rem 4.6rem minmax(9rem, 2fr) minmax(9rem, 2fr) minmax(8rem, 1.6fr) minmax(6rem, 1fr) minmax(6rem, 0.9fr);
    align-items: center;
    gap: 0 var(--space-3);
    padding-inline: var(--space-2);
  }
  @container rules (max-width: 70rem) {
    .columns {
      grid-template-columns: 1.6rem 4.6rem minmax(9rem, 2fr) minmax(9rem, 2fr) minmax(6rem, 1fr) minmax(6rem, 0.9fr);
    }
    .point {
      display: none;
    }
  }
  @container rules (max-width: 46rem) {
    .columns {
      grid-template-columns: 1.6rem 1fr auto;
      grid-template-areas: 'severity name id' 'severity what origin';
    }
    .area {
      display: none;
    }
    .severity {
      grid-area: severity;
    }
    .name {
      grid-area: name;
    }
    .what {
      grid-area: what;
    }
    .id {
      grid-area: id;
    }
    .origin {
      grid-area: origin;
    }
  }
`;
