// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { icon } from '../../../icons';
import { shared } from '../../../styles/shared';
import { texts } from '../../../texts';
import { severities } from '../order';
import { emptyLeaf, type NodeEvent } from './condition';
import './condition';
import { fieldError, areaField, choiceField, fieldOf, flagField, textField, type FieldHost } from './fieldinput';
import { noErrors, type RuleErrors } from './errors';
import { formStyles } from './formstyles';
import { scheduleField, wordPairs, wordsField, wordsOf, type WordPairs } from './lists';
import { comparisons, ruleFields, type Comparison, type Json, type JsonObject } from './rule';

/** The draft has changed. */
export class DraftEvent extends Event {
  constructor(readonly draft: JsonObject) {
    super('draft');
  }
}

/** The fields of a rule: those of its comparison, and what every rule may have. Tells `draft`. */
@customElement('rule-form')
export class RuleForm extends LitElement {
  static override styles = [
    shared,
    formStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(28rem, 100%), 1fr));
        gap: var(--space-3);
        align-items: start;
      }
      section {
        min-width: 0;
      }
    `,
  ];
  @property({ attribute: false }) draft: JsonObject = {};
  @property({ attribute: false }) errors: RuleErrors = noErrors;
  @property({ attribute: false }) isReadOnly = false;
  @property({ attribute: false }) isNew = false;
  @state() private pairs: WordPairs = [];

  override willUpdate(): void {
    // Typed halves of a pair are kept here; what comes from elsewhere replaces them.
    if (JSON.stringify(wordsOf(this.pairs)) !== JSON.stringify(this.draft.words ?? {})) this.pairs = wordPairs(this.draft.words);
  }

  get #host(): FieldHost {
    return {
      value: this.draft,
      place: '',
      errors: this.errors,
      isReadOnly: this.isReadOnly,
      set: (key, value) => this.#set(key, value),
    };
  }

  #set(key: string, value: Json | undefined): void {
    const { [key]: _old, ...rest } = this.draft;
    this.draft = value === undefined ? rest : { ...rest, [key]: value };
    this.dispatchEvent(new DraftEvent(this.draft));
  }

  #setWords(pairs: WordPairs): void {
    this.pairs = pairs;
    const words = wordsOf(pairs);
    this.#set('words', Object.keys(words).length > 0 ? words : undefined);
  }

  /** A condition that may be left out has a button to begin it. */
  #condition(key: string, isDue: boolean): TemplateResult {
    const text = texts.alarmRules;
    const node = this.draft[key];
    const error = node ? '' : fieldError(this.#host, key);
    const has = typeof node === 'object' && node !== null && !Array.isArray(node);
    const label = text.fields[key] ?? key;
    if (this.isReadOnly && !has) return html``;
    return html`<fieldset class="wide stack" data-key=${key}>
      <legend>${label}${isDue ? ' *' : ''}</legend>
      ${has
        ? html`<rule-condition
            .node=${node}
            .place=${key}
            .label=${label}
            .errors=${this.errors}
            .isReadOnly=${this.isReadOnly}
            @node=${(event: NodeEvent) => this.#set(key, event.node)}
          ></rule-condition>`
        : html`<div><button type="button" @click=${() => this.#set(key, emptyLeaf)}>${icon('plus')}${text.condition.begin}</button></div>`}
      ${error ? html`<p class="error" role="alert">${error}</p>` : ''}
    </fieldset>`;
  }

  #what() {
    const text = texts.alarmRules;
    const host = this.#host;
    const comparison = String(this.draft.comparison ?? '') as Comparison;
    const choices = comparisons.map((each): [string, string] => [each, text.comparisons[each] ?? each]);
    const grades = severities.map((each): [string, string] => [each, texts.severities[each] ?? each]);
    return html`<section class="card stack">
      <h3>${text.sections.what}</h3>
      <div class="fields">
        <div class="wide">${textField(host, 'name', true)}</div>
        ${choiceField(host, 'severity', grades, String(this.draft.severity ?? 'major'))} ${textField(host, 'area')}
        ${choiceField(host, 'comparison', choices, comparison, true)}
      </div>
      ${text.meanings[comparison] ? html`<p class="muted small">${text.meanings[comparison]}</p>` : ''}
      <div class="fields">
        ${(ruleFields[comparison] ?? []).map((field) =>
          field.kind === 'condition' ? this.#condition(field.key, field.isDue ?? false) : fieldOf(host, field),
        )}
      </div>
    </section>`;
  }

  #hasSome(...keys: string[]): boolean {
    return keys.some((key) => this.draft[key] !== undefined);
  }

  #course() {
    const host = this.#host;
    if (this.isReadOnly && !this.#hasSome('on_delay_ms', 'off_delay_ms', 'latch', 'schedule')) return '';
    return html`<section class="card stack">
      <h3>${texts.alarmRules.sections.course}</h3>
      <div class="fields">
        ${fieldOf(host, { key: 'on_delay_ms', kind: 'seconds' })} ${fieldOf(host, { key: 'off_delay_ms', kind: 'seconds' })}
        <div class="wide">${flagField(host, 'latch')}</div>
        ${scheduleField(host)}
      </div>
    </section>`;
  }

  #people() {
    const host = this.#host;
    if (this.isReadOnly && !this.#hasSome('guidance', 'words')) return '';
    return html`<section class="card stack">
      <h3>${texts.alarmRules.sections.people}</h3>
      ${areaField(host, 'guidance', 3, 1000)} ${wordsField(host, this.pairs, (pairs) => this.#setWords(pairs))}
    </section>`;
  }

  #more() {
    const host = this.#host;
    if (this.isReadOnly && !this.#hasSome('group', 'escalation', 'suppress_when')) return '';
    return html`<section class="card stack">
      <h3>${texts.alarmRules.sections.more}</h3>
      <div class="fields">
        ${textField(host, 'group')} ${textField(host, 'escalation')}
        ${this.isNew ? fieldOf(host, { key: 'id', kind: 'number' }) : ''} ${this.#condition('suppress_when', false)}
      </div>
    </section>`;
  }

  override render() {
    return html`<div class="stack">${this.#what()} ${this.#people()}</div>
      <div class="stack">${this.#course()} ${this.#more()}</div>`;
  }
}
