// SPDX-License-Identifier: Apache-2.0
// How a person moves and zooms a plot: wheel, Shift and drag, one or two fingers, keys.
import type uPlot from 'uplot';

export interface GestureUser {
  /** In s since 1970. */
  view(from: number, to: number): void;
  reset(): void;
}

interface Hold {
  x: number;
  spread: number;
  from: number;
  to: number;
}

const zoomStep = 1.25;
const moveStep = 0.1; // of what is seen

export class PlotGestures {
  #plot: uPlot;
  #user: GestureUser;
  #fingers = new Map<number, number>(); // x of each, in pixels of the page
  #hold: Hold | null = null;

  constructor(plot: uPlot, user: GestureUser) {
    this.#plot = plot;
    this.#user = user;
    const { over } = plot;
    over.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    over.addEventListener('dblclick', () => user.reset());
    over.addEventListener('pointerdown', (event) => this.#down(event), { capture: true });
    over.addEventListener('mousedown', (event) => event.shiftKey && event.stopImmediatePropagation(), { capture: true });
    over.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel'] as const) over.addEventListener(end, (event) => this.#up(event));
  }

  /** True when the key was one of ours. */
  key(event: KeyboardEvent): boolean {
    const range = this.#range();
    if (!range || event.ctrlKey || event.altKey || event.metaKey) return false;
    const { from, to } = range;
    const step = (to - from) * moveStep;
    if (event.key === '+' || event.key === '=') this.#zoom((from + to) / 2, 1 / zoomStep);
    else if (event.key === '-') this.#zoom((from + to) / 2, zoomStep);
    else if (event.key === 'ArrowLeft' && event.shiftKey) this.#user.view(from - step, to - step);
    else if (event.key === 'ArrowRight' && event.shiftKey) this.#user.view(from + step, to + step);
    else if (event.key === 'ArrowLeft') this.#cursor(-1);
    else if (event.key === 'ArrowRight') this.#cursor(1);
    else if (event.key === 'Escape') this.#plot.setCursor({ left: -10, top: -10 });
    else return false;
    return true;
  }

  /** To the next value that is seen. */
  #cursor(direction: number): void {
    const plot = this.#plot;
    const width = plot.over.clientWidth;
    const { left } = plot.cursor;
    const at = left === undefined || left < 0 ? width / 2 : Math.min(width, Math.max(0, left + (direction * width) / 100));
    plot.setCursor({ left: at, top: plot.over.clientHeight / 2 });
  }

  #range(): { from: number; to: number } | null {
    const { min, max } = this.#plot.scales.x ?? {};
    return min === undefined || max === undefined || min === null || max === null ? null : { from: min, to: max };
  }

  #zoom(at: number, factor: number): void {
    const range = this.#range();
    if (range) this.#user.view(at - (at - range.from) * factor, at + (range.to - at) * factor);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    this.#zoom(this.#plot.posToVal(event.offsetX, 'x'), event.deltaY > 0 ? zoomStep : 1 / zoomStep);
  }

  #down(event: PointerEvent): void {
    if (event.pointerType !== 'touch' && !event.shiftKey) return; // a mouse selects what to zoom to
    this.#plot.over.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, event.clientX);
    this.#take();
  }

  #up(event: PointerEvent): void {
    if (this.#fingers.delete(event.pointerId)) this.#take();
  }

  /** From here on moves count. */
  #take(): void {
    const range = this.#range();
    this.#hold = this.#fingers.size > 0 && range ? { ...this.#middle(), ...range } : null;
  }

  #middle(): { x: number; spread: number } {
    const places = [...this.#fingers.values()];
    const low = Math.min(...places);
    const high = Math.max(...places);
    return { x: (low + high) / 2, spread: places.length > 1 ? Math.max(20, high - low) : 0 };
  }

  #move(event: PointerEvent): void {
    if (!this.#hold || !this.#fingers.has(event.pointerId)) return;
    this.#fingers.set(event.pointerId, event.clientX);
    const { x, spread } = this.#middle();
    const { from, to } = this.#hold;
    const box = this.#plot.over.getBoundingClientRect();
    const factor = spread > 0 && this.#hold.spread > 0 ? this.#hold.spread / spread : 1;
    const span = (to - from) * factor;
    // What was under the fingers stays under them.
    const held = from + ((this.#hold.x - box.left) / box.width) * (to - from);
    const start = held - ((x - box.left) / box.width) * span;
    this.#user.view(start, start + span);
  }
}
