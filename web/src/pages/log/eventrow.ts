// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../../elements/tw-severity';
import { zone } from '../../format';
import type { WireEvent } from '../../live';
import { Watch } from '../../observable';
import { shared } from '../../styles/shared';
import { eventColumns } from './columns';
import { describe, kindText, severityOf } from './describe';

/** A line of the list of events. */
@customElement('log-event-row')
export class LogEventRow extends LitElement {
  static override styles = [
    shared,
    eventColumns,
    css`
      :host {
        display: block;
        height: 100%;
        border-bottom: 1px solid var(--line);
        cursor: pointer;
      }
      .columns {
        height: 100%;
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
      @media (max-width: 40rem) {
        .columns {
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

  constructor() {
    super();
    new Watch(this, zone);
  }

  override render() {
    const severity = severityOf(this.event);
    const text = describe(this.event);
    return html`<div class="columns" role="presentation">
      <span role="gridcell" class="time muted" title=${zone.exact(this.event.t)}>${zone.row(this.event.t)}</span
      ><span role="gridcell" class="kind clip">${kindText(this.event.type)}</span
      ><span role="gridcell" class="source clip muted">${this.event.source ?? ''}</span
      ><span role="gridcell" class="sign">${severity ? html`<tw-severity .severity=${severity}></tw-severity>` : ''}</span
      ><span role="gridcell" class="text clip" title=${text}>${text}</span>
    </div>`;
  }
}
