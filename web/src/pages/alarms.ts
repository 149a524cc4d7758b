// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import '../elements/tw-empty';
import { shared } from '../styles/shared';
import { texts } from '../texts';

@customElement('page-alarms')
export class PageAlarms extends LitElement {
  static override styles = [shared];

  override render() {
    return html`<tw-empty .heading=${texts.alarms.title} .text=${texts.common.nothing}></tw-empty>`;
  }
}
