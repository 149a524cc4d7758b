// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../../../elements/tw-severity';
import { shared } from '../../../styles/shared';
import { texts } from '../../../texts';
import { describeRule } from './describe';
import { areaOf, type AlarmRule } from './rule';
import { ruleColumns } from './rulecolumns';

/** One rule of the list. */
@customElement('rule-row')
export class RuleRow extends LitElement {
  static override styles = [
    shared,
    ruleColumns,
    css`
      :host {
        display: block;
        height: 100%;
        container: rules / inline-size;
      }
      .rule {
        height: 100%;
        border-bottom: 1px solid var(--line);
        cursor: pointer;
      }
      .rule:hover {
        background: var(--hover);
      }
      .columns {
        height: 100%;
      }
      .name {
        font-weight: 600;
      }
      @container rules (max-width: 46rem) {
        .columns {
          align-content: center;
        }
        .what {
          font-size: var(--small);
        }
      }
    `,
  ];
  @property({ attribute: false }) rule: AlarmRule | undefined;

  override render() {
    const { rule } = this;
    if (!rule) return '';
    const text = texts.alarmRules;
    const what = describeRule(rule);
    const area = areaOf(rule);
    return html`<div class="rule">
      <div class="columns">
        <span role="gridcell" class="severity"><tw-severity .severity=${rule.severity ?? 'major'} hollow></tw-severity></span>
        <span role="gridcell" class="id number muted">${rule.id}</span>
        <span role="gridcell" class="name clip" title=${rule.name}>${rule.name}</span>
        <span role="gridcell" class="what clip" title=${what}>${what}</span>
        <span role="gridcell" class="point muted clip" title=${rule.point ?? ''}>${rule.point ?? ''}</span>
        <span role="gridcell" class="area muted clip" title=${area}>${area}</span>
        <span role="gridcell" class="origin muted clip">${rule.from_manifest ? text.fromManifest : text.version(rule.version)}</span>
      </div>
    </div>`;
  }
}
