// SPDX-License-Identifier: Apache-2.0
import { html, type TemplateResult } from 'lit';
import { texts } from '../../texts';
import { fromInput, isoToInput } from '../../zonedtime';

/** The two inputs of a range: names `from` and `to`, in the zone that is shown. */
export function rangeInputs(from: string | null, to: string | null) {
  return html`<label class="field time"
      >${texts.log.from}<input type="datetime-local" step="1" name="from" .value=${isoToInput(from)}
    /></label>
    <label class="field time">${texts.log.to}<input type="datetime-local" step="1" name="to" .value=${isoToInput(to)} /></label>`;
}

/** What stands in a filter form, as it goes into the address: times in UTC, empty ones left out. */
export function readForm(form: HTMLFormElement): Record<string, string | undefined> {
  const found: Record<string, string | undefined> = {};
  for (const [key, value] of new FormData(form)) {
    const text = String(value).trim();
    if (key === 'from' || key === 'to') {
      const time = fromInput(text);
      found[key] = Number.isNaN(time) ? undefined : new Date(time).toISOString();
    } else {
      found[key] = text || undefined;
    }
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
