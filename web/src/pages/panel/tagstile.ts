// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { zone as timeZone } from '../../format';
import { live } from '../../live';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { rest } from '../../rest';
import { router } from '../../router';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import type { Muster } from '../map/places';
import { tilePart, tileStyles } from './tilestyles';

const renewEvery = 5_000; // ms
const mostListed = 200;

/** Who is in a zone; 0: in all of them. */
@customElement('panel-tags')
export class PanelTags extends LitElement {
  static override styles = [shared, tileStyles, tilePart];
  @property({ attribute: false }) zone = 0;
  @property() label = '';
  @state() private muster: Muster | null = null;
  #loader = new Loader(
    this,
    async (signal) => {
      this.muster = await rest<Muster>('/api/v1/rtls/muster', { query: { zone: this.zone || undefined }, signal });
    },
    renewEvery,
  );

  constructor() {
    super();
    new Watch(this, live);
  }
  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('zone')) void this.#loader.load();
  }

  override render() {
    const { muster } = this;
    const { problem } = this.#loader;
    if (!muster) return html`<p class=${problem ? 'wrong' : 'muted'}>${problem || texts.common.loading}</p>`;
    const present = muster.zones.flatMap(({ tags }) => tags);
    const isOld = problem !== '' || !live.isOnline;
    return html`<p class=${isOld ? 'doubt' : 'muted'}>
        <strong>${texts.panel.present(muster.present)}</strong>
        ${muster.lost > 0 ? html`<span class="wrong">⊗ ${texts.panel.lost(muster.lost)}</span>` : ''}
        <span class="small">${isOld ? `⊘ ${timeZone.time(muster.time)}` : ''}</span>
      </p>
      <ul class="list" tabindex="0" aria-label=${this.label}>
        ${present.slice(0, mostListed).map(
          (tag) =>
            html`<li>
              <a class="clip" href=${router.href('map', { tag: tag.tag_id })}>${tag.name || tag.tag_id}</a>
              <span class="muted small clip">${tag.zone_name ?? ''}</span>
            </li>`,
        )}
        ${present.length > mostListed ? html`<li class="muted">${texts.notices.more(present.length - mostListed)}</li>` : ''}
      </ul>`;
  }
}
