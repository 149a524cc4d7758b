// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { zone } from '../../../format';
import { shared } from '../../../styles/shared';
import { texts } from '../../../texts';
import { bodyOf, differences, labelOf, type AlarmRule, type Json, type JsonObject } from './rule';

const longest = 200; // characters of a value

/** The rule was changed by somebody else meanwhile: both side by side. Tells `theirs` or `mine`. */
@customElement('rule-conflict')
export class RuleConflict extends LitElement {
  static override styles = [
    shared,
    css`
      section {
        border-inline-start: 0.3rem solid var(--major);
      }
      td {
        overflow-wrap: anywhere;
      }
    `,
  ];
  @property({ attribute: false }) theirs: AlarmRule | 'gone' = 'gone';
  @property({ attribute: false }) mine: JsonObject = {};

  #table(theirs: AlarmRule) {
    const text = texts.alarmRules.conflict;
    const [one, other] = [bodyOf(theirs as unknown as JsonObject), bodyOf(this.mine)];
    const keys = differences(one, other);
    if (keys.length === 0) return html`<p>${text.same}</p>`;
    return html`<p>${text.hint}</p>
      <table>
        <thead>
          <tr>
            <th>${text.key}</th>
            <th>${text.theirs}</th>
            <th>${text.mine}</th>
          </tr>
        </thead>
        <tbody>
          ${keys.map((key) => html`<tr><td>${labelOf(key)}</td><td>${asText(one[key])}</td><td>${asText(other[key])}</td></tr>`)}
        </tbody>
      </table>`;
  }

  override render() {
    const text = texts.alarmRules.conflict;
    const { theirs } = this;
    if (theirs === 'gone') return html`<section class="card" role="alert"><p>${text.gone}</p></section>`;
    const when = theirs.changed_at ? zone.row(theirs.changed_at) : '';
    return html`<section class="card stack" role="alert">
      <strong>${text.title(theirs.version, theirs.changed_by ?? '', when)}</strong>
      ${this.#table(theirs)}
      <div class="row wrap">
        <button type="button" @click=${() => this.dispatchEvent(new Event('theirs'))}>${text.takeTheirs}</button>
        <button type="button" @click=${() => this.dispatchEvent(new Event('mine'))}>${text.keepMine}</button>
      </div>
    </section>`;
  }
}

function asText(value: Json | undefined): string {
  if (value === undefined) return '–';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
