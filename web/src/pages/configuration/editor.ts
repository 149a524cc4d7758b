// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { ref } from 'lit/directives/ref.js';
import { shared } from '../../styles/shared';

const mostMarks = 200;

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** A text with line numbers; `marks` are lines that stand out. Tells `input`. Only numbers that are seen are drawn. */
@customElement('config-editor')
export class ConfigEditor extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        position: relative;
        min-height: 8rem;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--raised);
        overflow: hidden;
        font-family: var(--mono);
        --line-height: 1.35rem;
      }
      .gutter,
      textarea {
        font-size: var(--small) !important;
        line-height: var(--line-height);
      }
      .gutter {
        flex: none;
        position: relative;
        overflow: hidden;
        background: var(--sunken);
        border-inline-end: 1px solid var(--line);
        color: var(--muted);
        text-align: end;
        user-select: none;
      }
      .numbers {
        margin: 0;
        padding: 0 0.5rem;
        font: inherit;
        min-width: 3.2rem;
      }
      .text {
        flex: 1;
        min-width: 0;
        position: relative;
        overflow: hidden;
      }
      textarea {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        border: 0 !important;
        border-radius: 0 !important;
        background: transparent !important;
        padding: 0 0.5rem !important;
        font-family: var(--mono) !important;
        resize: none;
        white-space: pre;
        tab-size: 2;
        outline-offset: -0.15rem;
      }
      .mark {
        position: absolute;
        inset-inline: 0;
        top: 0;
        height: var(--line-height);
        background: color-mix(in srgb, var(--critical-text), transparent 82%);
      }
      .mark.warning {
        background: color-mix(in srgb, var(--major-text), transparent 82%);
      }
      .gutter .mark {
        border-inline-start: 0.3rem solid var(--critical-text);
      }
      .gutter .mark.warning {
        border-inline-start-color: var(--major-text);
      }
    `,
  ];
  @property({ attribute: false }) value = '';
  @property({ attribute: false }) marks: readonly { line: number; severity: string }[] = [];
  @property() label = '';
  @property({ type: Boolean }) isReadOnly = false;
  @query('textarea') private area!: HTMLTextAreaElement;
  @state() private top = 0;
  @state() private seen = 0;
  #lines = 1;
  #resized = new ResizeObserver(() => (this.seen = this.clientHeight));

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('value')) this.#lines = countLines(this.value);
  }

  /** Brings a line into sight and selects it. */
  show(line: number): void {
    let start = 0;
    for (let each = 1; each < line; each++) {
      const next = this.value.indexOf('\n', start);
      if (next < 0) break;
      start = next + 1;
    }
    const end = this.value.indexOf('\n', start);
    this.area.focus();
    this.area.setSelectionRange(start, end < 0 ? this.value.length : end);
    this.area.scrollTop = Math.max(0, (line - 1) * this.#pixels - this.area.clientHeight / 3);
    this.area.scrollLeft = 0;
  }

  get #pixels(): number {
    return 1.35 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  #input(): void {
    this.value = this.area.value;
    this.dispatchEvent(new Event('input'));
  }

  #marks(from: number, to: number) {
    return this.marks
      .filter(({ line }) => line > from && line <= to)
      .slice(0, mostMarks)
      .map(({ line, severity }) => {
        const place = ref((element) => {
          if (element instanceof HTMLElement) element.style.transform = `translateY(${(line - 1) * this.#pixels - this.top}px)`;
        });
        return html`<div ${place} class="mark ${severity}" data-line=${line}></div>`;
      });
  }

  override render() {
    const pixels = this.#pixels;
    const from = Math.floor(this.top / pixels);
    const to = Math.min(this.#lines, from + Math.ceil(this.seen / pixels) + 1);
    const numbers = Array.from({ length: Math.max(0, to - from) }, (_, step) => from + step + 1).join('\n');
    const shift = ref((element) => {
      if (element instanceof HTMLElement) element.style.transform = `translateY(${from * pixels - this.top}px)`;
    });
    const marks = this.#marks(from, to);
    return html`<div class="gutter" aria-hidden="true">
        ${marks}
        <pre class="numbers" ${shift}>${numbers}</pre>
      </div>
      <div class="text">
        ${marks}
        <textarea
          aria-label=${this.label}
          wrap="off"
          spellcheck="false"
          autocapitalize="off"
          autocomplete="off"
          ?readonly=${this.isReadOnly}
          .value=${live(this.value)}
          @input=${(event: Event) => {
            event.stopPropagation();
            this.#input();
          }}
          @scroll=${() => (this.top = this.area.scrollTop)}
        ></textarea>
      </div>`;
  }
}
