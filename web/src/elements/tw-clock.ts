// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { now } from '../clock';
import { zone } from '../format';
import { Watch } from '../observable';
import { shared } from '../styles/shared';
import { texts } from '../texts';

/** The server's time, in the zone in which all times are shown, with its mark. */
@customElement('tw-clock')
export class TwClock extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .mark {
        color: var(--muted);
        font-size: var(--small);
      }
    `,
  ];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    new Watch(this, zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override render() {
    return html`<span title=${texts.shell.zoneTitle(zone.name)}
      >${zone.time(now())} <span class="mark">${zone.mark()}</span></span
    >`;
  }
}
