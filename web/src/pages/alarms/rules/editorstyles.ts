// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const editorStyles = css`
  :host {
    display: block;
    overflow: auto;
    background: var(--bg);
  }
  header {
    position: sticky;
    top: 0;
    z-index: 5;
    background: var(--surface);
    border-bottom: 1px solid var(--line);
    padding: var(--space-2) var(--space-3) var(--space-2) var(--space-2);
  }
  h2 {
    font-size: var(--large);
    overflow-wrap: anywhere;
  }
  .body {
    padding: var(--space-3);
    max-width: 100rem;
  }
  .note {
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    padding: var(--space-2) var(--space-3);
  }
  header .note {
    padding: 0.1rem var(--space-2);
    font-size: var(--small);
  }
  .problems:empty {
    display: none;
  }
  .instance {
    max-width: 20rem;
  }
  @media (max-width: 40rem) {
    header {
      position: static;
    }
  }
`;
