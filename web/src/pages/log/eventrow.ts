// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../../elements/tw-severity';
import { zone } from '../../format';
import type { WireEvent } from '../../live';
import { shared } from '../../styles/shared';
import { describe, kindText, severityOf } from './describe';

/** A line of the list of events. */
@customElement('log-event-row')
export class LogEventRow extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: grid;
        grid-template-columns: 11.5rem 8.5rem 8rem 1.6rem minmax(0, 1fr);
        gap: var(--space-2);
        align-items: center;
        height: 100%;
        padding-inline: var(--space-2);
        border-bottom: 1px solid var(--line);
        cursor: pointer;
      }
      :host(:hover) {
        background: var(--hover);
      }
      .sign {
        display: flex;
        align-items: center;
      }
      .time {
        font-variant-numeric: tabular-nums;
      }
      @media (max-width: 60rem) {
        :host {
          grid-template-columns: 11.5rem 8.5rem 1.6rem minmax(0, 1fr);
        }
        .source {
          display: none;
        }
      }
      @media (max-width: 40rem) {
        :host {
          grid-template: 'time kind sign' auto 'text text text' auto / max-content 1fr auto;
          gap: 0 var(--space-2);
          align-content: center;
        }
        .time {
          grid-area: time;
        }
        .kind {
          grid-area: kind;
        }
        .sign {
          grid-area: sign;
        }
        .text {
          grid-area: text;
        }
      }
    `,
  ];
  @property({ attribute: false }) event!: WireEvent;

  override render() {
    const severity = severityOf(this.event);
    const text = describe(this.event);
    return html`<span role="gridcell" class="time muted" title=${zone.exact(this.event.t)}>${zone.row(this.event.t)}</span
      ><span role="gridcell" class="kind clip">${kindText(this.event.type)}</span
      ><span role="gridcell" class="source clip muted">${this.event.source ?? ''}</span
      ><span role="gridcell" class="sign">${severity ? html`<tw-severity .severity=${severity}></tw-severity>` : ''}</span
      ><span role="gridcell" class="text clip" title=${text}>${text}</span>`;
  }
}
