// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, svg, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { WritePreset } from '../../elements/tw-write-dialog';
import '../../elements/tw-value';
import { exactWithUnit, formatDuration, formatExact, formatValue, qualityOf } from '../../format';
import { live, type PointValue, type PointWatch } from '../../live';
import { Watch } from '../../observable';
import type { PointInfo } from '../../pointinfo';
import { session } from '../../session';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import type { Interlock } from '../../write/dryrun';
import './scenetile';
import './tagstile';
import { typeOf, type Tile } from './tiles';
import { tileBox, tileStyles } from './tilestyles';

/** Somebody wants to write a point. */
export class WishEvent extends Event {
  constructor(
    readonly point: PointInfo,
    readonly preset: WritePreset | null,
  ) {
    super('wish', { bubbles: true, composed: true });
  }
}

/** One tile of the panel. `infos` are what is known of its points; null: there is none, or it may not be seen. */
@customElement('panel-tile')
export class PanelTile extends LitElement {
  static override styles = [shared, tileStyles, tileBox];
  @property({ attribute: false }) tile!: Tile;
  @property({ attribute: false }) infos: ReadonlyMap<string, PointInfo | null> = new Map();
  /** The interlock that is in the way of its point now. */
  @property({ attribute: false }) blockedBy: Interlock | null = null;
  #watch: PointWatch | null = null;

  constructor() {
    super();
    new Watch(this, session, live);
  }
  override connectedCallback(): void {
    super.connectedCallback();
    this.#watch = live.watchPoints(this.tile?.points[0] ? [this.tile.points[0]] : [], () => this.requestUpdate());
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watch?.close();
    this.#watch = null;
  }
  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('tile')) this.#watch?.set(this.#name ? [this.#name] : []);
  }

  get #name(): string {
    return this.tile.points[0] ?? '';
  }
  get #info(): PointInfo | null | undefined {
    return this.infos.get(this.#name);
  }
  get #point(): PointValue | undefined {
    return live.point(this.#name);
  }
  /** Only what the server would allow is offered. */
  get #mayWrite(): boolean {
    return this.#info?.writable === true && session.may('commands:write', this.#name);
  }

  #wish(preset: WritePreset | null): void {
    const info = this.#info;
    if (info) this.dispatchEvent(new WishEvent(info, preset));
  }

  // ---- the parts -------------------------------------------------------------------------------------------------
  #big(): TemplateResult {
    return html`<div class="big"><tw-value sign .point=${this.#name} .unit=${this.#info?.unit ?? ''}></tw-value></div>`;
  }

  #act(text: string, preset: WritePreset | null): TemplateResult {
    return html`<button class="act" aria-label="${this.tile.name}: ${text}" @click=${() => this.#wish(preset)}>${text}</button>`;
  }

  #gauge(): TemplateResult {
    const { min = 0, max = 100 } = this.tile;
    const point = this.#point;
    const value = typeof point?.value === 'number' ? point.value : null;
    const part = value === null || max <= min ? 0 : Math.min(1, Math.max(0, (value - min) / (max - min)));
    const doubtful = qualityOf(point).level === 'good' ? '' : 'doubtful';
    const unit = this.#info?.unit ?? '';
    return html`${this.#big()}
      <svg class="gauge" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        ${svg`<rect class="track" x="0" y="2" width="100" height="6" vector-effect="non-scaling-stroke" />
        <rect class="fill ${doubtful}" x="0" y="2" width=${part * 100} height="6" />`}
        ${value === null ? '' : svg`<rect class="needle ${doubtful}" x=${part * 99} y="0" width="1" height="10" />`}
      </svg>
      <div class="ends"><span>${formatExact(min)}</span><span>${exactWithUnit(max, unit)}</span></div>`;
  }

  /** The opposite of what is seen, not a toggle: who presses late must not turn it back. */
  #switch(): TemplateResult {
    const point = this.#point;
    const isKnown = qualityOf(point).level === 'good' && typeof point?.value === 'boolean';
    const isOn = point?.value === true;
    const wanted = !isOn;
    return html`<div class="row spread side">
      <div class="state big">
        <span class="lamp ${isOn && isKnown ? 'on' : ''}" aria-hidden="true"></span>
        <tw-value sign .point=${this.#name}></tw-value>
      </div>
      ${this.#mayWrite
        ? this.#act(
            isKnown ? texts.panel.turn(formatValue(wanted)) : texts.panel.set,
            isKnown ? { kind: 'write', value: wanted } : null,
          )
        : ''}
    </div>`;
  }

  #setpoint(): TemplateResult {
    return html`<div class="row spread side">${this.#big()} ${this.#mayWrite ? this.#act(texts.panel.set, null) : ''}</div>`;
  }

  #button(): TemplateResult {
    const { value = 1, durationMs } = this.tile;
    const isBool = this.#info?.type === 'bool';
    const wanted = isBool ? value !== 0 : value;
    const text = durationMs
      ? texts.panel.pulse(formatValue(wanted, formatExact), formatDuration(durationMs))
      : texts.panel.write(exactWithUnit(wanted, this.#info?.unit ?? ''));
    const kind = durationMs ? 'pulse' : 'write';
    return html`<div class="row spread">
        <span class="muted small">${texts.panel.now}</span><tw-value sign .point=${this.#name}></tw-value>
      </div>
      ${this.#mayWrite ? this.#act(text, { kind, value: wanted, durationMs }) : ''}`;
  }

  #list(): TemplateResult {
    return html`<ul class="list" tabindex="0" aria-label=${this.tile.name}>
      ${this.tile.points.map((name) => {
        const info = this.infos.get(name);
        return html`<li>
          <span class="clip" title=${name}>${info?.description || name || texts.panel.gone}</span>
          ${name ? html`<tw-value sign .point=${name} .unit=${info?.unit ?? ''}></tw-value>` : ''}
        </li>`;
      })}
    </ul>`;
  }

  #body(): TemplateResult {
    const type = typeOf(this.tile);
    if (type === 'scene') return html`<panel-scene .scene=${this.tile.scene ?? 0} .label=${this.tile.name}></panel-scene>`;
    if (type === 'tags') return html`<panel-tags .zone=${this.tile.zone ?? 0} .label=${this.tile.name}></panel-tags>`;
    if (type === 'list') return this.#list();
    if (!this.#name || this.#info === null) return html`<p class="wrong">${texts.panel.gone}</p>`;
    switch (type) {
      case 'gauge':
        return this.#gauge();
      case 'switch':
        return this.#switch();
      case 'setpoint':
        return this.#setpoint();
      case 'button':
        return this.#button();
      case 'value':
        return this.#big();
    }
  }

  override render() {
    const isBlocked = this.blockedBy && this.#mayWrite;
    return html`<h2 class="clip" title=${this.#name || this.tile.name}>${this.tile.name}</h2>
      <div class="body">${this.#body()}</div>
      ${isBlocked
        ? html`<p class="blocked" title=${this.blockedBy?.name ?? ''}>⊘ ${texts.panel.blocked(this.blockedBy?.name ?? '')}</p>`
        : ''}`;
  }
}
