// SPDX-License-Identifier: Apache-2.0
export interface GestureUser {
  pan(dx: number, dy: number): void;
  /** About this place of the element. */
  zoom(factor: number, x: number, y: number): void;
  click(x: number, y: number): void;
}

interface Finger {
  x: number;
  y: number;
}

const still = 6; // px; less is a click, no drag

/** Mouse, pen and fingers on one element: one drags, two pinch, the wheel zooms. The element goes with its listeners. */
export class Gestures {
  #fingers = new Map<number, Finger>();
  #begin: Finger | null = null;
  #element: HTMLElement;
  #user: GestureUser;

  constructor(element: HTMLElement, user: GestureUser) {
    this.#element = element;
    this.#user = user;
    element.addEventListener('pointerdown', (event) => this.#down(event));
    element.addEventListener('pointermove', (event) => this.#move(event));
    element.addEventListener('pointerup', (event) => this.#up(event, true));
    element.addEventListener('pointercancel', (event) => this.#up(event, false));
    element.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
  }

  #at(event: MouseEvent): Finger {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#element.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    this.#fingers.set(event.pointerId, at);
    this.#begin = this.#fingers.size === 1 ? at : null;
  }

  #move(event: PointerEvent): void {
    const before = this.#fingers.get(event.pointerId);
    if (!before) return;
    const at = this.#at(event);
    if (this.#begin && Math.hypot(at.x - this.#begin.x, at.y - this.#begin.y) < still) return;
    this.#begin = null;
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.#fingers.set(event.pointerId, at);
    if (!other) return this.#user.pan(at.x - before.x, at.y - before.y);
    this.#user.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
    const apart = Math.hypot(before.x - other.x, before.y - other.y);
    const factor = apart > 1 ? Math.hypot(at.x - other.x, at.y - other.y) / apart : 1;
    this.#user.zoom(factor, (at.x + other.x) / 2, (at.y + other.y) / 2);
  }

  #up(event: PointerEvent, mayClick: boolean): void {
    if (!this.#fingers.delete(event.pointerId)) return;
    const at = this.#begin;
    this.#begin = null;
    if (mayClick && at && this.#fingers.size === 0) this.#user.click(at.x, at.y);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { x, y } = this.#at(event);
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY;
    this.#user.zoom(Math.exp(-lines * 0.0015), x, y);
  }
}
