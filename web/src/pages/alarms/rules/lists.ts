// SPDX-License-Identifier: Apache-2.0
// The parts of a rule's form that are lists: words for values, and windows of the schedule.
import { html, type TemplateResult } from 'lit';
import { icon } from '../../../icons';
import { texts } from '../../../texts';
import { fieldError, fieldOf, labelled, type FieldHost } from './fieldinput';
import type { Json, JsonObject } from './rule';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const mostWords = 100;
const mostWindows = 100;

/** A word's value may stand twice while it is typed, which an object cannot hold: `pairs` can. */
export type WordPairs = [string, string][];

export function wordPairs(words: Json | undefined): WordPairs {
  if (typeof words !== 'object' || words === null || Array.isArray(words)) return [];
  return Object.entries(words).map(([value, word]) => [value, String(word)]);
}

export function wordsOf(pairs: WordPairs): JsonObject {
  return Object.fromEntries(pairs.filter(([value]) => value !== ''));
}

export function wordsField(host: FieldHost, pairs: WordPairs, change: (pairs: WordPairs) => void): TemplateResult {
  const text = texts.alarmRules.words;
  const error = fieldError(host, 'words', true);
  if (host.isReadOnly && pairs.length === 0) return html``;
  const set = (index: number, place: 0 | 1, value: string): void =>
    change(pairs.map((pair, each) => (each === index ? (place === 0 ? [value, pair[1]] : [pair[0], value]) : pair)));
  return html`<fieldset class="wide stack" data-key="words">
    <legend>${text.legend}</legend>
    ${pairs.map(
      (pair, index) => html`<div class="pair">
        ${([0, 1] as const).map(
          (place) => html`<input
            aria-label=${place === 0 ? text.value : text.word}
            placeholder=${place === 0 ? text.value : text.word}
            ?readonly=${host.isReadOnly}
            .value=${pair[place]}
            @input=${(event: Event) => set(index, place, (event.target as HTMLInputElement).value)}
          />`,
        )}
        ${host.isReadOnly
          ? ''
          : html`<button
              type="button"
              class="quiet icon"
              aria-label=${text.remove(pair[0])}
              @click=${() => change(pairs.filter((_, each) => each !== index))}
            >
              ${icon('remove')}
            </button>`}
      </div>`,
    )}
    ${host.isReadOnly || pairs.length >= mostWords
      ? ''
      : html`<div><button type="button" @click=${() => change([...pairs, ['', '']])}>${icon('plus')}${text.add}</button></div>`}
    ${error ? html`<p class="error" role="alert">${error}</p>` : ''}
  </fieldset>`;
}

function windowsOf(schedule: Json | undefined): JsonObject[] {
  const list = Array.isArray(schedule) ? schedule : schedule ? [schedule] : [];
  return list.filter((each): each is JsonObject => typeof each === 'object' && each !== null && !Array.isArray(each));
}

function dayButtons(window: JsonObject, isReadOnly: boolean, set: (days: Json | undefined) => void): TemplateResult {
  const text = texts.alarmRules.schedule;
  const chosen = new Set(Array.isArray(window.days) ? window.days : []);
  const turn = (day: string): void => {
    if (!chosen.delete(day)) chosen.add(day);
    const list = days.filter((each) => chosen.has(each));
    set(list.length > 0 ? list : undefined);
  };
  return html`<fieldset>
    <legend>${text.days}</legend>
    <div class="days">
      ${days.map(
        (day) => html`<button type="button" ?disabled=${isReadOnly} aria-pressed=${chosen.has(day) ? 'true' : 'false'} @click=${() => turn(day)}>
          ${text.dayNames[day]}
        </button>`,
      )}
    </div>
  </fieldset>`;
}

function oneWindow(host: FieldHost, window: JsonObject, index: number, change: (window: JsonObject | undefined) => void) {
  const text = texts.alarmRules.schedule;
  const inner: FieldHost = {
    ...host,
    value: window,
    place: `schedule[${index}].`,
    set: (key, value) => {
      const { [key]: _old, ...rest } = window;
      change(value === undefined ? rest : { ...rest, [key]: value });
    },
  };
  const time = (key: string): TemplateResult =>
    labelled(
      inner,
      key,
      true,
      html`<input
        name=${`schedule-${index}-${key}`}
        placeholder="HH:MM"
        ?readonly=${host.isReadOnly}
        .value=${String(window[key] ?? '')}
        @input=${(event: Event) => inner.set(key, (event.target as HTMLInputElement).value || undefined)}
      />`,
    );
  return html`<div class="window stack">
    <div class="fields">
      ${time('start')} ${time('end')} ${fieldOf(inner, { key: 'timezone', kind: 'value' })}
      ${fieldOf(inner, { key: 'exceptions', kind: 'values' })}
    </div>
    ${dayButtons(window, host.isReadOnly, (value) => inner.set('days', value))}
    ${host.isReadOnly ? '' : html`<div><button type="button" @click=${() => change(undefined)}>${icon('remove')}${text.remove}</button></div>`}
  </div>`;
}

export function scheduleField(host: FieldHost): TemplateResult {
  const text = texts.alarmRules.schedule;
  const windows = windowsOf(host.value.schedule);
  const error = fieldError(host, 'schedule');
  if (host.isReadOnly && windows.length === 0) return html``;
  const set = (list: JsonObject[]): void => host.set('schedule', list.length > 0 ? list : undefined);
  const change = (index: number, window: JsonObject | undefined): void =>
    set(windows.flatMap((each, place) => (place !== index ? [each] : window ? [window] : [])));
  return html`<fieldset class="wide stack" data-key="schedule">
    <legend>${text.legend}</legend>
    ${windows.map((window, index) => oneWindow(host, window, index, (changed) => change(index, changed)))}
    ${host.isReadOnly || windows.length >= mostWindows
      ? ''
      : html`<div>
          <button type="button" @click=${() => set([...windows, { start: '22:00', end: '06:00' }])}>${icon('plus')}${text.add}</button>
        </div>`}
    ${error ? html`<p class="error" role="alert">${error}</p>` : ''}
  </fieldset>`;
}
