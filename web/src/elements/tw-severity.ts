// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Severity } from '../live';
import { shared } from '../styles/shared';
import { texts } from '../texts';

// Shape, number and colour each tell the severity (ISA-18.2: 1 is the most urgent).
const views: Record<Severity, { shape: ReturnType<typeof svg>; number: number; y: number }> = {
  critical: { shape: svg`<rect x="1.5" y="1.5" width="17" height="17"/>`, number: 1, y: 10 },
  major: { shape: svg`<path d="M10 1L19.5 18.5H.5z"/>`, number: 2, y: 12.5 },
  minor: { shape: svg`<path d="M.5 1.5h19L10 19z"/>`, number: 3, y: 7.5 },
  info: { shape: svg`<circle cx="10" cy="10" r="8.5"/>`, number: 4, y: 10 },
};

/** An alarm's severity. `hollow`: over, or acknowledged. With `words` its name stands beside it. */
@customElement('tw-severity')
export class TwSeverity extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 0.35rem;
      }
      svg {
        width: 1.4rem;
        height: 1.4rem;
        flex: none;
        stroke-width: 1.5;
        stroke-linejoin: round;
      }
      text {
        font: 700 11px var(--font);
        text-anchor: middle;
        dominant-baseline: central;
        stroke: none;
      }
      .critical {
        fill: var(--critical);
        stroke: var(--critical);
      }
      .critical text {
        fill: var(--on-critical);
      }
      .major {
        fill: var(--major);
        stroke: var(--major);
      }
      .major text {
        fill: var(--on-major);
      }
      .minor {
        fill: var(--minor);
        stroke: var(--minor);
      }
      .minor text {
        fill: var(--on-minor);
      }
      .info {
        fill: var(--info);
        stroke: var(--info);
      }
      .info text {
        fill: var(--on-info);
      }
      .hollow {
        fill: transparent;
        stroke: var(--line-strong);
      }
      .hollow text {
        fill: var(--text);
      }
    `,
  ];
  @property() severity: Severity = 'info';
  @property({ type: Boolean }) hollow = false;
  @property({ type: Boolean }) words = false;

  override render() {
    const view = views[this.severity] ?? views.info;
    const name = texts.severities[this.severity] ?? this.severity;
    return html`<svg
        viewBox="0 0 20 20"
        class="${this.severity} ${this.hollow ? 'hollow' : ''}"
        aria-hidden="true"
        focusable="false"
      >
        ${view.shape}
        <text x="10" y=${view.y}>${view.number}</text></svg
      ><span class=${this.words ? '' : 'hidden-text'}>${name}</span>`;
  }
}
