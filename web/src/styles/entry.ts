// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** One form in the middle of an empty page. */
export const entryStyles = css`
  :host {
    display: grid;
    place-items: center;
    padding: var(--space-4);
    height: 100%;
    overflow: auto;
  }
  form {
    width: min(var(--form-width), 100%);
  }
`;
