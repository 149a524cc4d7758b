// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-error';
import { formatDuration, zone as timeZone } from '../../format';
import { live } from '../../live';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { musterCsv, readMuster, type Muster, type MusterTag, type Site } from './places';
import { sideStyles } from './styles';

const renewEvery = 5_000; // ms
const mostOfAZone = 500; // people listed; the file has all

/** Who is where and who is missing, by the server's own reckoning, renewed while it is open. Always of now. */
@customElement('map-muster')
export class MapMuster extends LitElement {
  static override styles = [shared, sideStyles];
  @property({ attribute: false }) site!: Site;
  @property({ attribute: false }) zone = 0;
  @state() private muster: Muster | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #loader = new Loader(this, async (signal) => {
    this.muster = await readMuster(this.site, this.zone, signal);
  });

  constructor() {
    super();
    new Watch(this, live);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => void this.#loader.load(), renewEvery);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }
  override willUpdate(changed: PropertyValues): void {
    if (changed.has('site') || changed.has('zone')) void this.#loader.load();
  }

  #person(tag: MusterTag, where = ''): TemplateResult {
    return html`<li class="person">
      <span class="clip" title=${tag.tag_id}>${tag.name || tag.tag_id}</span>
      <span class="muted small">${where}${tag.age_ms === undefined ? '' : ` ${formatDuration(tag.age_ms)}`}</span>
    </li>`;
  }

  #group(name: string, tags: readonly MusterTag[], sign: string, kind: string, showsPlace: boolean): TemplateResult | string {
    if (tags.length === 0) return '';
    return html`<details open>
      <summary class=${kind}>${sign} ${name} <span class="number">(${tags.length})</span></summary>
      <ul>
        ${tags.slice(0, mostOfAZone).map((tag) => this.#person(tag, showsPlace ? (tag.zone_name ?? '') : ''))}
        ${tags.length > mostOfAZone ? html`<li class="person muted">${texts.notices.more(tags.length - mostOfAZone)}</li>` : ''}
      </ul>
    </details>`;
  }

  override render() {
    const text = texts.map.muster;
    const { muster } = this;
    const { problem } = this.#loader;
    const name = this.site.zone(this.zone)?.name ?? texts.map.wholeSite;
    return html`${problem ? html`<tw-error .text=${problem}></tw-error>` : ''}
    ${muster
      ? html`<div class="figures">
            <p><b>${muster.present}</b><span class="muted small">${text.present}</span></p>
            <p class=${muster.lost > 0 ? 'lost' : ''}><b>${muster.lost}</b><span class="small">${text.lost}</span></p>
            <p class=${muster.unseen > 0 ? 'stale' : ''}><b>${muster.unseen}</b><span class="small">${text.unseen}</span></p>
            <span class="grow"></span>
            <a class="button" download="muster.csv" href=${musterCsv(this.site, this.zone)}>${text.csv}</a>
          </div>
          <p class="note small ${live.isOnline && !problem ? 'muted' : 'stale'}">
            ${text.asOf(name, `${timeZone.time(muster.time)} ${timeZone.mark()}`)}
          </p>
          ${this.#group(text.lost, muster.lost_tags, '⊗', 'lost', true)}
          ${this.#group(text.unseen, muster.unseen_tags, '?', 'stale', false)}
          ${muster.zones.map((zone) => this.#group(zone.zone_name || texts.map.noZone, zone.tags, '', '', false))}`
      : html`<p class="note muted" role="status">${texts.common.loading}</p>`}`;
  }
}
