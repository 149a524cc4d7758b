// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { Watch } from '../../observable';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { theme } from '../../theme';
import type { Bounds } from './geometry';
import { View } from './geometry';
import { Gestures } from './gestures';
import type { Counts } from './occupancy';
import { drawGrid, drawPastFrame, drawPlan, drawTags, drawTrails, drawZoneNames, drawZones, type ZoneLook } from './painter';
import type { Zone } from './places';
import type { ShownTag } from './tags';

const flashLasts = 1_800; // ms
const fewFrames = 200; // ms between two pictures of trails
const keyStep = 60; // px
const longestStep = 1_000; // ms; a page that was hidden does not catch up

/** Where the floor takes the tags from: the present or a replay. */
export interface TagSource {
  readonly shown: readonly ShownTag[];
  /** Moves everything on; false: nothing has moved. */
  advance(ms: number): boolean;
}

/** A tag was chosen on the plan; '' none. */
export class ChooseEvent extends Event {
  constructor(readonly tag: string) {
    super('choose');
  }
}

/**
 * The plan: zones below, tags above on a canvas of their own, which alone is drawn each frame, and only while something
 * moves. Drag, wheel, pinch and keys pan and zoom.
 */
@customElement('tw-floor')
export class TwFloor extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        position: relative;
        background: var(--surface);
        overflow: hidden;
        min-height: 0;
      }
      canvas {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
      }
      #keys {
        position: absolute;
        inset: 0;
        outline-offset: -0.2rem;
        touch-action: none;
        cursor: grab;
      }
      #keys:active {
        cursor: grabbing;
      }
      .scale {
        position: absolute;
        inset-block-end: 0.4rem;
        inset-inline-end: 0.6rem;
        font-size: var(--small);
        color: var(--muted);
        background: color-mix(in srgb, var(--surface) 80%, transparent);
        padding: 0 0.3rem;
      }
    `,
  ];
  @property({ attribute: false }) source: TagSource = { shown: [], advance: () => false };
  @property({ attribute: false }) zones: readonly Zone[] = [];
  /** By the zone's number; null: not known. */
  @property({ attribute: false }) counts: Counts = new Map();
  @property({ attribute: false }) isShown: (tag: ShownTag) => boolean = () => true;
  @property() unit = '';
  @property() chosen = '';
  @property({ type: Boolean }) follows = false;
  @property() trails: 'none' | 'chosen' | 'all' = 'chosen';
  @property({ type: Boolean }) isPast = false;
  @query('#base') private base!: HTMLCanvasElement;
  @query('#tags') private tags!: HTMLCanvasElement;
  @query('#keys') private keys!: HTMLElement;
  @query('.scale') private scaleText!: HTMLElement;
  readonly view = new View();
  /** Pictures of the tags drawn so far, for who measures. */
  painted = 0;
  #images = new Map<string, HTMLImageElement>();
  #flashes = new Map<number, number>();
  #resized = new ResizeObserver(() => this.#measure());
  #frame = 0;
  #last = 0;
  #lastBase = 0;
  #isBaseDue = true;
  #areTagsDue = true;
  #fit: Bounds | null = null;
  #textSize = 12;

  constructor() {
    super();
    new Watch(this, theme);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
    this.#last = performance.now();
    this.#frame = requestAnimationFrame(this.#step);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  override firstUpdated(): void {
    new Gestures(this.keys, {
      pan: (dx, dy) => this.#moved(() => this.view.pan(dx, dy)),
      zoom: (factor, x, y) => this.zoom(factor, x, y),
      click: (x, y) => this.#click(x, y),
    });
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('zones')) this.#loadPlans();
    this.#isBaseDue = true;
    this.#areTagsDue = true;
  }

  /** Shows all of these; again when the size changes, until somebody moves the plan. */
  fit(bounds: Bounds | null): void {
    this.#fit = bounds;
    if (bounds && this.view.width > 1) this.view.fit(bounds);
    this.#isBaseDue = this.#areTagsDue = true;
  }

  /** Zones that are marked now, because something happened there. */
  get flashing(): readonly number[] {
    return [...this.#flashes.keys()];
  }

  zoom(factor: number, x?: number, y?: number): void {
    this.#moved(() => this.view.zoom(factor, x, y), true);
  }

  flash(zone: number): void {
    this.#flashes.set(zone, performance.now());
    this.#isBaseDue = true;
  }

  /** Who moves the plan does not follow any more; zooming in on what is followed is no such move. */
  #moved(change: () => void, isZoom = false): void {
    change();
    this.#fit = null;
    this.#isBaseDue = this.#areTagsDue = true;
    if (this.follows && !isZoom) this.dispatchEvent(new Event('unfollow'));
  }

  #measure(): void {
    const { width, height } = this.getBoundingClientRect();
    if (width < 1 || height < 1) return;
    const ratio = devicePixelRatio || 1;
    for (const canvas of [this.base, this.tags]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.#textSize = parseFloat(getComputedStyle(this).fontSize) * 0.84;
    this.view.width = width;
    this.view.height = height;
    this.fit(this.#fit);
  }

  #loadPlans(): void {
    const wanted = new Set(this.zones.map(({ plan }) => plan?.url).filter((url): url is string => url !== undefined));
    for (const url of this.#images.keys()) if (!wanted.has(url)) this.#images.delete(url);
    for (const url of wanted) {
      if (this.#images.has(url)) continue;
      const image = new Image();
      image.onload = () => (this.#isBaseDue = true);
      image.src = url;
      this.#images.set(url, image);
    }
  }

  #step = (time: number): void => {
    this.#frame = requestAnimationFrame(this.#step);
    const passed = Math.min(longestStep, time - this.#last);
    this.#last = time;
    if (this.source.advance(passed)) this.#areTagsDue = true;
    if (this.follows && this.#centre()) this.#isBaseDue = true;
    const hasTrails = this.trails === 'all' || (this.trails === 'chosen' && this.chosen !== '');
    const isTrailDue = hasTrails && this.#areTagsDue && time - this.#lastBase > fewFrames;
    if (this.#isBaseDue || isTrailDue || this.#flashes.size > 0) this.#paintBase(time);
    if (this.#areTagsDue) this.#paintTags();
  };

  #centre(): boolean {
    const tag = this.source.shown.find(({ id }) => id === this.chosen);
    if (!tag) return false;
    const { centre } = this.view;
    if (Math.abs(centre.x - tag.at.x) + Math.abs(centre.y - tag.at.y) < 0.5 / this.view.scale) return false;
    this.view.centre = { ...tag.at };
    this.#fit = null;
    this.#areTagsDue = true;
    return true;
  }

  #context(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
    const context = canvas.getContext('2d');
    const ratio = canvas.width / this.view.width;
    context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    context?.clearRect(0, 0, this.view.width, this.view.height);
    return context;
  }

  #look(zone: Zone, time: number): ZoneLook {
    const since = this.#flashes.get(zone.id);
    const flash = since === undefined ? 0 : Math.max(0, 1 - (time - since) / flashLasts);
    if (since !== undefined && flash === 0) this.#flashes.delete(zone.id);
    const known = this.counts.get(zone.id);
    return { zone, flash, count: known?.count ?? null, isUncertain: known?.isUncertain ?? false };
  }

  #paintBase(time: number): void {
    const context = this.#context(this.base);
    if (!context) return;
    this.#isBaseDue = false;
    this.#lastBase = time;
    const step = drawGrid(context, this.view);
    for (const { plan } of this.zones) {
      const image = plan ? this.#images.get(plan.url) : undefined;
      if (plan && image?.complete && image.naturalWidth > 0) drawPlan(context, this.view, plan, image);
    }
    const looks = this.zones.map((zone) => this.#look(zone, time));
    drawZones(context, this.view, looks);
    const tags = this.source.shown.filter(this.isShown);
    if (this.trails === 'all') drawTrails(context, this.view, tags);
    if (this.trails === 'chosen') drawTrails(context, this.view, tags.filter(({ id }) => id === this.chosen));
    drawZoneNames(context, this.view, looks, this.#textSize);
    if (this.isPast) drawPastFrame(context, this.view);
    this.scaleText.textContent = texts.map.grid(String(Number(step.toPrecision(3))), this.unit);
  }

  #paintTags(): void {
    const context = this.#context(this.tags);
    if (!context) return;
    this.#areTagsDue = false;
    this.painted += 1;
    const size = this.#textSize;
    const tags = this.source.shown.filter(this.isShown);
    drawTags(context, this.view, { tags, chosen: this.chosen, radius: tags.length > 300 ? size * 0.3 : size * 0.45, size });
  }

  #click(x: number, y: number): void {
    let nearest = '';
    let best = 18; // px; a finger is no needle
    for (const { id, at } of this.source.shown.filter(this.isShown)) {
      const distance = Math.hypot(this.view.screenX(at.x) - x, this.view.screenY(at.y) - y);
      if (distance < best) {
        best = distance;
        nearest = id;
      }
    }
    this.dispatchEvent(new ChooseEvent(nearest));
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.#moved(() => this.view.pan(keyStep, 0)),
      ArrowRight: () => this.#moved(() => this.view.pan(-keyStep, 0)),
      ArrowUp: () => this.#moved(() => this.view.pan(0, keyStep)),
      ArrowDown: () => this.#moved(() => this.view.pan(0, -keyStep)),
      '+': () => this.zoom(1.25),
      '=': () => this.zoom(1.25),
      '-': () => this.zoom(0.8),
      '0': () => this.dispatchEvent(new Event('fit')),
      Escape: () => this.dispatchEvent(new ChooseEvent('')),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  }

  override render() {
    return html`<canvas id="base" aria-hidden="true"></canvas><canvas id="tags" aria-hidden="true"></canvas>
      <div
        id="keys"
        role="application"
        tabindex="0"
        aria-label=${texts.map.plan}
        aria-description=${texts.map.planHelp}
        @keydown=${this.#key}
      ></div>
      <span class="scale" aria-hidden="true"></span>`;
  }
}
