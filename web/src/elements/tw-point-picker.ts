// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { findPoints, type PointInfo } from '../pointinfo';
import { isAbort, textOf } from '../rest';
import { shared } from '../styles/shared';
import { texts } from '../texts';

const shown = 20;
const waitFor = 200; // ms after the last key

/** A point was chosen; null: none any more. */
export class PickEvent extends Event {
  constructor(readonly point: PointInfo | null) {
    super('pick');
  }
}

/** Finds a point by name, description or unit. Tells `pick`; `value` is the full name. */
@customElement('tw-point-picker')
export class TwPointPicker extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        position: relative;
      }
      ul {
        position: absolute;
        z-index: 10;
        inset-inline: 0;
        max-height: 20rem;
        overflow: auto;
        background: var(--raised);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        box-shadow: 0 0.3rem 1rem rgb(0 0 0 / 30%);
      }
      li {
        padding: 0.3rem 0.6rem;
        cursor: pointer;
      }
      li[aria-selected='true'] {
        background: var(--selected);
      }
      li:hover {
        background: var(--hover);
      }
      .name {
        overflow-wrap: anywhere;
      }
      .problem {
        color: var(--critical-text);
        font-size: var(--small);
      }
    `,
  ];
  @property() value = '';
  @property() label = texts.picker.label;
  @property({ attribute: false }) filter: (point: PointInfo) => boolean = () => true;
  @state() private found: PointInfo[] = [];
  @state() private total = 0;
  @state() private active = -1;
  @state() private isOpen = false;
  @state() private problem = '';
  @state() private description = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | null = null;
  /** What was typed or picked here, or is described already. */
  #known = '';

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('value') || this.value === this.#known) return;
    this.#known = this.value;
    this.description = '';
    void this.#describe(this.value);
  }

  /** Of a point that was given from outside. By prefix: one that does not exist is no error here. */
  async #describe(name: string): Promise<void> {
    if (!name) return;
    try {
      const { points } = await findPoints({ prefix: name, limit: shown });
      if (this.value === name) this.description = points.find((each) => each.name === name)?.description ?? '';
    } catch {
      // The name alone has to do.
    }
  }

  #typed(event: Event): void {
    this.value = this.#known = (event.target as HTMLInputElement).value;
    this.description = '';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#search(), waitFor);
  }

  async #search(): Promise<void> {
    this.#asking?.abort();
    this.#asking = new AbortController();
    try {
      const page = await findPoints({ search: this.value, limit: shown, signal: this.#asking.signal });
      this.found = page.points.filter(this.filter);
      this.total = page.total;
      this.active = this.found.length > 0 ? 0 : -1;
      this.isOpen = true;
      this.problem = '';
    } catch (problem) {
      if (!isAbort(problem)) this.problem = textOf(problem);
    }
  }

  #pick(point: PointInfo | undefined): void {
    if (!point) return;
    // A search that is still due would open the list again.
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.value = this.#known = point.name;
    this.description = point.description;
    this.isOpen = false;
    this.dispatchEvent(new PickEvent(point));
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this.active = Math.min(this.found.length - 1, Math.max(0, this.active + step));
      if (!this.isOpen) void this.#search();
    } else if (event.key === 'Enter' && this.isOpen) {
      event.preventDefault();
      this.#pick(this.found[this.active]);
    } else if (event.key === 'Escape' && this.isOpen) {
      event.stopPropagation();
      this.isOpen = false;
    }
  }

  #list() {
    if (!this.isOpen) return '';
    return html`<ul id="list" role="listbox" aria-label=${this.label}>
      ${this.found.map(
        (point, index) =>
          html`<li
            id="option-${index}"
            role="option"
            aria-selected=${index === this.active ? 'true' : 'false'}
            @pointerdown=${(event: Event) => (event.preventDefault(), this.#pick(point))}
          >
            <div class="name">${point.name}${point.unit ? html` <span class="muted">(${point.unit})</span>` : ''}</div>
            <div class="muted small">${point.description}</div>
          </li>`,
      )}
      ${this.found.length === 0 ? html`<li role="option" aria-disabled="true" class="muted">${texts.picker.none}</li>` : ''}
      ${this.total > this.found.length && this.found.length > 0
        ? html`<li role="option" aria-disabled="true" class="muted small">
            ${texts.picker.more(this.total - this.found.length)}
          </li>`
        : ''}
    </ul>`;
  }

  override render() {
    return html`<label class="field"
        >${this.label}
        <input
          role="combobox"
          autocomplete="off"
          spellcheck="false"
          aria-autocomplete="list"
          aria-expanded=${this.isOpen ? 'true' : 'false'}
          aria-controls="list"
          aria-activedescendant=${this.isOpen && this.active >= 0 ? `option-${this.active}` : ''}
          placeholder=${texts.picker.placeholder}
          .value=${this.value}
          @input=${this.#typed}
          @focus=${() => void this.#search()}
          @blur=${() => (this.isOpen = false)}
          @keydown=${this.#key}
        />
      </label>
      ${this.#list()} ${this.description ? html`<p class="muted small">${this.description}</p>` : ''}
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : ''}`;
  }
}
