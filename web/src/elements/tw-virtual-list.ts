// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';
import { shared } from '../styles/shared';

const spare = 6; // rows beyond the edge, so that scrolling shows no holes

/** Which rows are drawn: `from` to before `to`. */
export class RangeEvent extends Event {
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    super('range');
  }
}
export class ActivateEvent extends Event {
  constructor(readonly index: number) {
    super('activate');
  }
}

/**
 * A list of any length of rows of the same height: only those that are seen are there. `renderRow(index)` draws one, its
 * parts have role="gridcell". Arrow keys, Page Up and Down, Home and End move; Enter or a click tells `activate`; `range`
 * tells what is drawn.
 */
@customElement('tw-virtual-list')
export class TwVirtualList extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        contain: strict;
      }
      .scroller {
        height: 100%;
        overflow: auto;
        overscroll-behavior: contain;
        outline-offset: -0.15rem;
      }
      .all {
        position: relative;
      }
      .line {
        position: absolute;
        inset-inline: 0;
        top: 0;
        overflow: hidden;
        contain: strict;
      }
      .active {
        background: var(--selected);
      }
    `,
  ];
  @property({ attribute: false }) count = 0;
  /** In rem. */
  @property({ attribute: false }) rowHeight = 2.3;
  @property({ attribute: false }) renderRow: (index: number, isActive: boolean) => TemplateResult = () => html``;
  @property() label = '';
  /** The row that keys act on; -1: none. */
  @property({ attribute: false }) active = -1;
  @query('.scroller') private scroller!: HTMLElement;
  @state() private from = 0;
  @state() private to = 0;
  #resized = new ResizeObserver(() => this.#measure());
  #told = '';

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  /** Brings a row into sight. */
  show(index: number): void {
    const top = index * this.#pixels;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.#pixels > scrollTop + clientHeight) this.scroller.scrollTop = top + this.#pixels - clientHeight;
    this.#measure();
  }

  get #pixels(): number {
    return this.rowHeight * parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  #measure = (): void => {
    const first = Math.floor((this.scroller?.scrollTop ?? 0) / this.#pixels);
    this.from = Math.max(0, Math.min(first, this.count) - spare);
    this.to = Math.min(this.count, first + Math.ceil(this.clientHeight / this.#pixels) + spare);
  };

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('count') || changed.has('rowHeight')) this.#measure();
    if (this.active >= this.count) this.active = -1;
  }

  override updated(): void {
    const told = `${this.from} ${this.to} ${this.count}`;
    if (told === this.#told) return;
    this.#told = told;
    this.dispatchEvent(new RangeEvent(this.from, this.to));
  }

  #key = (event: KeyboardEvent): void => {
    if (event.composedPath()[0] !== this.scroller) return; // a control in a row has its own keys
    const page = Math.max(1, Math.floor(this.clientHeight / this.#pixels) - 1);
    const steps: Record<string, number> = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active < 0 ? 0 : this.active - 1,
      PageDown: this.active + page,
      PageUp: this.active - page,
      Home: 0,
      End: this.count - 1,
    };
    const next = steps[event.key];
    if (next !== undefined && this.count > 0) {
      event.preventDefault();
      this.active = Math.min(this.count - 1, Math.max(0, next));
      this.show(this.active);
    } else if (event.key === 'Enter' && this.active >= 0) {
      this.dispatchEvent(new ActivateEvent(this.active));
    }
  };

  #click(event: Event, index: number): void {
    // What is clicked inside of a row (a button, a link) is not the row.
    const isControl = event
      .composedPath()
      .some((each) => each instanceof HTMLElement && each !== this && each.matches('button, a, input, select'));
    if (isControl) return;
    this.active = index;
    this.dispatchEvent(new ActivateEvent(index));
  }

  #line(index: number) {
    const place = ref((element) => {
      if (!(element instanceof HTMLElement)) return;
      element.style.height = `${this.rowHeight}rem`;
      element.style.transform = `translateY(${index * this.rowHeight}rem)`;
    });
    const isActive = index === this.active;
    return html`<div
      ${place}
      class="line ${isActive ? 'active' : ''}"
      id="row-${index}"
      role="row"
      aria-selected=${isActive ? 'true' : 'false'}
      aria-rowindex=${index + 1}
      @click=${(event: Event) => this.#click(event, index)}
    >
      ${this.renderRow(index, isActive)}
    </div>`;
  }

  override render() {
    const shown = Array.from({ length: Math.max(0, this.to - this.from) }, (_, step) => this.from + step);
    const size = ref((element) => {
      if (element instanceof HTMLElement) element.style.height = `${this.count * this.rowHeight}rem`;
    });
    const isActiveShown = this.active >= this.from && this.active < this.to;
    return html`<div
      class="scroller"
      role="grid"
      tabindex="0"
      aria-label=${this.label}
      aria-rowcount=${this.count}
      aria-activedescendant=${isActiveShown ? `row-${this.active}` : nothing}
      @scroll=${{ handleEvent: this.#measure, passive: true }}
      @keydown=${this.#key}
    >
      <div class="all" role="rowgroup" ${size}>
        ${repeat(
          shown,
          (index) => index,
          (index) => this.#line(index),
        )}
      </div>
    </div>`;
  }
}
