// SPDX-License-Identifier: Apache-2.0
// uPlot in an element. Import it lazily (`await import('../elements/tw-plot')`): uPlot is a chunk of its own.
import { LitElement, css, html, nothing, unsafeCSS } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import uPlot from 'uplot';
import uplotCss from 'uplot/dist/uPlot.min.css?inline';
import { zone } from '../format';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import { theme } from '../theme';
import { PlotGestures } from './plot/gestures';
import { drawGaps, plotAxes, plotBands, plotLines, plotScales, type PlotGap, type PlotSeries } from './plot/options';

export type { PlotGap, PlotSeries };

/** The person has zoomed or moved: the range in s since 1970. */
export class ViewEvent extends Event {
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    super('view');
  }
}

/** Where the cursor stands: an index of `times`; -1: nowhere. */
export class CursorEvent extends Event {
  constructor(readonly index: number) {
    super('cursor');
  }
}

/** Where the lines are drawn, in px from the left of the element: for what stands in line below. */
export class AreaEvent extends Event {
  constructor(
    readonly left: number,
    readonly width: number,
  ) {
    super('area');
  }
}

const axisRoom = 8; // px of width for each px that an axis takes

/**
 * Several series over time, each unit with a scale of its own, bands from min to max. Drag zooms, Shift and drag moves, so
 * do fingers; the wheel and + and - zoom, arrow keys move the cursor, with Shift the plot; a double click tells `reset`.
 * `from` and `to` fix what is seen. `cursor`, `area` and `view` tell of what happens.
 */
@customElement('tw-plot')
export class TwPlot extends LitElement {
  static override styles = [
    unsafeCSS(uplotCss),
    shared,
    css`
      :host {
        display: block;
        height: 12rem;
        position: relative;
      }
      .place {
        position: absolute;
        inset: 0;
        overflow: hidden;
      }
      .u-over {
        touch-action: pan-y;
      }
      .u-legend {
        color: var(--text);
        font-size: var(--small);
        text-align: start;
      }
      .u-legend th {
        cursor: pointer;
        font-weight: 400;
        color: inherit;
      }
      .u-legend th,
      .u-legend td {
        border: 0;
        padding: 0 0.3rem;
      }
      .u-legend .edge {
        display: none;
      }
      .u-value {
        font-variant-numeric: tabular-nums;
        font-weight: 600;
      }
      .u-select {
        background: color-mix(in srgb, var(--accent), transparent 75%);
      }
      .u-cursor-x,
      .u-cursor-y {
        border-color: var(--line-strong) !important;
      }
    `,
  ];
  /** s since 1970, rising. */
  @property({ attribute: false }) times: number[] = [];
  @property({ attribute: false }) series: PlotSeries[] = [];
  @property({ attribute: false }) gaps: readonly PlotGap[] = [];
  /** s since 1970; absent: all there is. */
  @property({ attribute: false }) from: number | undefined;
  @property({ attribute: false }) to: number | undefined;
  /** Small: no legend, no axis labels to spare. */
  @property({ type: Boolean }) small = false;
  /** The page has a legend of its own. */
  @property({ type: Boolean }) plain = false;
  @query('.place') private place!: HTMLElement;
  #plot: uPlot | null = null;
  #gestures: PlotGestures | null = null;
  #shape = '';
  #area = '';
  #mostAxes = 8;
  #resized = new ResizeObserver(() => this.#resize());
  #ends: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
    const rebuild = (): void => this.#rebuild();
    this.#ends = [theme.observe(rebuild), zone.observe(rebuild)];
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    for (const end of this.#ends) end();
    this.#plot?.destroy();
    this.#plot = null;
    this.#shape = '';
  }

  /** What is seen, to be drawn elsewhere. */
  get canvas(): HTMLCanvasElement | null {
    return this.#plot?.ctx.canvas ?? null;
  }

  override updated(): void {
    const shape = JSON.stringify([
      this.small,
      this.plain,
      this.series.map(({ label, unit, min, isStepped, isHidden, colour }) => [label, unit, !!min, isStepped, isHidden, colour]),
    ]);
    if (!this.#plot || shape !== this.#shape) {
      this.#shape = shape;
      this.#rebuild();
    } else {
      this.#plot.batch((plot: uPlot) => {
        plot.setData(this.#data(), false);
        this.#showRange();
      });
    }
  }

  #data(): uPlot.AlignedData {
    const rows: (number | null)[][] = [];
    for (const each of this.series) {
      rows.push(each.values);
      if (each.min && each.max) rows.push(each.min, each.max);
    }
    return [this.times, ...rows] as uPlot.AlignedData;
  }

  #showRange(): void {
    const first = this.from ?? this.times[0];
    const last = this.to ?? this.times[this.times.length - 1];
    if (first === undefined || last === undefined) return;
    this.#plot?.setScale('x', { min: first, max: Math.max(last, first + 0.001) });
  }

  #legendHeight(): number {
    if (this.small || this.plain) return 0;
    return this.place.querySelector<HTMLElement>('.u-legend')?.offsetHeight ?? 28;
  }

  #resize(): void {
    if (!this.#plot) return this.requestUpdate();
    const { clientWidth, clientHeight } = this.place;
    if (clientWidth === 0) return;
    if (this.#axesThatFit() !== this.#mostAxes) return this.#rebuild();
    this.#plot.setSize({ width: clientWidth, height: clientHeight - this.#legendHeight() });
  }

  /** On a phone the lines need the room more than a third axis does. */
  #axesThatFit(): number {
    return Math.max(1, Math.floor(this.place.clientWidth / (58 + 18) / axisRoom) * 2);
  }

  #rebuild(): void {
    this.#plot?.destroy();
    this.#plot = null;
    if (!this.isConnected || !this.place || this.place.clientWidth === 0) return;
    this.#mostAxes = this.#axesThatFit();
    this.#plot = new uPlot(this.#options(), this.#data(), this.place);
    this.#gestures = new PlotGestures(this.#plot, {
      view: (from, to) => this.#view(from, to),
      reset: () => this.dispatchEvent(new Event('reset')),
    });
    this.#showRange();
    this.#resize();
  }

  #options(): uPlot.Options {
    return {
      width: this.place.clientWidth,
      height: Math.max(1, this.place.clientHeight),
      legend: { show: !this.small && !this.plain, live: true },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone.name),
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      scales: plotScales(this.series),
      axes: plotAxes(this.series, this.#font(), this.small, this.#mostAxes),
      series: plotLines(this.series),
      bands: plotBands(this.series),
      hooks: {
        setSelect: [(plot) => this.#zoomed(plot)],
        setCursor: [(plot) => this.dispatchEvent(new CursorEvent((plot.cursor.left ?? -1) < 0 ? -1 : (plot.cursor.idx ?? -1)))],
        drawClear: [(plot) => drawGaps(plot, this.gaps)],
        draw: [(plot) => this.#tellArea(plot)],
      },
    };
  }

  #tellArea(plot: uPlot): void {
    const left = plot.bbox.left / devicePixelRatio;
    const width = plot.bbox.width / devicePixelRatio;
    const area = `${left} ${width}`;
    if (area === this.#area) return;
    this.#area = area;
    this.dispatchEvent(new AreaEvent(left, width));
  }

  #font(): string {
    return `${Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.84)}px ${getComputedStyle(this).fontFamily}`;
  }

  #zoomed(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const from = plot.posToVal(left, 'x');
    const to = plot.posToVal(left + width, 'x');
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#view(from, to);
  }

  #view(from: number, to: number): void {
    this.#plot?.setScale('x', { min: from, max: to });
    this.dispatchEvent(new ViewEvent(from, to));
  }

  #key(event: KeyboardEvent): void {
    if (this.#gestures?.key(event)) event.preventDefault();
  }

  override render() {
    const names = this.series.map(({ label }) => label).join(', ');
    return html`<div
      class="place"
      role="img"
      tabindex=${this.plain ? '0' : nothing}
      aria-label=${texts.plot.label(names)}
      title=${this.small ? '' : texts.plot.help}
      @keydown=${this.#key}
    ></div>`;
  }
}
