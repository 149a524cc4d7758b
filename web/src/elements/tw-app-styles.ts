// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const appStyles = css`
  :host {
    display: block;
    height: 100dvh;
  }
  .shell {
    display: grid;
    height: 100%;
    grid-template: auto 1fr / auto 1fr;
    grid-template-areas: 'header header' 'nav middle';
  }
  .skip {
    position: absolute;
    inset-block-start: -4rem;
    inset-inline-start: 0.5rem;
    z-index: 30;
    background: var(--accent);
    color: var(--on-accent);
    padding: 0.4rem 0.8rem;
  }
  .skip:focus {
    inset-block-start: 0.3rem;
  }
  header {
    grid-area: header;
    display: flex;
    align-items: center;
    gap: var(--space-3);
    padding: 0.3rem var(--space-3);
    background: var(--surface);
    border-bottom: 1px solid var(--line);
    min-height: 2.9rem;
    min-width: 0;
  }
  .brand {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    font-weight: 700;
    color: var(--text);
    text-decoration: none;
  }
  .brand img {
    width: 1.5rem;
    height: 1.5rem;
  }
  .place {
    display: none;
    font-weight: 600;
  }
  nav {
    grid-area: nav;
    background: var(--surface);
    border-inline-end: 1px solid var(--line);
    padding: var(--space-2);
    overflow: auto;
  }
  nav a,
  nav button {
    display: flex;
    align-items: center;
    justify-content: flex-start;
    gap: var(--space-3);
    color: var(--text);
    text-decoration: none;
    padding: 0 var(--space-3) 0 var(--space-2);
    min-height: 2.4rem;
    border-radius: var(--radius);
    white-space: nowrap;
  }
  nav a:hover {
    background: var(--hover);
  }
  nav a[aria-current] {
    background: var(--selected);
    box-shadow: inset 0.2rem 0 0 var(--accent);
    font-weight: 600;
  }
  .more {
    display: none;
  }
  .middle {
    grid-area: middle;
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  main {
    flex: 1;
    min-height: 0;
    overflow: auto;
    outline: none;
    display: block;
  }
  :host > main {
    height: 100%;
  }
  .loading {
    padding: var(--space-6);
  }

  @media (max-width: 75rem) {
    nav a span {
      font-size: 0.78rem;
    }
    nav a {
      flex-direction: column;
      gap: 0.1rem;
      justify-content: center;
      padding: 0.3rem;
      min-height: 3.2rem;
      min-width: 4.6rem;
    }
  }

  @media (max-width: 40rem) {
    .shell {
      grid-template: auto 1fr auto / 1fr;
      grid-template-areas: 'header' 'middle' 'nav';
    }
    :host {
      --bottom-bar: 3.6rem;
    }
    header {
      gap: var(--space-2);
      padding-inline: var(--space-2);
    }
    .brand {
      font-size: 0;
    }
    .place {
      display: inline;
    }
    tw-clock {
      display: none;
    }
    nav {
      border-inline-end: 0;
      border-top: 1px solid var(--line);
      padding: 0;
      padding-bottom: env(safe-area-inset-bottom);
      overflow: visible;
    }
    nav > ul {
      display: flex;
      justify-content: space-around;
    }
    nav li {
      flex: 1;
    }
    nav li.late {
      display: none;
    }
    .more {
      display: block;
      position: relative;
    }
    nav a,
    .more > button {
      flex-direction: column;
      gap: 0.1rem;
      justify-content: center;
      padding: 0.3rem 0.1rem;
      min-height: 3.5rem;
      min-width: 0;
      width: 100%;
      font-size: 0.78rem;
      border-radius: 0;
    }
    nav a[aria-current],
    .more > button.here {
      background: var(--selected);
      box-shadow: inset 0 0.2rem 0 var(--accent);
    }
    .drawer {
      position: absolute;
      inset-block-end: 100%;
      inset-inline-end: 0;
      min-width: 12rem;
      background: var(--raised);
      border: 1px solid var(--line-strong);
      border-radius: var(--radius);
      box-shadow: 0 -0.2rem 1rem rgb(0 0 0 / 30%);
      z-index: 25;
    }
    .drawer a {
      flex-direction: row;
      justify-content: flex-start;
      gap: var(--space-3);
      padding: 0 var(--space-4);
      font-size: var(--normal);
      min-height: var(--touch);
    }
  }
`;
