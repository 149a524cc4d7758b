// SPDX-License-Identifier: Apache-2.0
// The columns of the list of alarms, for its head and its rows. On a phone a row has two lines.
import { css } from 'lit';

const narrow = 46; // rem of the list, as in the container queries

/** Whether a row has two lines, by the list's width in px. */
export function isNarrowAt(width: number): boolean {
  return width <= narrow * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

export const alarmColumns = css`
  .columns {
    display: grid;
    grid-template-columns: 1.6rem 1.6rem 6.2rem 6rem minmax(9rem, 2.4fr) minmax(6rem, 1.2fr) minmax(7rem, 1.2fr) minmax(5.5rem, auto);
    align-items: center;
    gap: 0 var(--space-2);
    padding-inline: var(--space-2);
  }
  .inhibited .columns {
    grid-template-columns: 1.6rem 1.6rem 6.2rem 6rem minmax(9rem, 2fr) minmax(6rem, 1fr) minmax(9rem, 1.4fr) minmax(6.5rem, auto);
  }
  @container alarms (max-width: 58rem) {
    .columns,
    .inhibited .columns {
      grid-template-columns: 1.6rem 1.6rem 6.2rem 6rem minmax(9rem, 2fr) minmax(7rem, 1fr) minmax(5.5rem, auto);
    }
    .area {
      display: none;
    }
  }
  @container alarms (max-width: 46rem) {
    .columns,
    .inhibited .columns {
      grid-template-columns: 1.6rem 1.6rem 1fr auto;
      grid-template-rows: 1fr 1fr;
      grid-template-areas: 'choose severity name actions' 'choose severity facts actions';
    }
    .choose {
      grid-area: choose;
    }
    .severity {
      grid-area: severity;
    }
    .name {
      grid-area: name;
      align-self: end;
    }
    .actions {
      grid-area: actions;
    }
  }
`;
