// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { icon } from '../../../icons';
import { shared } from '../../../styles/shared';
import { texts } from '../../../texts';
import { errorAt, noErrors, type RuleErrors } from './errors';
import { choiceField, fieldOf, pointField, type FieldHost } from './fieldinput';
import { formStyles } from './formstyles';
import { comparisons, conditionFields, type Comparison, type Json, type JsonObject } from './rule';

type Kind = 'leaf' | 'all' | 'any' | 'not';
const deepest = 8; // levels that the server takes

/** The condition has changed; undefined: it was taken away. */
export class NodeEvent extends Event {
  constructor(readonly node: JsonObject | undefined) {
    super('node');
  }
}

export const emptyLeaf: JsonObject = { point: '', comparison: 'above' };

function kindOf(node: JsonObject): Kind {
  return node.all !== undefined ? 'all' : node.any !== undefined ? 'any' : node.not !== undefined ? 'not' : 'leaf';
}

function asObject(node: Json | undefined): JsonObject {
  return typeof node === 'object' && node !== null && !Array.isArray(node) ? node : emptyLeaf;
}

function partsOf(node: JsonObject): JsonObject[] {
  const kind = kindOf(node);
  if (kind === 'not') return [asObject(node.not)];
  const list = kind === 'leaf' ? null : node[kind];
  return Array.isArray(list) ? list.map(asObject) : [];
}

function withKind(node: JsonObject, kind: Kind): JsonObject {
  const parts = kindOf(node) === 'leaf' ? [node] : partsOf(node);
  const first = parts[0] ?? emptyLeaf;
  if (kind === 'not') return { not: first };
  if (kind === 'leaf') return kindOf(first) === 'leaf' ? first : emptyLeaf;
  return { [kind]: parts.length > 0 ? parts : [emptyLeaf] };
}

/** Keys of another comparison go when it is changed, or the server would refuse them. */
function withComparison(leaf: JsonObject, comparison: string): JsonObject {
  const fields = conditionFields[comparison as Exclude<Comparison, 'expression'>] ?? [];
  const kept = fields.flatMap(({ key }): [string, Json][] => (leaf[key] === undefined ? [] : [[key, leaf[key] ?? null]]));
  return { point: leaf.point ?? '', comparison, ...Object.fromEntries(kept) };
}

/** One condition, or several joined by all, any and not. Tells `node`. */
@customElement('rule-condition')
export class RuleCondition extends LitElement {
  static override styles = [shared, formStyles];
  @property({ attribute: false }) node: JsonObject = emptyLeaf;
  /** "when.all[0]" */
  @property() place = '';
  @property() label = '';
  @property({ attribute: false }) errors: RuleErrors = noErrors;
  @property({ attribute: false }) isReadOnly = false;
  @property({ attribute: false }) mayRemove = true;
  @property({ attribute: false }) depth = 1;

  #tell(node: JsonObject | undefined): void {
    this.dispatchEvent(new NodeEvent(node));
  }

  #setPart(index: number, part: JsonObject | undefined): void {
    const kind = kindOf(this.node);
    if (kind === 'not') return this.#tell({ not: part ?? emptyLeaf });
    const parts: (JsonObject | undefined)[] = partsOf(this.node);
    parts[index] = part;
    this.#tell({ [kind]: parts.filter((each) => each !== undefined) });
  }

  #head(kind: Kind) {
    const text = texts.alarmRules.condition;
    const kinds = (Object.keys(text.kinds) as Kind[]).filter((each) => each === 'leaf' || this.depth < deepest);
    return html`<div class="row wrap condition-head">
      <select
        aria-label=${text.kind(this.label || this.place)}
        ?disabled=${this.isReadOnly}
        @change=${(event: Event) => this.#tell(withKind(this.node, (event.target as HTMLSelectElement).value as Kind))}
      >
        ${kinds.map((each) => html`<option value=${each} ?selected=${each === kind}>${text.kinds[each]}</option>`)}
      </select>
      <span class="grow"></span>
      ${this.mayRemove && !this.isReadOnly
        ? html`<button type="button" class="quiet icon" aria-label=${text.remove} title=${text.remove} @click=${() => this.#tell(undefined)}>
            ${icon('remove')}
          </button>`
        : ''}
    </div>`;
  }

  #leaf(): TemplateResult {
    const comparison = String(this.node.comparison ?? '') as Exclude<Comparison, 'expression'>;
    const host: FieldHost = {
      value: this.node,
      place: `${this.place}.`,
      errors: this.errors,
      isReadOnly: this.isReadOnly,
      set: (key, value) => {
        if (key === 'comparison') return this.#tell(withComparison(this.node, String(value)));
        const { [key]: _old, ...rest } = this.node;
        this.#tell(value === undefined ? (key === 'point' ? { ...rest, point: '' } : rest) : { ...this.node, [key]: value });
      },
    };
    const choices = comparisons
      .filter((each) => each !== 'expression')
      .map((each): [string, string] => [each, texts.alarmRules.comparisons[each] ?? each]);
    return html`<div class="fields">
      ${pointField(host, 'point', true)} ${choiceField(host, 'comparison', choices, comparison, true)}
      ${(conditionFields[comparison] ?? []).map((field) => fieldOf(host, field))}
    </div>`;
  }

  #group(kind: Kind): TemplateResult {
    const parts = partsOf(this.node);
    const text = texts.alarmRules.condition;
    return html`<div class="parts">
      ${parts.map((part, index) => {
        const place = kind === 'not' ? `${this.place}.not` : `${this.place}.${kind}[${index}]`;
        return html`<rule-condition
          .node=${part}
          .place=${place}
          .errors=${this.errors}
          .isReadOnly=${this.isReadOnly}
          .mayRemove=${kind !== 'not' && parts.length > 1}
          .depth=${this.depth + 1}
          @node=${(event: NodeEvent) => this.#setPart(index, event.node)}
        ></rule-condition>`;
      })}
      ${kind !== 'not' && !this.isReadOnly
        ? html`<button type="button" @click=${() => this.#setPart(parts.length, emptyLeaf)}>${icon('plus')}${text.add}</button>`
        : ''}
    </div>`;
  }

  override render() {
    const kind = kindOf(this.node);
    const error = errorAt(this.errors, this.place) || (kind === 'leaf' ? '' : errorAt(this.errors, `${this.place}.${kind}`));
    return html`<div class="condition ${kind}">
      ${this.#head(kind)} ${error ? html`<p class="error" role="alert">${error}</p>` : ''}
      ${kind === 'leaf' ? this.#leaf() : this.#group(kind)}
    </div>`;
  }
}
