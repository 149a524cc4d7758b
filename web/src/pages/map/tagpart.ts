// SPDX-License-Identifier: Apache-2.0
// The list of tags beside the plan: the same for who can't see the canvas.
import { html, type TemplateResult } from 'lit';
import { ActivateEvent } from '../../elements/tw-virtual-list';
import { formatNumber, zone as timeZone } from '../../format';
import { texts } from '../../texts';
import type { Site } from './places';
import { signs } from './tagrow';
import type { ShownTag } from './tags';

export interface TagPart {
  site: Site;
  tags: readonly ShownTag[];
  search: string;
  chosen: string;
  follows: boolean;
  /** ms since 1970 of what is shown. */
  time: number;
  details: { battery: number | null; accuracy: number | null } | undefined;
  onSearch: (text: string) => void;
  onChoose: (id: string) => void;
  onFollow: (follows: boolean) => void;
}

function matching(tags: readonly ShownTag[], search: string): readonly ShownTag[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return tags;
  return tags.filter(({ id, name, kind }) => {
    const text = `${id} ${name} ${kind}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function row(part: TagPart, tag: ShownTag | undefined): TemplateResult {
  if (!tag) return html``;
  return html`<map-tag-row
    .tag=${tag}
    .zone=${part.site.zone(tag.zone)?.name ?? texts.map.noZone}
    .state=${tag.state}
    .age=${part.time - tag.time}
    ?chosen=${tag.id === part.chosen}
  ></map-tag-row>`;
}

function details(part: TagPart): TemplateResult | string {
  const tag = part.tags.find(({ id }) => id === part.chosen);
  if (!tag) return '';
  const text = texts.map.tag;
  const { battery = null, accuracy = null } = part.details ?? {};
  const lines: [string, string][] = [
    [text.id, tag.id],
    ...(tag.kind ? ([[text.kind, tag.kind]] as [string, string][]) : []),
    [text.zone, part.site.zone(tag.zone)?.name ?? texts.map.noZone],
    [text.place, `${[tag.at.x, tag.at.y, tag.z].map((each) => each.toFixed(1)).join(', ')} ${part.site.unit}`],
    [text.lastFix, timeZone.time(tag.time)],
    ...(battery === null ? [] : ([[text.battery, `${formatNumber(battery)} %`]] as [string, string][])),
    ...(accuracy === null ? [] : ([[text.accuracy, `${formatNumber(accuracy)} ${part.site.unit}`]] as [string, string][])),
  ];
  return html`<section class="details" aria-label=${text.details}>
    <div class="row spread">
      <h2 class="clip">${tag.name || tag.id}</h2>
      <button aria-pressed=${part.follows ? 'true' : 'false'} @click=${() => part.onFollow(!part.follows)}>
        ${part.follows ? text.following : text.follow}
      </button>
    </div>
    <p class="${tag.state}">${signs[tag.state]} ${texts.map.states[tag.state]}</p>
    <dl>${lines.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
  </section>`;
}

export function tagPart(part: TagPart): TemplateResult {
  const found = matching(part.tags, part.search);
  return html`<div class="search">
      <input
        type="search"
        aria-label=${texts.map.search}
        placeholder=${texts.map.searchPlaceholder}
        .value=${part.search}
        @input=${(event: Event) => part.onSearch((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && found[0] && part.onChoose(found[0].id)}
      />
    </div>
    <tw-virtual-list
      .label=${texts.map.tagList(found.length)}
      .count=${found.length}
      .renderRow=${(index: number) => row(part, found[index])}
      @activate=${(event: Event) => part.onChoose(found[(event as ActivateEvent).index]?.id ?? '')}
    ></tw-virtual-list>
    ${found.length === 0 ? html`<p class="note muted">${texts.map.noTags}</p>` : ''} ${details(part)}`;
}
