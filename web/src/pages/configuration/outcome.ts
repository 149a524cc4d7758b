// SPDX-License-Identifier: Apache-2.0
import { html, type TemplateResult } from 'lit';
import { texts } from '../../texts';
import { desk } from './desk';

/** What became of the version that was applied last. */
export function outcome(): TemplateResult | '' {
  const text = texts.configuration.apply;
  const told = desk.outcome;
  if (!told) return '';
  if (told.state === 'going') return html`<p class="told" role="status">${text.isGoing(told.version)}</p>`;
  if (told.state === 'runs') return html`<p class="told" role="status">${text.runs(told.version)} ${told.told}</p>`;
  if (told.state === 'other') return html`<p class="told" role="status">${text.other(told.now)}</p>`;
  return html`<tw-error .text=${`${text.takenBack(told.version, told.now)} ${told.told}`}></tw-error>`;
}
