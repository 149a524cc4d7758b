// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { ActivateEvent } from '../../elements/tw-virtual-list';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import './arearow';
import type { AreaCount } from './order';

/** An area was chosen; '' is the whole site. */
export class AreaEvent extends Event {
  constructor(readonly area: string) {
    super('area', { bubbles: true, composed: true });
  }
}

const openAtFirst = 60; // areas; of more only the first level is open

/** The areas as a tree: the worst that stands in each and below it, and how many. */
@customElement('alarm-areas')
export class AlarmAreas extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        height: 100%;
      }
      tw-virtual-list {
        flex: 1;
        min-height: 0;
      }
    `,
  ];
  @property({ attribute: false }) areas: AreaCount[] = [];
  @property() chosen = '';
  /** Those that the viewer has turned: open, or shut. */
  @state() private turned: ReadonlyMap<string, boolean> = new Map();

  #isOpen(name: string): boolean {
    const isWithin = this.chosen.startsWith(`${name}/`);
    return this.turned.get(name) ?? (name === '' || isWithin || this.areas.length <= openAtFirst);
  }

  #hasMore(index: number): boolean {
    const name = this.areas[index]?.name ?? '';
    const next = this.areas[index + 1];
    return next !== undefined && (name === '' || next.name.startsWith(`${name}/`));
  }

  /** Areas without one that is shut above them, by their places. */
  #shown(): number[] {
    const shown: number[] = [];
    let shut: string | null = null;
    this.areas.forEach(({ name }, index) => {
      if (shut !== null && (shut === '' || name.startsWith(`${shut}/`))) return;
      shut = null;
      shown.push(index);
      if (this.#hasMore(index) && !this.#isOpen(name)) shut = name;
    });
    return shown;
  }

  #turn(name: string): void {
    this.turned = new Map(this.turned).set(name, !this.#isOpen(name));
  }

  #row(index: number | undefined) {
    const area = index === undefined ? undefined : this.areas[index];
    if (!area || index === undefined) return html``;
    return html`<alarm-area-row
      .area=${area}
      .isChosen=${area.name === this.chosen}
      .isOpen=${this.#hasMore(index) ? this.#isOpen(area.name) : null}
      @turn=${() => this.#turn(area.name)}
    ></alarm-area-row>`;
  }

  #choose(index: number | undefined): void {
    const area = index === undefined ? undefined : this.areas[index];
    if (area) this.dispatchEvent(new AreaEvent(area.name));
  }

  override render() {
    const shown = this.#shown();
    return html`<tw-virtual-list
      .label=${texts.alarms.areas.label}
      .count=${shown.length}
      .rowHeight=${2}
      .active=${shown.findIndex((index) => this.areas[index]?.name === this.chosen)}
      .renderRow=${(row: number) => this.#row(shown[row])}
      @activate=${(event: ActivateEvent) => this.#choose(shown[event.index])}
    ></tw-virtual-list>`;
  }
}
