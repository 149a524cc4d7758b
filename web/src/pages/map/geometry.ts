// SPDX-License-Identifier: Apache-2.0
// Places on the plane of a site and on the screen. The site's y goes up, the screen's goes down.

export interface Point2 {
  x: number;
  y: number;
}

export interface Bounds {
  left: number;
  bottom: number;
  right: number;
  top: number;
}

export function boundsOf(points: Iterable<Point2>): Bounds | null {
  let bounds: Bounds | null = null;
  for (const { x, y } of points) {
    bounds ??= { left: x, right: x, bottom: y, top: y };
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.bottom = Math.min(bounds.bottom, y);
    bounds.top = Math.max(bounds.top, y);
  }
  return bounds;
}

export function joined(all: readonly Bounds[]): Bounds | null {
  return boundsOf(all.flatMap(({ left, right, bottom, top }) => [{ x: left, y: bottom }, { x: right, y: top }]));
}

const margin = 0.06; // of the screen, around what is fitted
const nearest = 4; // times closer than a pixel per thousandth of what is there
const farthest = 0.2; // of the scale at which all fits

/** Which part of the plane is on the screen. Sizes are CSS pixels. */
export class View {
  width = 1;
  height = 1;
  /** Pixels per length unit. */
  scale = 1;
  centre: Point2 = { x: 0, y: 0 };
  #fitted = 1;

  fit(bounds: Bounds): void {
    const wide = Math.max(bounds.right - bounds.left, 1e-6);
    const high = Math.max(bounds.top - bounds.bottom, 1e-6);
    const room = 1 - 2 * margin;
    this.scale = Math.min((this.width * room) / wide, (this.height * room) / high);
    this.centre = { x: (bounds.left + bounds.right) / 2, y: (bounds.bottom + bounds.top) / 2 };
    this.#fitted = this.scale;
  }

  screenX(x: number): number {
    return (x - this.centre.x) * this.scale + this.width / 2;
  }
  screenY(y: number): number {
    return this.height / 2 - (y - this.centre.y) * this.scale;
  }
  place(screenX: number, screenY: number): Point2 {
    return {
      x: (screenX - this.width / 2) / this.scale + this.centre.x,
      y: (this.height / 2 - screenY) / this.scale + this.centre.y,
    };
  }

  /** By pixels of the screen. */
  pan(dx: number, dy: number): void {
    this.centre = { x: this.centre.x - dx / this.scale, y: this.centre.y + dy / this.scale };
  }

  /** What is at this place of the screen stays there. */
  zoom(factor: number, screenX = this.width / 2, screenY = this.height / 2): void {
    const fixed = this.place(screenX, screenY);
    const wanted = this.scale * factor;
    this.scale = Math.min(this.#fitted * 1000 * nearest, Math.max(this.#fitted * farthest, wanted));
    this.centre = {
      x: fixed.x - (screenX - this.width / 2) / this.scale,
      y: fixed.y + (screenY - this.height / 2) / this.scale,
    };
  }
}
