// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../../elements/tw-quality';
import '../../elements/tw-sparkline';
import '../../elements/tw-value';
import { formatAge } from '../../format';
import { icon } from '../../icons';
import { live } from '../../live';
import type { PointInfo } from '../../pointinfo';
import { preferences } from '../../preferences';
import { session } from '../../session';
import type { Sparks } from '../../sparks';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { pointColumns } from './columns';

/** What a row's button asks for. */
export class WriteEvent extends Event {
  constructor(readonly point: PointInfo) {
    super('write', { bubbles: true, composed: true });
  }
}

/** One point of the list, live. */
@customElement('point-row')
export class PointRow extends LitElement {
  static override styles = [
    shared,
    pointColumns,
    css`
      :host {
        display: block;
        height: 100%;
        border-bottom: 1px solid var(--line);
        cursor: pointer;
      }
      :host(:hover) {
        background: var(--hover);
      }
      .columns {
        height: 100%;
      }
      button.icon {
        min-height: 1.9rem;
        width: 1.9rem;
      }
      .pin[aria-pressed='false'] {
        color: var(--line-strong);
      }
      .pin[aria-pressed='true'] {
        background: transparent;
        border-color: transparent;
        color: var(--accent);
      }
      .group {
        color: var(--muted);
      }
      .leaf {
        font-weight: 600;
      }
      .name {
        direction: ltr;
        display: flex;
        min-width: 0;
      }
      .name .group {
        flex: 0 1 auto;
      }
      .name .leaf {
        flex: 0 0 auto;
        max-width: 75%;
      }
      .name .leaf:only-child {
        max-width: 100%;
      }
      tw-value {
        justify-content: flex-end;
        max-width: 100%;
      }
    `,
  ];
  @property({ attribute: false }) point: PointInfo | undefined;
  @property({ attribute: false }) sparks: Sparks | undefined;
  /** The prefix above the list: no need to repeat it in each row. */
  @property() under = '';

  #toggle(event: Event): void {
    event.stopPropagation();
    if (this.point) preferences.toggleFavourite(this.point.name);
  }

  #write(event: Event): void {
    event.stopPropagation();
    if (this.point) this.dispatchEvent(new WriteEvent(this.point));
  }

  #name(name: string) {
    const short = this.under && name.startsWith(`${this.under}/`) ? name.slice(this.under.length + 1) : name;
    const slash = short.lastIndexOf('/') + 1;
    return html`<span class="name" title=${name}
      >${slash > 0 ? html`<span class="group clip">${short.slice(0, slash)}</span>` : ''}<span class="leaf clip"
        >${short.slice(slash)}</span
      ></span
    >`;
  }

  override render() {
    const point = this.point;
    if (!point) return html`<div class="columns"><span></span><span class="muted" role="gridcell">${texts.points.loadingRow}</span></div>`;
    const { name } = point;
    const value = live.point(name);
    const isPinned = preferences.isFavourite(name);
    const mayWrite = point.writable && session.may('commands:write', name);
    return html`<div class="columns">
      <span role="gridcell" class="pin-cell"
        ><button
          class="quiet icon pin"
          aria-pressed=${isPinned ? 'true' : 'false'}
          aria-label=${isPinned ? texts.points.unpin(name) : texts.points.pin(name)}
          @click=${this.#toggle}
        >
          ${icon('star', isPinned)}
        </button></span
      >
      <span role="gridcell" class="name-cell">${this.#name(name)}</span>
      <span role="gridcell" class="description muted clip" title=${point.description}>${point.description}</span>
      <span role="gridcell" class="spark"
        ><tw-sparkline .label=${name} .data=${() => this.sparks?.get(name)}></tw-sparkline
      ></span>
      <span role="gridcell" class="number value"><tw-value .point=${name} .unit=${point.unit}></tw-value></span>
      <span role="gridcell" class="quality"
        ><tw-quality
          .quality=${value?.quality || point.quality}
          .isFresh=${value?.quality ? value.isFresh : live.isOnline}
        ></tw-quality
      ></span>
      <span role="gridcell" class="number age muted">${formatAge(value?.time ?? point.timestamp)}</span>
      <span role="gridcell" class="write"
        >${mayWrite
          ? html`<button class="quiet icon" aria-label=${texts.points.writePoint(name)} title=${texts.points.write} @click=${this.#write}>
              ${icon('write')}
            </button>`
          : ''}</span
      >
    </div>`;
  }
}
