// SPDX-License-Identifier: Apache-2.0
import { html, type TemplateResult } from 'lit';
import { texts } from '../../texts';
import { fromInput, toInput } from '../../zonedtime';

/** The two inputs of a range: names `from` and `to`, in the zone that is shown. */
export function rangeInputs(from: string | null, to: string | null) {
  const value = (time: string | null): string => (time && !Number.isNaN(Date.parse(time)) ? toInput(Date.parse(time)) : '');
  return html`<label class="field time"
      >${texts.log.from}<input type="datetime-local" step="1" name="from" .value=${value(from)}
    /></label>
    <label class="field time">${texts.log.to}<input type="datetime-local" step="1" name="to" .value=${value(to)} /></label>`;
}

/** What stands in a filter form, as it goes into the address: times in UTC, empty ones left out. */
export function readForm(form: HTMLFormElement): Record<string, string | undefined> {
  const found: Record<string, string | undefined> = {};
  for (const [key, value] of new FormData(form)) {
    const text = String(value).trim();
    const time = key === 'from' || key === 'to' ? fromInput(text) : NaN;
    found[key] = Number.isNaN(time) ? (key === 'from' || key === 'to' ? undefined : text || undefined) : new Date(time).toISOString();
  }
  return found;
}

export function isWrongRange(from: string | undefined, to: string | undefined): boolean {
  return from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from);
}

const phone = matchMedia('(max-width: 40rem)');

/** On a phone the filters are folded as long as none is set: the list needs the room. */
export function filterBox(form: TemplateResult, isSet: boolean) {
  return html`<details ?open=${!phone.matches || isSet}>
    <summary>${texts.log.filters}</summary>
    ${form}
  </details>`;
}
