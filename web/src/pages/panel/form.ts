// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import type { TwDialog } from '../../elements/tw-dialog';
import '../../elements/tw-point-picker';
import type { PickEvent } from '../../elements/tw-point-picker';
import { icon } from '../../icons';
import { rest } from '../../rest';
import { session } from '../../session';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { readSites } from '../map/places';
import { columns, mostPoints, sizeOf, tileTypes, typeOf, type Tile, type TileType } from './tiles';

interface Choice {
  id: number;
  name: string;
}

/** The tile as it shall be. */
export class TileEvent extends Event {
  constructor(readonly tile: Tile) {
    super('tile');
  }
}

const ofOnePoint = new Set<TileType>(['value', 'gauge', 'switch', 'setpoint', 'button']);

/** What a tile shows, in a dialog. Tells `tile` with a changed copy, and `closed`. */
@customElement('panel-form')
export class PanelForm extends LitElement {
  static override styles = [
    shared,
    css`
      .two {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: var(--space-3);
      }
      li {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--space-2);
        border-bottom: 1px solid var(--line);
      }
      .wrong {
        color: var(--critical-text);
      }
    `,
  ];
  @property({ attribute: false }) tile!: Tile;
  @property({ attribute: false }) areas: readonly string[] = [];
  @state() private draft!: Tile;
  @state() private scenes: readonly Choice[] = [];
  @state() private zones: readonly Choice[] = [];
  @state() private problem = '';
  @query('tw-dialog') private dialog!: TwDialog;
  #asking = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#asking = new AbortController();
    this.draft = { ...this.tile, points: [...this.tile.points], endpointIds: [...this.tile.endpointIds] };
    void this.#choices();
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#asking.abort();
  }

  /** Where there are none, or none may be seen, there is nothing to choose. */
  async #choices(): Promise<void> {
    const { signal } = this.#asking;
    if (session.maySome('commands:read')) this.scenes = await rest<Choice[]>('/api/v1/scenes', { signal }).catch(() => []);
    if (session.maySome('positions:read')) {
      this.zones = (await readSites(signal).catch(() => [])).flatMap((site) => site.zones);
    }
  }

  #set(change: Partial<Tile>): void {
    this.draft = { ...this.draft, ...change };
    this.problem = '';
  }

  #addPoint(event: Event): void {
    const { point } = event as PickEvent;
    if (!point || this.draft.points.length >= mostPoints) return;
    const isMany = typeOf(this.draft) === 'list';
    const points = isMany ? [...this.draft.points.filter((name) => name !== point.name), point.name] : [point.name];
    const others = this.draft.endpointIds.filter((number) => number !== point.number);
    const isUnnamed = this.draft.name === '';
    this.#set({
      points,
      endpointIds: isMany ? [...others, point.number] : [point.number],
      ...(isUnnamed ? { name: (point.description || point.name).slice(0, 200) } : {}),
    });
  }

  #removePoint(index: number): void {
    this.#set({
      points: this.draft.points.filter((_, each) => each !== index),
      endpointIds: this.draft.endpointIds.filter((_, each) => each !== index),
    });
  }

  #wrong(): string {
    const text = texts.panel.form;
    const { name, points, min = 0, max = 100, scene } = this.draft;
    const type = typeOf(this.draft);
    if (name.trim() === '') return text.nameDue;
    if ((ofOnePoint.has(type) || type === 'list') && points.length === 0) return text.pointDue;
    if (type === 'scene' && !scene) return text.sceneDue;
    return type === 'gauge' && max <= min ? text.scaleWrong : '';
  }

  #done(event: Event): void {
    event.preventDefault();
    this.problem = this.#wrong();
    if (this.problem) return;
    const type = typeOf(this.draft);
    const tile: Tile = { ...this.draft, type, name: this.draft.name.trim(), area: this.draft.area.trim() };
    if (type !== 'gauge') (delete tile.min, delete tile.max);
    if (type !== 'button') (delete tile.value, delete tile.durationMs);
    if (type !== 'scene') delete tile.scene;
    if (type !== 'tags') delete tile.zone;
    if (type === 'scene' || type === 'tags') (tile.points = []), (tile.endpointIds = []);
    else if (type !== 'list') (tile.points = tile.points.slice(0, 1)), (tile.endpointIds = tile.endpointIds.slice(0, 1));
    this.dispatchEvent(new TileEvent(tile));
    this.dialog.close();
  }

  // ---- fields ----------------------------------------------------------------------------------------------------
  #number(label: string, key: 'min' | 'max' | 'value' | 'durationMs' | 'width' | 'height', usual: number | '', most?: number) {
    const took = (event: Event): void => {
      const text = (event.target as HTMLInputElement).value;
      this.#set({ [key]: text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text) });
    };
    const isSize = key === 'width' || key === 'height';
    const least = isSize ? 1 : key === 'durationMs' ? 10 : undefined;
    return html`<label class="field"
      >${label}<input
        type="number"
        step=${isSize || key === 'durationMs' ? 1 : 'any'}
        min=${least ?? ''}
        max=${most ?? ''}
        .value=${String(this.draft[key] ?? usual)}
        @input=${took}
    /></label>`;
  }

  #choice(label: string, key: 'scene' | 'zone', choices: readonly Choice[], none: string): TemplateResult {
    const took = (event: Event): void => this.#set({ [key]: Number((event.target as HTMLSelectElement).value) || undefined });
    return html`<label class="field"
      >${label}<select @change=${took}>
        <option value="0">${none}</option>
        ${choices.map(({ id, name }) => html`<option value=${id} ?selected=${id === this.draft[key]}>${name}</option>`)}
      </select></label
    >`;
  }

  #points(): TemplateResult {
    const text = texts.panel.form;
    return html`<div>
      <h3>${text.points}</h3>
      <ul>
        ${this.draft.points.map(
          (name, index) =>
            html`<li>
              <span class="clip">${name || texts.panel.gone}</span>
              <button type="button" class="quiet icon" aria-label=${text.removePoint(name)} @click=${() => this.#removePoint(index)}>
                ${icon('close')}
              </button>
            </li>`,
        )}
      </ul>
      <tw-point-picker .label=${text.addPoint} @pick=${this.#addPoint}></tw-point-picker>
    </div>`;
  }

  #special(type: TileType): TemplateResult | string {
    const text = texts.panel.form;
    switch (type) {
      case 'gauge':
        return html`<div class="two">${this.#number(text.min, 'min', 0)} ${this.#number(text.max, 'max', 100)}</div>`;
      case 'button':
        return html`<div class="two">
          ${this.#number(text.value, 'value', 1)} ${this.#number(text.duration, 'durationMs', '', 3_600_000)}
        </div>`;
      case 'scene':
        return this.#choice(text.scene, 'scene', this.scenes, text.none);
      case 'tags':
        return this.#choice(text.zone, 'zone', this.zones, text.anyZone);
      default:
        return '';
    }
  }

  override render() {
    const text = texts.panel.form;
    const type = typeOf(this.draft);
    const size = sizeOf({ ...this.draft, width: undefined, height: undefined });
    return html`<tw-dialog .heading=${text.title} @closed=${() => this.dispatchEvent(new Event('closed'))}>
      <form class="stack" @submit=${this.#done}>
        <div class="two">
          <label class="field"
            >${text.type}<select
              @change=${(event: Event) => this.#set({ type: (event.target as HTMLSelectElement).value })}
            >
              ${tileTypes.map((each) => html`<option value=${each} ?selected=${each === type}>${texts.panel.types[each]}</option>`)}
            </select></label
          >
          <label class="field"
            >${text.area}<input
              maxlength="200"
              list="areas"
              .value=${this.draft.area}
              @input=${(event: Event) => this.#set({ area: (event.target as HTMLInputElement).value })}
          /></label>
          <datalist id="areas">${this.areas.map((area) => html`<option value=${area}></option>`)}</datalist>
        </div>
        ${type === 'scene' || type === 'tags' ? '' : this.#points()} ${this.#special(type)}
        <label class="field"
          >${text.name}<input
            maxlength="200"
            .value=${this.draft.name}
            @input=${(event: Event) => this.#set({ name: (event.target as HTMLInputElement).value })}
        /></label>
        <div class="two">
          ${this.#number(text.width, 'width', size.width, columns)} ${this.#number(text.height, 'height', size.height, 100)}
        </div>
        ${this.problem ? html`<p class="wrong" role="alert">${this.problem}</p>` : ''}
        <button hidden></button>
      </form>
      <button slot="buttons" @click=${() => this.dialog.close()}>${texts.common.cancel}</button>
      <button slot="buttons" class="primary" @click=${this.#done}>${texts.common.save}</button>
    </tw-dialog>`;
  }
}
