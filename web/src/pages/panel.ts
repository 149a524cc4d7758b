// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../elements/tw-empty';
import '../elements/tw-error';
import '../elements/tw-write-dialog';
import type { WritePreset } from '../elements/tw-write-dialog';
import { icon } from '../icons';
import { notices } from '../notices';
import { Watch } from '../observable';
import type { PointInfo } from '../pointinfo';
import { RestError, isAbort, textOf } from '../rest';
import { router } from '../router';
import { session } from '../session';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import './panel/form';
import type { TileEvent } from './panel/form';
import './panel/grid';
import type { EditEvent, LayoutEvent } from './panel/grid';
import { PointFacts } from './panel/pointfacts';
import type { WishEvent } from './panel/tile';
import { arrange, mostTiles, readPanel, saveTiles, type Panel, type Tile } from './panel/tiles';

/** Tiles for tablets and walls, by area; laid out in the manifest or here. The area stands in the address. */
@customElement('page-panel')
export class PagePanel extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        height: 100%;
        min-height: 0;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2);
        padding: 0 var(--space-3);
        background: var(--surface);
        border-bottom: 1px solid var(--line);
        min-height: 3.2rem;
      }
      [role='tablist'] {
        display: flex;
        flex: 1;
        min-width: 0;
        overflow-x: auto;
        align-self: stretch;
      }
      [role='tab'] {
        border: 0;
        border-radius: 0;
        background: transparent;
        border-bottom: 0.2rem solid transparent;
        min-height: var(--touch);
        padding-inline: var(--space-4);
        white-space: nowrap;
      }
      [role='tab'][aria-selected='true'] {
        border-bottom-color: var(--accent);
        font-weight: 600;
      }
      .content {
        flex: 1;
        min-height: 0;
        overflow: auto;
        padding: var(--space-3);
      }
      .help {
        padding: var(--space-2) var(--space-3);
        background: var(--raised);
        border-bottom: 1px solid var(--line);
      }
      tw-error {
        margin: var(--space-2) var(--space-3);
      }
      @media (max-width: 40rem) {
        .bar button span {
          display: none;
        }
      }
    `,
  ];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private tiles: readonly Tile[] | null = null;
  /** What is being laid out; null: nobody edits. */
  @state() private draft: readonly Tile[] | null = null;
  @state() private form: Tile | null = null;
  @state() private wish: { point: PointInfo; preset: WritePreset | null } | null = null;
  @state() private problem = '';
  @state() private isSaving = false;
  @state() private isOvertaken = false;
  #facts = new PointFacts();
  #asking = new AbortController();
  /** Of the tiles that are shown, or were when somebody began to edit. */
  #tag = '';

  constructor() {
    super();
    new Watch(this, session, this.#facts);
  }
  override connectedCallback(): void {
    super.connectedCallback();
    this.#asking = new AbortController();
    this.#facts.start();
    void this.#load();
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#asking.abort();
    this.#facts.stop();
  }

  async #load(): Promise<void> {
    try {
      this.#took(await readPanel(this.#asking.signal));
      this.problem = '';
    } catch (problem) {
      if (!isAbort(problem)) this.problem = textOf(problem);
    }
  }
  #took({ tiles, tag }: Panel): void {
    this.tiles = tiles;
    this.#tag = tag;
  }

  // ---- areas -----------------------------------------------------------------------------------------------------
  get #all(): readonly Tile[] {
    return this.draft ?? this.tiles ?? [];
  }
  get #areas(): readonly string[] {
    return [...new Set(this.#all.map(({ area }) => area))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  }
  get #area(): string {
    const wanted = this.query.get('area') ?? '';
    return this.#areas.includes(wanted) ? wanted : (this.#areas[0] ?? '');
  }
  get #here(): readonly Tile[] {
    const area = this.#area;
    return this.#all.filter((tile) => tile.area === area);
  }

  override willUpdate(): void {
    this.#facts.want(this.#here.flatMap(({ points }) => points));
  }

  #openArea(area: string): void {
    router.replaceQuery({ area: area || undefined });
  }
  #tabKey(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const areas = this.#areas;
    if (step === 0 || areas.length === 0) return;
    this.#openArea(areas[(areas.indexOf(this.#area) + step + areas.length) % areas.length] ?? '');
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  }

  // ---- editing ---------------------------------------------------------------------------------------------------
  #edit(): void {
    // From here on each tile stands where it is seen.
    const areas = this.#areas.map((area) => (this.tiles ?? []).filter((tile) => tile.area === area));
    this.draft = areas.flatMap((tiles) => {
      const places = arrange(tiles);
      return tiles.map((tile) => ({ ...tile, x: places.get(tile.id)?.x ?? tile.x, y: places.get(tile.id)?.y ?? tile.y }));
    });
  }
  #stopEditing(): void {
    this.draft = null;
    this.isOvertaken = false;
    this.problem = '';
  }
  #add(): void {
    const id = Math.max(0, ...this.#all.map((tile) => tile.id)) + 1;
    const last = [...arrange(this.#here).values()].map(({ y, height }) => y + height);
    const y = Math.max(0, ...last);
    this.form = { id, name: '', type: 'value', endpointIds: [], points: [], x: 0, y, area: this.#area };
  }
  #replace(tiles: readonly Tile[]): void {
    const changed = new Map(tiles.map((tile) => [tile.id, tile]));
    const kept = (this.draft ?? []).map((tile) => changed.get(tile.id) ?? tile);
    const known = new Set(kept.map(({ id }) => id));
    this.draft = [...kept, ...tiles.filter(({ id }) => !known.has(id))].slice(0, mostTiles);
  }
  #edited({ tile, removes }: EditEvent): void {
    if (removes) this.draft = (this.draft ?? []).filter(({ id }) => id !== tile.id);
    else this.form = tile;
  }
  #formed({ tile }: TileEvent): void {
    this.#replace([tile]);
    this.#openArea(tile.area);
  }

  async #save(isSure: boolean): Promise<void> {
    const { draft } = this;
    if (!draft) return;
    this.isSaving = true;
    this.problem = '';
    try {
      // Over what stands there now, and over nothing that comes after it.
      const tag = isSure ? (await readPanel(this.#asking.signal)).tag : this.#tag;
      this.isOvertaken = false;
      await saveTiles(draft, tag);
      this.#took(await readPanel(this.#asking.signal));
      this.#stopEditing();
      notices.add({ kind: 'success', text: texts.panel.saved });
    } catch (problem) {
      this.isOvertaken = problem instanceof RestError && problem.status === 412;
      if (!this.isOvertaken && !isAbort(problem)) this.problem = textOf(problem);
    }
    this.isSaving = false;
  }

  #fullScreen(): void {
    const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    done.catch((problem: unknown) => notices.error(textOf(problem)));
  }

  // ---- what is shown ---------------------------------------------------------------------------------------------
  #tools(): TemplateResult {
    const text = texts.panel;
    if (this.draft) {
      return html`<button @click=${this.#add}>${icon('plus')}${text.add}</button>
        <button @click=${this.#stopEditing}>${text.cancel}</button>
        <button class="primary" ?disabled=${this.isSaving} @click=${() => void this.#save(false)}>
          ${this.isSaving ? text.saving : text.save}
        </button>`;
    }
    return html`${session.may('config:write')
        ? html`<button aria-label=${text.edit} @click=${this.#edit}>${icon('write')}<span>${text.edit}</span></button>`
        : ''}
      ${document.fullscreenEnabled
        ? html`<button aria-label=${text.fullScreen} @click=${this.#fullScreen}>${icon('full')}<span>${text.fullScreen}</span></button>`
        : ''}`;
  }

  #bar(): TemplateResult {
    const area = this.#area;
    return html`<div class="bar">
      <div role="tablist" aria-label=${texts.panel.areas} @keydown=${this.#tabKey}>
        ${this.#areas.map(
          (each, index) =>
            html`<button
              role="tab"
              id="tab-${index}"
              aria-controls="tiles"
              aria-selected=${each === area ? 'true' : 'false'}
              tabindex=${each === area ? 0 : -1}
              @click=${() => this.#openArea(each)}
            >
              ${each || texts.panel.general}
            </button>`,
        )}
      </div>
      ${this.#tools()}
    </div>`;
  }

  #empty(): TemplateResult {
    const mayEdit = session.may('config:write');
    return html`<tw-empty .heading=${texts.panel.empty} .text=${mayEdit ? texts.panel.emptyHint : texts.panel.emptyMayNot}>
      ${mayEdit && !this.draft
        ? html`<button @click=${() => (this.#edit(), this.#add())}>${icon('plus')}${texts.panel.editHere}</button>`
        : ''}
    </tw-empty>`;
  }

  #problems(): TemplateResult | string {
    if (this.isOvertaken) {
      return html`<tw-error .text=${texts.panel.changedMeanwhile}></tw-error>
        <p class="row help">
          <button @click=${() => void this.#save(true)}>${texts.panel.overwrite}</button>
          <button @click=${() => (this.#stopEditing(), void this.#load())}>${texts.panel.cancel}</button>
        </p>`;
    }
    if (!this.problem) return '';
    return html`<tw-error ?canRetry=${!this.draft} .text=${this.problem} @retry=${() => void this.#load()}></tw-error>`;
  }

  override render() {
    if (!this.tiles) {
      return html`${this.#problems()}${this.problem ? '' : html`<tw-empty .heading=${texts.common.loading}></tw-empty>`}`;
    }
    const index = this.#areas.indexOf(this.#area);
    return html`${this.#bar()} ${this.#problems()}
      ${this.draft ? html`<p class="help muted small">${texts.panel.help}</p>` : ''}
      <div class="content" id="tiles" role="tabpanel" aria-labelledby=${index >= 0 ? `tab-${index}` : ''}>
        ${this.#here.length === 0
          ? this.#empty()
          : html`<panel-grid
              .tiles=${this.#here}
              .infos=${this.#facts.infos}
              .blocks=${this.#facts.blocks}
              .isEditing=${this.draft !== null}
              @layout=${(event: Event) => this.#replace((event as LayoutEvent).tiles)}
              @edit=${(event: Event) => this.#edited(event as EditEvent)}
              @wish=${(event: Event) => (this.wish = event as WishEvent)}
            ></panel-grid>`}
      </div>
      ${this.form
        ? html`<panel-form
            .tile=${this.form}
            .areas=${this.#areas}
            @tile=${(event: Event) => this.#formed(event as TileEvent)}
            @closed=${() => (this.form = null)}
          ></panel-form>`
        : ''}
      ${this.wish
        ? html`<tw-write-dialog
            .point=${this.wish.point}
            .preset=${this.wish.preset}
            @closed=${() => (this.wish = null)}
          ></tw-write-dialog>`
        : ''}`;
  }
}
