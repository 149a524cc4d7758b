// SPDX-License-Identifier: Apache-2.0
import { html } from 'lit';
import '../../elements/tw-error';
import { formatCount, formatDuration, zone } from '../../format';
import { texts } from '../../texts';
import type { Shown } from './address';
import type { TrendModel } from './model';

const gapsTold = 2;

export interface Telling {
  shown: Shown;
  model: TrendModel;
  /** From when to when. */
  text: string;
  retry(): void;
}

/** What is seen, and what has to be known of it. */
export function told({ shown, model, text: range, retry }: Telling) {
  const text = texts.trends;
  const { hasHistory, problem, isLoading, interval } = model;
  return html`<div class="told">
    <span class="times">${range}</span>
    <span class=${shown.range ? '' : 'paused'}>${shown.range ? text.following : `❚❚ ${text.paused}`}</span>
    <span>${isLoading ? text.loading : text.detail(formatDuration(interval))}</span>
    ${zone.linked
      ? html`<span>${text.zoneOfLink(zone.linked)} <button @click=${() => zone.setLinked(null)}>${text.ownZone}</button></span>`
      : ''}
    ${gaps(shown, model)} ${hasHistory ? '' : html`<span>${text.noHistory}</span>`}
    ${problem && hasHistory
      ? html`<tw-error .heading=${text.failed} .text=${problem} canRetry @retry=${retry}></tw-error>`
      : ''}
  </div>`;
}

function gaps({ from, to }: Shown, model: TrendModel) {
  const seen = model.gaps.filter((gap) => gap.to > from && gap.from < to);
  const text = texts.trends;
  const lines = seen.slice(-gapsTold).map((gap) => {
    const [first, last] = [zone.row(gap.from), zone.row(gap.to)];
    const line = gap.records > 0 ? text.lostRecords(formatCount(gap.records), first, last) : text.stopped(first, last);
    return html`<span class="gap">${line}</span>`;
  });
  return html`${lines}${seen.length > gapsTold ? html`<span>${text.moreGaps(seen.length - gapsTold)}</span>` : ''}`;
}
