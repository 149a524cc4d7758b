// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** The head above a `tw-virtual-list`, which takes what room is left. */
export const listHead = css`
  .head {
    font-size: var(--small);
    font-weight: 600;
    color: var(--muted);
    background: var(--sunken);
    border-bottom: 1px solid var(--line);
  }
  tw-virtual-list {
    flex: 1;
    min-height: 0;
  }
`;
