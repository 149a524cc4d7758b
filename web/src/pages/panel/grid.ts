// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from '../../icons';
import type { PointInfo } from '../../pointinfo';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import type { Interlock } from '../../write/dryrun';
import './tile';
import { arrange, columns, sizeOf, type Place, type Tile } from './tiles';

/** The tiles of this area stand elsewhere now. */
export class LayoutEvent extends Event {
  constructor(readonly tiles: readonly Tile[]) {
    super('layout');
  }
}
export class EditEvent extends Event {
  constructor(
    readonly tile: Tile,
    readonly removes: boolean,
  ) {
    super('edit');
  }
}

interface Drag {
  id: number;
  resizes: boolean;
  fromX: number;
  fromY: number;
  start: Place;
}

/** The tiles of an area on their grid; on a narrow screen one under the other. While editing they can be moved. */
@customElement('panel-grid')
export class PanelGrid extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        --cell: 3.1rem;
        display: block;
        container: panel / inline-size;
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(12, minmax(0, 1fr));
        grid-auto-rows: var(--cell);
        gap: var(--space-2);
      }
      .place {
        position: relative;
        display: grid;
        min-width: 0;
        min-height: 0;
      }
      .editing .place > panel-tile {
        pointer-events: none;
        opacity: 0.75;
      }
      .cover {
        position: absolute;
        inset: 0;
        border: 1px dashed var(--accent);
        border-radius: var(--radius);
        cursor: move;
        touch-action: none;
      }
      .place.moving {
        z-index: 2;
        box-shadow: 0 0.2rem 0.8rem rgb(0 0 0 / 30%);
      }
      .tools {
        position: absolute;
        inset-block-start: 0.2rem;
        inset-inline-end: 0.2rem;
        display: flex;
        gap: 0.2rem;
      }
      .corner {
        position: absolute;
        inset-block-end: 0;
        inset-inline-end: 0;
        width: 1.6rem;
        height: 1.6rem;
        cursor: nwse-resize;
        touch-action: none;
        border: solid var(--accent);
        border-width: 0 0.3rem 0.3rem 0;
        border-radius: 0 0 var(--radius) 0;
      }
      @container panel (max-width: 44rem) {
        .grid {
          grid-template-columns: repeat(2, minmax(0, 1fr));
          grid-auto-flow: dense;
        }
        .place {
          grid-column: span 2 !important;
          grid-row: span var(--high) !important;
        }
        .place.small {
          grid-column: span 1 !important;
        }
      }
    `,
  ];
  @property({ attribute: false }) tiles: readonly Tile[] = [];
  @property({ attribute: false }) infos: ReadonlyMap<string, PointInfo | null> = new Map();
  @property({ attribute: false }) blocks: ReadonlyMap<string, Interlock> = new Map();
  @property({ type: Boolean }) isEditing = false;
  @state() private said = '';
  @state() private drag: Drag | null = null;
  /** As it is while something is dragged. */
  @state() private moved: Tile | null = null;

  get #shown(): readonly Tile[] {
    const { moved } = this;
    return moved ? this.tiles.map((tile) => (tile.id === moved.id ? moved : tile)) : this.tiles;
  }

  /** Where everything stands becomes what it says. */
  #settle(tile: Tile): void {
    const tiles = this.tiles.map((each) => (each.id === tile.id ? tile : each));
    const places = arrange(tiles, tile.id);
    const place = places.get(tile.id);
    if (place) this.said = texts.panel.placed(place.x, place.y, place.width, place.height);
    this.dispatchEvent(new LayoutEvent(tiles.map((each) => ({ ...each, ...places.get(each.id) }))));
  }

  #changed(tile: Tile, place: Place, dx: number, dy: number, resizes: boolean): Tile {
    const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
    if (resizes) {
      return {
        ...tile,
        ...place,
        width: within(place.width + dx, 1, columns - place.x),
        height: within(place.height + dy, 1, 100),
      };
    }
    return { ...tile, ...place, x: within(place.x + dx, 0, columns - place.width), y: within(place.y + dy, 0, 1000) };
  }

  // ---- by pointer ------------------------------------------------------------------------------------------------
  #down(event: PointerEvent, tile: Tile, place: Place, resizes: boolean): void {
    if (event.button !== 0) return;
    event.stopPropagation();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.drag = { id: tile.id, resizes, fromX: event.clientX, fromY: event.clientY, start: place };
  }

  #move(event: PointerEvent, tile: Tile): void {
    const { drag } = this;
    if (!drag || drag.id !== tile.id) return;
    const grid = this.renderRoot.querySelector('.grid');
    if (!grid) return;
    const styles = getComputedStyle(grid);
    const gap = parseFloat(styles.columnGap);
    const wide = (grid.clientWidth + gap) / columns;
    const high = parseFloat(styles.gridAutoRows) + gap;
    const dx = Math.round((event.clientX - drag.fromX) / wide);
    const dy = Math.round((event.clientY - drag.fromY) / high);
    this.moved = this.#changed(tile, drag.start, dx, dy, drag.resizes);
  }

  #up(): void {
    const { moved } = this;
    this.drag = null;
    this.moved = null;
    if (moved) this.#settle(moved);
  }

  #drop(): void {
    this.drag = null;
    this.moved = null;
  }

  // ---- by keys ---------------------------------------------------------------------------------------------------
  #key(event: KeyboardEvent, tile: Tile, place: Place): void {
    if (event.target !== event.currentTarget) return;
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      this.#settle(this.#changed(tile, place, step[0], step[1], event.shiftKey));
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.dispatchEvent(new EditEvent(tile, false));
    } else if (event.key === 'Delete') {
      this.said = texts.panel.removed(tile.name);
      this.dispatchEvent(new EditEvent(tile, true));
    }
  }

  #cover(tile: Tile, place: Place) {
    const text = texts.panel;
    const label = text.tileLabel(tile.name, text.types[tile.type] ?? tile.type, place.x, place.y, place.width, place.height);
    return html`<div
        class="cover"
        role="button"
        tabindex="0"
        aria-label=${label}
        @pointerdown=${(event: PointerEvent) => this.#down(event, tile, place, false)}
        @pointermove=${(event: PointerEvent) => this.#move(event, tile)}
        @pointerup=${this.#up}
        @pointercancel=${this.#drop}
        @dblclick=${() => this.dispatchEvent(new EditEvent(tile, false))}
        @keydown=${(event: KeyboardEvent) => this.#key(event, tile, place)}
      ></div>
      <div class="tools">
        <button class="icon" aria-label=${text.change(tile.name)} @click=${() => this.dispatchEvent(new EditEvent(tile, false))}>
          ${icon('write')}
        </button>
        <button class="icon" aria-label=${text.remove(tile.name)} @click=${() => this.dispatchEvent(new EditEvent(tile, true))}>
          ${icon('remove')}
        </button>
      </div>
      <div
        class="corner"
        title=${text.resize}
        @pointerdown=${(event: PointerEvent) => this.#down(event, tile, place, true)}
        @pointermove=${(event: PointerEvent) => this.#move(event, tile)}
        @pointerup=${this.#up}
        @pointercancel=${this.#drop}
      ></div>`;
  }

  #place(tile: Tile, place: Place) {
    const put = ref((element) => {
      if (!(element instanceof HTMLElement)) return;
      element.style.gridColumn = `${place.x + 1} / span ${place.width}`;
      element.style.gridRow = `${place.y + 1} / span ${place.height}`;
      element.style.setProperty('--high', String(place.height));
    });
    const isSmall = sizeOf(tile).width <= 2;
    return html`<div class="place ${isSmall ? 'small' : ''} ${this.drag?.id === tile.id ? 'moving' : ''}" ${put}>
      <panel-tile
        .tile=${tile}
        .infos=${this.infos}
        .blockedBy=${this.blocks.get(tile.points[0] ?? '') ?? null}
        ?inert=${this.isEditing}
        aria-hidden=${this.isEditing ? 'true' : nothing}
      ></panel-tile>
      ${this.isEditing ? this.#cover(tile, place) : ''}
    </div>`;
  }

  override render() {
    const tiles = this.#shown;
    const places = arrange(tiles, this.moved?.id);
    // In reading order, which is that of the keyboard and of a narrow screen; but what is being dragged must not jump.
    const order = this.drag
      ? tiles
      : [...tiles].sort((a, b) => {
          const [left, right] = [places.get(a.id) as Place, places.get(b.id) as Place];
          return left.y - right.y || left.x - right.x;
        });
    return html`<div class="grid ${this.isEditing ? 'editing' : ''}">
        ${repeat(
          order,
          ({ id }) => id,
          (tile) => this.#place(tile, places.get(tile.id) as Place),
        )}
      </div>
      <p class="hidden-text" aria-live="polite">${this.said}</p>`;
  }
}
