// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { now } from '../../clock';
import { zone } from '../../format';
import { icon } from '../../icons';
import { Watch } from '../../observable';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { fromInput, toInput } from '../../zonedtime';
import type { Replay } from './replay';

const speeds = [1, 2, 5, 10, 30, 60];
const hour = 3_600_000;

/** The hour that is to be replayed begins at this time (ms since 1970). */
export class HourEvent extends Event {
  constructor(readonly from: number) {
    super('hour');
  }
}

/** Slider, play and pause, speed of a replay. Tells `hour` and `live`. */
@customElement('map-time')
export class MapTime extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2) var(--space-3);
        padding: var(--space-2) var(--space-3);
        background: var(--raised);
        border-top: 0.2rem solid var(--accent);
      }
      input[type='range'] {
        flex: 1 1 14rem;
        min-width: 8rem;
        accent-color: var(--accent);
        min-height: 2rem;
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: var(--space-2);
        font-size: var(--small);
        color: var(--muted);
      }
      label input:not([type='range']),
      label select {
        width: auto;
      }
      .slider {
        flex: 1 1 20rem;
      }
      .play {
        min-width: 6rem;
      }
      @media (max-width: 40rem) {
        :host {
          gap: var(--space-1) var(--space-2);
          padding: var(--space-1) var(--space-2);
        }
        .play {
          min-width: 0;
        }
        .slider {
          flex: 1 1 12rem;
        }
      }
    `,
  ];
  @property({ attribute: false }) replay!: Replay;
  /** Of the replay, which changes in place. */
  @property({ attribute: false }) time = 0;
  @property({ type: Boolean }) isPlaying = false;

  constructor() {
    super();
    new Watch(this, zone);
  }

  #slide(event: Event): void {
    this.replay.seek(Number((event.target as HTMLInputElement).value));
  }

  #begin(event: Event): void {
    const from = fromInput((event.target as HTMLInputElement).value);
    if (!Number.isNaN(from)) this.dispatchEvent(new HourEvent(Math.min(from, now() - 1000)));
  }

  override render() {
    const { replay } = this;
    const text = texts.map.replay;
    const shown = zone.dateTime(replay.time);
    return html`<button class="play" @click=${() => replay.play(!replay.isPlaying)}>
        ${replay.isPlaying ? html`${icon('pause')}${text.pause}` : html`${icon('play')}${text.play}`}
      </button>
      <label class="slider"
        ><span class="number">${zone.time(replay.from)}</span
        ><input
          type="range"
          min=${replay.from}
          max=${replay.to}
          step="1000"
          aria-label=${text.slider}
          aria-valuetext=${`${shown} ${zone.mark(replay.time)}`}
          .value=${String(Math.round(replay.time))}
          @input=${this.#slide}
        /><span class="number">${zone.time(replay.to)}</span></label
      >
      <label
        >${text.speed}
        <select @change=${(event: Event) => (replay.speed = Number((event.target as HTMLSelectElement).value))}>
          ${speeds.map((speed) => html`<option value=${speed} ?selected=${speed === replay.speed}>${speed}×</option>`)}
        </select></label
      >
      <label
        >${text.from(zone.mark(replay.from))}
        <input
          type="datetime-local"
          step="1"
          .value=${toInput(replay.from)}
          @change=${this.#begin}
      /></label>
      <button @click=${() => this.dispatchEvent(new HourEvent(replay.from - hour))}>${text.earlier}</button>
      <button class="primary" @click=${() => this.dispatchEvent(new Event('live'))}>${text.toLive}</button>`;
  }
}
