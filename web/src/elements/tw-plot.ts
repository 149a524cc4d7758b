// SPDX-License-Identifier: Apache-2.0
// uPlot in an element. Import it lazily (`await import('../elements/tw-plot')`): uPlot is a chunk of its own.
import { LitElement, css, html, unsafeCSS } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import uPlot from 'uplot';
import uplotCss from 'uplot/dist/uPlot.min.css?inline';
import { formatNumber, zone } from '../format';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import { theme } from '../theme';

/** One line. All series of a plot share the plot's `times`. */
export interface PlotSeries {
  label: string;
  unit: string;
  /** null is a hole. */
  values: (number | null)[];
  /** The band of a trend. */
  min?: (number | null)[];
  max?: (number | null)[];
  /** A step from value to value, as for booleans. */
  isStepped?: boolean;
}

/** The person has zoomed or moved: the range in s since 1970. */
export class ViewEvent extends Event {
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    super('view');
  }
}

const dashes: number[][] = [[], [], [], [], [8, 4], [8, 4], [2, 3], [2, 3]];
const token = (index: number): string => `--series-${(index % 8) + 1}`;

/**
 * Several series over time, each unit with a scale of its own, bands from min to max. Drag zooms, Shift and drag moves,
 * the wheel zooms, a double click tells `reset`. `from` and `to` fix what is seen.
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
      .u-value {
        font-variant-numeric: tabular-nums;
        font-weight: 600;
      }
      .u-select {
        background: color-mix(in srgb, var(--accent), transparent 75%);
      }
    `,
  ];
  /** s since 1970, rising. */
  @property({ attribute: false }) times: number[] = [];
  @property({ attribute: false }) series: PlotSeries[] = [];
  /** s since 1970; absent: all there is. */
  @property({ attribute: false }) from: number | undefined;
  @property({ attribute: false }) to: number | undefined;
  /** Small: no legend, no axis labels to spare. */
  @property({ type: Boolean }) small = false;
  @query('.place') private place!: HTMLElement;
  #plot: uPlot | null = null;
  #shape = '';
  #resized = new ResizeObserver(() => this.#resize());
  #ends: (() => void)[] = [];
  #dragging: { x: number; from: number; to: number } | null = null;

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

  /** A picture of what is seen. */
  toPng(): Promise<Blob | null> {
    const canvas = this.#plot?.ctx.canvas;
    return new Promise((resolve) => (canvas ? canvas.toBlob(resolve, 'image/png') : resolve(null)));
  }

  override updated(): void {
    const shape = JSON.stringify([this.small, this.series.map(({ label, unit, min, isStepped }) => [label, unit, !!min, isStepped])]);
    if (!this.#plot || shape !== this.#shape) {
      this.#shape = shape;
      this.#rebuild();
    } else {
      this.#plot.setData(this.#data(), false);
      this.#showRange();
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
    return this.small ? 0 : (this.place.querySelector<HTMLElement>('.u-legend')?.offsetHeight ?? 28);
  }

  #resize(): void {
    if (!this.#plot) return this.requestUpdate();
    const { clientWidth, clientHeight } = this.place;
    if (clientWidth > 0) this.#plot.setSize({ width: clientWidth, height: clientHeight - this.#legendHeight() });
  }

  #rebuild(): void {
    this.#plot?.destroy();
    this.#plot = null;
    if (!this.isConnected || !this.place || this.place.clientWidth === 0) return;
    this.#plot = new uPlot(this.#options(), this.#data(), this.place);
    this.#listen(this.#plot.over);
    this.#showRange();
    this.#resize();
  }

  #options(): uPlot.Options {
    const units = [...new Set(this.series.map(({ unit }) => unit))];
    return {
      width: this.place.clientWidth,
      height: this.place.clientHeight,
      legend: { show: !this.small, live: true },
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      scales: { x: { time: true }, ...Object.fromEntries(units.map((unit) => [`y ${unit}`, {}])) },
      axes: [this.#timeAxis(), ...units.map((unit, index) => this.#valueAxis(unit, index))],
      series: [{ value: (_, at) => (at === null ? '' : zone.dateTime(at * 1000)) }, ...this.#lines()],
      bands: this.#bands(),
      hooks: { setSelect: [(plot) => this.#zoomed(plot)] },
    };
  }

  #lines(): uPlot.Series[] {
    return this.series.flatMap((each, index) => {
      const colour = theme.colour(token(index));
      const scale = `y ${each.unit}`;
      const line: uPlot.Series = {
        label: each.label,
        scale,
        stroke: colour,
        width: 1.5,
        dash: dashes[index % 8],
        spanGaps: false,
        points: { show: false },
        paths: each.isStepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
        value: (_, value) => (value === null ? '–' : `${formatNumber(value)} ${each.unit}`),
      };
      if (!each.min || !each.max) return [line];
      const edge: uPlot.Series = { scale, stroke: 'transparent', width: 0, points: { show: false }, class: 'edge' };
      return [line, { ...edge, label: '' }, { ...edge, label: '' }];
    });
  }

  #bands(): uPlot.Band[] {
    const bands: uPlot.Band[] = [];
    let place = 1;
    this.series.forEach((each, index) => {
      const hasBand = each.min && each.max;
      const colour = theme.colour(token(index)).replace(/^rgb\(([^)]*)\)$/, 'rgba($1, 0.2)');
      if (hasBand) bands.push({ series: [place + 2, place + 1], fill: colour });
      place += hasBand ? 3 : 1;
    });
    return bands;
  }

  #timeAxis(): uPlot.Axis {
    return {
      stroke: theme.colour('--muted'),
      grid: { stroke: theme.colour('--line'), width: 1 },
      ticks: { stroke: theme.colour('--line') },
      font: this.#font(),
      values: (_, splits) => timeLabels(splits),
    };
  }

  #valueAxis(unit: string, index: number): uPlot.Axis {
    return {
      scale: `y ${unit}`,
      side: index % 2 === 0 ? 3 : 1,
      stroke: theme.colour('--muted'),
      grid: { show: index === 0, stroke: theme.colour('--line'), width: 1 },
      ticks: { stroke: theme.colour('--line') },
      font: this.#font(),
      label: this.small ? undefined : unit,
      labelFont: this.#font(),
      labelSize: 18,
      size: 58,
      values: (_, splits) => splits.map((each) => formatNumber(each)),
    };
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

  #listen(over: HTMLElement): void {
    over.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    over.addEventListener('dblclick', () => this.dispatchEvent(new Event('reset')));
    over.addEventListener('pointerdown', (event) => this.#grab(event, over), { capture: true });
    over.addEventListener('mousedown', (event) => event.shiftKey && event.stopImmediatePropagation(), { capture: true });
    over.addEventListener('pointermove', (event) => this.#drag(event, over));
    over.addEventListener('pointerup', () => (this.#dragging = null));
  }

  #wheel(event: WheelEvent): void {
    const plot = this.#plot;
    const { min, max } = plot?.scales.x ?? {};
    if (!plot || min === undefined || max === undefined) return;
    event.preventDefault();
    const at = plot.posToVal(event.offsetX, 'x');
    const factor = event.deltaY > 0 ? 1.25 : 0.8;
    this.#view(at - (at - min) * factor, at + (max - at) * factor);
  }

  #grab(event: PointerEvent, over: HTMLElement): void {
    const { min, max } = this.#plot?.scales.x ?? {};
    if (!event.shiftKey || min === undefined || max === undefined) return;
    this.#dragging = { x: event.clientX, from: min, to: max };
    over.setPointerCapture(event.pointerId);
  }

  #drag(event: PointerEvent, over: HTMLElement): void {
    if (!this.#dragging) return;
    const { x, from, to } = this.#dragging;
    const shift = ((event.clientX - x) / over.clientWidth) * (to - from);
    this.#view(from - shift, to - shift);
  }

  override render() {
    const names = this.series.map(({ label }) => label).join(', ');
    return html`<div class="place" role="img" aria-label=${texts.plot.label(names)} title=${this.small ? '' : texts.plot.help}></div>`;
  }
}

/** The day stands where it changes. */
function timeLabels(splits: number[]): string[] {
  let before = '';
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((at) => {
    const [day = '', time = ''] = zone.dateTime(at * 1000).split(' ');
    const clock = step < 60 ? time : time.slice(0, 5);
    const isNewDay = before !== '' && day !== before;
    before = day;
    return isNewDay || step >= 86400 ? day.slice(5) : clock;
  });
}
