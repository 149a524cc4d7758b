// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** Of the tile itself; what is in it may size itself by it. */
export const tileBox = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: 0.2rem;
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    padding: var(--space-2) var(--space-3);
    min-width: 0;
    min-height: 0;
    overflow: hidden;
    container: tile / size;
  }
`;

/** Of an element that fills a tile. */
export const tilePart = css`
  :host {
    display: flex;
    flex: 1;
    min-height: 0;
    flex-direction: column;
    justify-content: center;
    gap: 0.3rem;
  }
`;

export const tileStyles = css`
  h2 {
    font-size: var(--small);
    color: var(--muted);
    font-weight: 600;
    flex: none;
  }
  .body {
    flex: 1;
    min-height: 0;
    display: flex;
    flex-direction: column;
    justify-content: center;
    gap: 0.3rem;
  }
  .big {
    font-size: clamp(1.2rem, 30cqh, 3.2rem);
    line-height: 1.1;
  }
  .big tw-value {
    max-width: 100%;
  }
  .spread {
    min-width: 0;
  }
  button.act {
    min-height: max(var(--touch), 38cqh);
    width: 100%;
    font-size: var(--large);
    font-weight: 600;
  }
  @container tile (max-width: 12rem) {
    button.act {
      font-size: var(--normal);
      line-height: 1.15;
      padding-inline: 0.3rem;
    }
  }
  .side button.act {
    width: auto;
    min-width: 6.5rem;
    flex: none;
  }
  .state {
    display: inline-flex;
    align-items: center;
    gap: 0.5rem;
  }
  .lamp {
    width: 1.1rem;
    height: 1.1rem;
    border-radius: 50%;
    border: 0.15rem solid var(--line-strong);
    flex: none;
  }
  .lamp.on {
    background: var(--text);
    border-color: var(--text);
  }
  .blocked {
    font-size: var(--small);
    color: var(--uncertain);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    flex: none;
  }
  .list {
    overflow: auto;
    flex: 1;
    min-height: 0;
  }
  .list li {
    display: flex;
    justify-content: space-between;
    gap: var(--space-2);
    border-bottom: 1px solid var(--line);
    min-height: 1.9rem;
    align-items: center;
  }
  .list a {
    flex: 0 0 auto;
    max-width: 60%;
  }
  .list tw-value {
    flex: none;
    max-width: 60%;
  }
  .gauge {
    width: 100%;
    height: 1.4rem;
    display: block;
    overflow: visible;
  }
  @container tile (max-height: 6rem) {
    .body {
      gap: 0.15rem;
    }
    .gauge {
      height: 0.75rem;
    }
    .ends {
      line-height: 1.1;
    }
  }
  .gauge .track {
    fill: var(--sunken);
    stroke: var(--line-strong);
  }
  .gauge .fill {
    fill: var(--info);
  }
  .gauge .fill.doubtful {
    fill: none;
  }
  .gauge .needle {
    fill: var(--text);
  }
  .gauge .needle.doubtful {
    fill: var(--uncertain);
  }
  .ends {
    display: flex;
    justify-content: space-between;
    font-size: var(--small);
    color: var(--muted);
  }
  .wrong {
    color: var(--bad);
    font-size: var(--small);
  }
  .doubt {
    color: var(--uncertain);
  }
`;
