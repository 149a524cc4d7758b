// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { now } from '../clock';
import { formatDuration, formatNumber } from '../format';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import { theme } from '../theme';

const drawEvery = 1000; // ms

/** Times in ms and values, the oldest first; NaN is a hole. */
export interface Spark {
  times: number[];
  values: number[];
}

/** A small line of the last minutes, without axes: shape only. Draws itself anew once a second. */
@customElement('tw-sparkline')
export class TwSparkline extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        height: 1.6rem;
        min-width: 3rem;
      }
      canvas {
        width: 100%;
        height: 100%;
        display: block;
      }
    `,
  ];
  /** Asked at each drawing, so that nobody has to tell of each value. */
  @property({ attribute: false }) data: () => Spark | undefined = () => undefined;
  /** What it is about, for screen readers. */
  @property() label = '';
  @property({ attribute: false }) spanMs = 600_000;
  #timer: ReturnType<typeof setInterval> | undefined;
  #endTheme = (): void => {};
  #seen = false;
  #look = new IntersectionObserver(([entry]) => (this.#seen = entry?.isIntersecting ?? false));

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.draw(), drawEvery);
    this.#endTheme = theme.observe(() => this.draw());
    this.#look.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#endTheme();
    this.#look.disconnect();
  }

  override updated(): void {
    this.#seen = true;
    this.draw();
  }

  draw(): void {
    const canvas = this.renderRoot?.querySelector('canvas');
    if (!canvas || document.hidden || !this.#seen) return;
    const scale = devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * scale);
    const height = Math.round(canvas.clientHeight * scale);
    if (width === 0 || height === 0) return;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const pen = canvas.getContext('2d');
    if (!pen) return;
    pen.clearRect(0, 0, width, height);
    const data = this.data();
    if (data) this.#line(pen, data, width, height, scale);
  }

  #line(pen: CanvasRenderingContext2D, data: Spark, width: number, height: number, scale: number): void {
    let low = Infinity;
    let high = -Infinity;
    for (const value of data.values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low > high) return;
    this.title = texts.sparklineRange(formatNumber(low), formatNumber(high));
    const begin = now() - this.spanMs;
    const margin = 2 * scale;
    const x = (time: number): number => ((time - begin) / this.spanMs) * width;
    const y = (value: number): number =>
      high === low ? height / 2 : height - margin - ((value - low) / (high - low)) * (height - 2 * margin);
    pen.strokeStyle = theme.colour('--muted');
    pen.lineWidth = 1.25 * scale;
    pen.lineJoin = 'round';
    pen.beginPath();
    let isDown = false;
    data.values.forEach((value, index) => {
      const at = x(data.times[index] ?? 0);
      if (Number.isNaN(value)) isDown = false;
      else if (isDown) pen.lineTo(at, y(value));
      else pen.moveTo(at, y(value));
      isDown = !Number.isNaN(value);
    });
    const last = data.values[data.values.length - 1];
    if (last !== undefined && !Number.isNaN(last)) pen.lineTo(width, y(last));
    pen.stroke();
  }

  override render() {
    return html`<canvas role="img" aria-label=${texts.sparkline(this.label, formatDuration(this.spanMs))}></canvas>`;
  }
}
