// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { seriesToken } from '../../elements/plot/options';
import { Watch } from '../../observable';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { theme } from '../../theme';

/** From s to s since 1970. `on` is of a boolean: true, false, or both in a time too short to draw. */
export interface LanePart {
  from: number;
  to: number;
  on?: boolean | 'both';
  text?: string;
}
export interface Lane {
  name: string;
  colour: number;
  parts: LanePart[];
}

const laneHeight = 2.4; // rem

/** Booleans and texts in line below a plot: a lane each, over the same time. */
@customElement('trend-lanes')
export class TrendLanes extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        position: relative;
      }
      canvas {
        display: block;
        width: 100%;
      }
      .cursor {
        position: absolute;
        inset-block: 0;
        left: 0;
        border-inline-start: 1px dashed var(--line-strong);
        pointer-events: none;
      }
    `,
  ];
  @property({ attribute: false }) lanes: Lane[] = [];
  @property({ attribute: false }) from = 0;
  @property({ attribute: false }) to = 1;
  /** Where the plot above draws, px. */
  @property({ attribute: false }) left = 0;
  @property({ attribute: false }) width = 0;
  /** s since 1970; null: none. */
  @property({ attribute: false }) cursor: number | null = null;
  @query('canvas') canvas!: HTMLCanvasElement;
  @query('.cursor') private line!: HTMLElement;
  #resized = new ResizeObserver(() => this.#draw());

  constructor() {
    super();
    new Watch(this, theme);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  override updated(changed: Map<string, unknown>): void {
    if (changed.size !== 1 || !changed.has('cursor')) this.#draw();
    const { cursor } = this;
    const isShown = cursor !== null && cursor >= this.from && cursor <= this.to;
    this.line.hidden = !isShown;
    if (isShown) this.line.style.transform = `translateX(${this.#x(cursor)}px)`;
  }

  #x(at: number): number {
    const part = (at - this.from) / (this.to - this.from);
    return this.left + Math.min(1, Math.max(0, part)) * this.width;
  }

  #draw(): void {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const height = Math.round(laneHeight * rem);
    const { canvas } = this;
    canvas.style.height = `${height * this.lanes.length}px`;
    canvas.width = Math.round(this.clientWidth * devicePixelRatio);
    canvas.height = Math.round(height * this.lanes.length * devicePixelRatio);
    const ctx = canvas.getContext('2d');
    if (!ctx || this.width <= 0) return;
    ctx.scale(devicePixelRatio, devicePixelRatio);
    ctx.font = `${Math.round(rem * 0.8)}px ${getComputedStyle(this).fontFamily}`;
    ctx.textBaseline = 'middle';
    this.lanes.forEach((lane, index) => this.#lane(ctx, lane, index * height, rem));
  }

  #lane(ctx: CanvasRenderingContext2D, lane: Lane, top: number, rem: number): void {
    ctx.fillStyle = theme.colour('--muted');
    ctx.fillText(lane.name, this.left, top + 0.55 * rem, this.width);
    const strip = { top: top + 1.1 * rem, height: 1.1 * rem };
    const colour = theme.colour(seriesToken(lane.colour));
    ctx.save();
    ctx.beginPath();
    ctx.rect(this.left, strip.top - 1, this.width, strip.height + 2);
    ctx.clip();
    for (const part of lane.parts) {
      if (part.to < this.from || part.from > this.to) continue;
      const x = this.#x(part.from);
      const width = Math.max(1, this.#x(part.to) - x);
      if (part.text !== undefined) this.#text(ctx, part.text, x, width, strip);
      else drawOn(ctx, part.on ?? false, x, width, strip, colour);
    }
    ctx.restore();
  }

  #text(ctx: CanvasRenderingContext2D, text: string, x: number, width: number, strip: { top: number; height: number }): void {
    ctx.fillStyle = theme.colour('--sunken');
    ctx.fillRect(x, strip.top, width, strip.height);
    ctx.strokeStyle = theme.colour('--line-strong');
    ctx.strokeRect(x + 0.5, strip.top + 0.5, Math.max(0, width - 1), strip.height - 1);
    if (width < 24) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(x + 2, strip.top, width - 4, strip.height);
    ctx.clip();
    ctx.fillStyle = theme.colour('--text');
    ctx.fillText(text, x + 5, strip.top + strip.height / 2);
    ctx.restore();
  }

  override render() {
    const names = this.lanes.map(({ name }) => name).join(', ');
    return html`<canvas role="img" aria-label=${texts.plot.label(names)}></canvas>
      <div class="cursor" hidden></div>`;
  }
}

/** On is a block, off a line; both within a moment are half a block. */
function drawOn(
  ctx: CanvasRenderingContext2D,
  on: boolean | 'both',
  x: number,
  width: number,
  { top, height }: { top: number; height: number },
  colour: string,
): void {
  ctx.fillStyle = colour;
  const block = on === 'both' ? height / 2 : on ? height : 0;
  ctx.globalAlpha = on === 'both' ? 0.35 : 0.5;
  ctx.fillRect(x, top + height - block, width, block);
  ctx.globalAlpha = 1;
  ctx.fillRect(x, top + height - 1.5, width, 1.5);
}
