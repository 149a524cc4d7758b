// SPDX-License-Identifier: Apache-2.0
// One field of a rule's form: label, input, and what the server says of it.
import { html, nothing, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import '../../../elements/tw-point-picker';
import type { PickEvent } from '../../../elements/tw-point-picker';
import { readNumber } from '../../../numberinput';
import { texts } from '../../../texts';
import { errorAt, type RuleErrors } from './errors';
import { labelOf, type Field, type Json, type JsonObject } from './rule';

/** Where a field's value comes from and goes to. */
export interface FieldHost {
  value: JsonObject;
  /** Before each key in the server's messages: "when.all[0]." */
  place: string;
  errors: RuleErrors;
  isReadOnly: boolean;
  set(key: string, value: Json | undefined): void;
}

/** What is no number is sent as it is: the server says what is wrong with it, at its place. */
function asNumber(text: string, factor = 1): Json | undefined {
  const trimmed = text.trim();
  if (!trimmed) return undefined;
  const read = readNumber(trimmed);
  if ('problem' in read) return trimmed;
  return factor === 1 ? read.value : Math.round(read.value * factor);
}

function asSeconds(value: Json | undefined): string {
  return typeof value === 'number' ? String(value / 1000) : typeof value === 'string' ? value : '';
}

function asList(text: string): Json | undefined {
  const parts = text.split(',').map((each) => each.trim());
  const given = parts.filter(Boolean);
  return given.length > 0 ? given : undefined;
}

export function fieldError(host: FieldHost, key: string, below = false): string {
  return errorAt(host.errors, host.place + key, below);
}

/** A label around an input, with its hint and error. */
export function labelled(host: FieldHost, key: string, isDue: boolean, input: TemplateResult, below = false): TemplateResult {
  const error = fieldError(host, key, below);
  const hint = host.isReadOnly ? '' : texts.alarmRules.hints[key];
  if (host.isReadOnly && host.value[key] === undefined) return html``;
  return html`<div class="field-box ${error ? 'wrong' : ''}" data-key=${host.place + key}>
    <label class="field"><span>${labelOf(key)}${isDue && !host.isReadOnly ? ' *' : ''}</span>${input}</label>
    ${hint ? html`<p class="muted small">${hint}</p>` : ''} ${error ? html`<p class="error" role="alert">${error}</p>` : ''}
  </div>`;
}

function textInput(host: FieldHost, key: string, shown: string, take: (text: string) => Json | undefined, mode?: string) {
  return html`<input
    name=${key}
    autocomplete="off"
    inputmode=${ifDefined(mode)}
    aria-invalid=${fieldError(host, key) ? 'true' : 'false'}
    ?readonly=${host.isReadOnly}
    .value=${shown}
    @input=${(event: Event) => host.set(key, take((event.target as HTMLInputElement).value))}
  />`;
}

export function textField(host: FieldHost, key: string, isDue = false): TemplateResult {
  const shown = String(host.value[key] ?? '');
  return labelled(host, key, isDue, textInput(host, key, shown, (text) => text || undefined));
}

export function areaField(host: FieldHost, key: string, rows: number, longest: number): TemplateResult {
  return labelled(
    host,
    key,
    false,
    html`<textarea
      name=${key}
      rows=${rows}
      maxlength=${longest}
      ?readonly=${host.isReadOnly}
      .value=${String(host.value[key] ?? '')}
      @input=${(event: Event) => host.set(key, (event.target as HTMLTextAreaElement).value || undefined)}
    ></textarea>`,
  );
}

export function choiceField(host: FieldHost, key: string, choices: readonly [string, string][], chosen: string, isDue = false): TemplateResult {
  return labelled(
    host,
    key,
    isDue,
    html`<select
      name=${key}
      ?disabled=${host.isReadOnly}
      @change=${(event: Event) => host.set(key, (event.target as HTMLSelectElement).value || undefined)}
    >
      ${choices.map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`)}
    </select>`,
  );
}

export function flagField(host: FieldHost, key: string): TemplateResult {
  const error = fieldError(host, key);
  const hint = texts.alarmRules.hints[key];
  if (host.isReadOnly && !host.value[key]) return html``;
  return html`<div class="field-box" data-key=${host.place + key}>
    <label class="check"
      ><input
        type="checkbox"
        name=${key}
        ?disabled=${host.isReadOnly}
        .checked=${host.value[key] === true}
        @change=${(event: Event) => host.set(key, (event.target as HTMLInputElement).checked || undefined)}
      />${labelOf(key)}</label
    >
    ${hint ? html`<p class="muted small">${hint}</p>` : ''} ${error ? html`<p class="error" role="alert">${error}</p>` : ''}
  </div>`;
}

export function pointField(host: FieldHost, key: string, isDue: boolean): TemplateResult {
  const name = String(host.value[key] ?? '');
  if (host.isReadOnly) return labelled(host, key, isDue, html`<input readonly .value=${name} />`);
  const error = fieldError(host, key);
  return html`<div class="field-box point ${error ? 'wrong' : ''}" data-key=${host.place + key}>
    <tw-point-picker
      .label=${labelOf(key) + (isDue ? ' *' : '')}
      .value=${name}
      @pick=${(event: PickEvent) => host.set(key, event.point?.name)}
      @input=${(event: Event) => host.set(key, (event.composedPath()[0] as HTMLInputElement).value || undefined)}
    ></tw-point-picker>
    ${error ? html`<p class="error" role="alert">${error}</p>` : ''}
  </div>`;
}

/** Of all kinds but `condition`, which has an element of its own. */
export function fieldOf(host: FieldHost, { key, kind, isDue = false }: Field): TemplateResult | typeof nothing {
  const value = host.value[key];
  const text = texts.alarmRules;
  switch (kind) {
    case 'number':
      return labelled(host, key, isDue, textInput(host, key, String(value ?? ''), (each) => asNumber(each), 'decimal'));
    case 'seconds':
      return labelled(host, key, isDue, textInput(host, key, asSeconds(value), (each) => asNumber(each, 1000), 'decimal'));
    case 'flag':
      return flagField(host, key);
    case 'direction':
      return choiceField(host, key, Object.entries(text.directions), String(value ?? ''));
    case 'value':
      return labelled(host, key, isDue, textInput(host, key, String(value ?? ''), (each) => each.trim() || undefined));
    case 'values':
      return labelled(host, key, isDue, textInput(host, key, Array.isArray(value) ? value.join(', ') : '', asList), true);
    case 'point':
      return pointField(host, key, isDue);
    case 'condition':
      return nothing;
  }
}
