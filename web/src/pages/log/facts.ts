// SPDX-License-Identifier: Apache-2.0
import { html } from 'lit';
import { zone } from '../../format';

const timeKey = /^(t|time|since|until|created|completed|timestamp|expires)$/;

/** A value from outside as text. */
function textOfValue(key: string, value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return timeKey.test(key) && !Number.isNaN(Date.parse(value)) ? zone.exact(value) : value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Each key with its value, as they came; `names` for those that have one for people. */
export function facts(object: Record<string, unknown>, names: Record<string, string> = {}) {
  return html`<dl class="facts">
    ${Object.entries(object)
      .filter(([, value]) => value !== '' && value !== undefined)
      .map(([key, value]) => html`<dt>${names[key] ?? key.replaceAll('_', ' ')}</dt><dd>${textOfValue(key, value)}</dd>`)}
  </dl>`;
}
