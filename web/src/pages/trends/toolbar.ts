// SPDX-License-Identifier: Apache-2.0
import { html } from 'lit';
import type { PickEvent } from '../../elements/tw-point-picker';
import { icon } from '../../icons';
import type { PointInfo } from '../../pointinfo';
import { texts } from '../../texts';
import { rangeWords, type RangeWord } from './address';

export interface ToolbarUser {
  range: RangeWord | null;
  lastRange: RangeWord;
  /** There is nothing to look at yet. */
  isIdle: boolean;
  pick(event: PickEvent): void;
  follow(range: RangeWord): void;
  pause(): void;
  /** By a part of what is seen. */
  move(part: number): void;
  zoom(factor: number): void;
  open(dialog: 'share' | 'range'): void;
}

const canBeDrawn = ({ type }: PointInfo): boolean => type !== 'position';

export function toolbar(user: ToolbarUser) {
  const text = texts.trends;
  const { range, isIdle } = user;
  const small = (label: string, sign: string, act: () => void) =>
    html`<button class="icon" aria-label=${label} title=${label} ?disabled=${isIdle} @click=${act}>${icon(sign)}</button>`;
  return html`<div class="bar">
    <tw-point-picker
      .label=${text.add}
      .filter=${canBeDrawn}
      @pick=${user.pick}
    ></tw-point-picker>
    <div class="group ranges" role="group" aria-label=${text.rangesLabel}>
      ${rangeWords.map(
        (word) =>
          html`<button aria-pressed=${range === word ? 'true' : 'false'} @click=${() => user.follow(word)}>
            ${text.ranges[word]}
          </button>`,
      )}
      <button aria-pressed=${range === null ? 'true' : 'false'} @click=${() => user.open('range')}>${text.absolute}</button>
    </div>
    <div class="group">
      ${small(text.earlier, 'back', () => user.move(-0.5))}${small(text.zoomIn, 'plus', () => user.zoom(0.5))}${small(
        text.zoomOut,
        'minus',
        () => user.zoom(2),
      )}${small(text.later, 'open', () => user.move(0.5))}
    </div>
    ${range
      ? html`<button ?disabled=${isIdle} @click=${user.pause}>${icon('pause')}${text.pause}</button>`
      : html`<button class="primary" @click=${() => user.follow(user.lastRange)}>${icon('play')}${text.follow}</button>`}
    <button ?disabled=${isIdle} aria-label=${text.shareButton} @click=${() => user.open('share')}>
      ${icon('share')}<span class="word">${text.shareButton}</span>
    </button>
  </div>`;
}
