// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-virtual-list';
import { formatDuration, zone as timeZone } from '../../format';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import type { TriggerEvent } from './events';
import './musterlist';
import type { Counts } from './occupancy';
import type { Site } from './places';
import { sideStyles } from './styles';
import { tagPart } from './tagpart';
import type { ShownTag } from './tags';

const tabs = ['tags', 'zones', 'events', 'muster'] as const;
type Tab = (typeof tabs)[number];

export class ZoneEvent extends Event {
  constructor(readonly zone: number) {
    super('zone');
  }
}
export class TagEvent extends Event {
  constructor(
    readonly tag: string,
    readonly follows: boolean,
  ) {
    super('tag');
  }
}
/** Somebody wants to see this time (ms since 1970). */
export class TimeEvent extends Event {
  constructor(readonly time: number) {
    super('time');
  }
}

/** What stands beside the plan: tags, who is where, what happened, the muster list. */
@customElement('map-side')
export class MapSide extends LitElement {
  static override styles = [shared, sideStyles];
  @property({ attribute: false }) site!: Site;
  @property({ attribute: false }) tags: readonly ShownTag[] = [];
  @property({ attribute: false }) counts: Counts = new Map();
  @property({ attribute: false }) events: readonly TriggerEvent[] = [];
  @property() eventsNote = '';
  @property({ attribute: false }) zone = 0;
  @property() chosen = '';
  @property({ type: Boolean }) follows = false;
  @property({ type: Boolean }) isPast = false;
  @property({ attribute: false }) time = 0;
  @property({ attribute: false }) detailsOf: (id: string) => { battery: number | null; accuracy: number | null } | undefined =
    () => undefined;
  @state() private tab: Tab = 'tags';
  @state() private search = '';

  #tabKey(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    this.tab = tabs[(tabs.indexOf(this.tab) + step + tabs.length) % tabs.length] ?? 'tags';
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus());
  }

  #tags(): TemplateResult {
    return tagPart({
      site: this.site,
      tags: this.tags,
      search: this.search,
      chosen: this.chosen,
      follows: this.follows,
      time: this.time,
      details: this.isPast ? undefined : this.detailsOf(this.chosen),
      onSearch: (text) => (this.search = text),
      onChoose: (id) => this.dispatchEvent(new TagEvent(id, id !== '')),
      onFollow: (follows) => this.dispatchEvent(new TagEvent(this.chosen, follows)),
    });
  }

  #zones(): TemplateResult {
    return html`<ul>
      ${this.site.zones.map((zone) => {
        const { count = null, isUncertain = false } = this.counts.get(zone.id) ?? {};
        return html`<li>
          <button
            class="zone"
            aria-current=${zone.id === this.zone ? 'true' : 'false'}
            @click=${() => this.dispatchEvent(new ZoneEvent(zone.id))}
          >
            <span class="clip depth-${Math.min(zone.depth, 5)}">${zone.name}</span>
            <span class="number ${isUncertain ? 'stale' : ''}" title=${isUncertain ? texts.map.uncertainCount : ''}
              >${isUncertain ? '? ' : ''}${count ?? '–'}<span class="hidden-text">${texts.map.tagsHere}</span></span
            >
          </button>
        </li>`;
      })}
    </ul>`;
  }

  /** In the past a click brings its time. */
  #when(event: TriggerEvent): TemplateResult {
    const time = timeZone.time(event.t);
    if (!this.isPast) return html`<time datetime=${event.t}>${time}</time>`;
    const label = texts.map.replay.showTime(time);
    return html`<button aria-label=${label} @click=${() => this.dispatchEvent(new TimeEvent(Date.parse(event.t)))}>${time}</button>`;
  }

  #events(): TemplateResult {
    const zoneOf = (id: number): string => this.site.zone(id)?.name ?? '';
    return html`${this.eventsNote ? html`<p class="note muted">${this.eventsNote}</p>` : ''}
      ${this.events.length === 0 && !this.eventsNote ? html`<p class="note muted">${texts.map.noEvents}</p>` : ''}
      <ul aria-label=${texts.map.tabs.events}>
        ${this.events.map(
          (event) =>
            html`<li class="event">
              ${this.#when(event)}<strong>${event.trigger_name || event.trigger_id}</strong>
              ${this.isPast ? '' : html`<span class="muted small">${formatDuration(this.time - Date.parse(event.t))}</span>`}
              <span
                >${texts.map.event(event.tag_name || event.tag_id, texts.map.directions[event.direction] ?? event.direction)}
                ${zoneOf(event.zone_id) ? html`<span class="muted">· ${zoneOf(event.zone_id)}</span>` : ''}
                ${event.reason ? html`<span class="lost">· ${texts.map.reasons[event.reason] ?? event.reason}</span>` : ''}</span
              >
            </li>`,
        )}
      </ul>`;
  }

  #panel(): TemplateResult {
    switch (this.tab) {
      case 'tags':
        return this.#tags();
      case 'zones':
        return this.#zones();
      case 'events':
        return this.#events();
      case 'muster':
        return html`<map-muster .site=${this.site} .zone=${this.zone}></map-muster>`;
    }
  }

  override render() {
    const counts: Partial<Record<Tab, number>> = { tags: this.tags.length };
    return html`<div role="tablist" aria-label=${texts.map.side} @keydown=${this.#tabKey}>
        ${tabs.map(
          (tab) =>
            html`<button
              role="tab"
              id="tab-${tab}"
              aria-controls="panel"
              aria-selected=${tab === this.tab ? 'true' : 'false'}
              tabindex=${tab === this.tab ? 0 : -1}
              @click=${() => (this.tab = tab)}
            >
              ${texts.map.tabs[tab]}${counts[tab] === undefined ? '' : html` <span class="muted small">${counts[tab]}</span>`}
            </button>`,
        )}
      </div>
      <div id="panel" role="tabpanel" tabindex="0" aria-labelledby="tab-${this.tab}">${this.#panel()}</div>`;
  }
}
