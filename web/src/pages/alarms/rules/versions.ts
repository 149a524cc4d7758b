// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../../elements/tw-dialog';
import { zone } from '../../../format';
import { Loader } from '../../../loader';
import { rest } from '../../../rest';
import { shared } from '../../../styles/shared';
import { texts } from '../../../texts';
import { differences, labelOf, type AlarmRule } from './rule';

const mostShown = 200;

/** An older version is to be taken over into the form. */
export class TakeEvent extends Event {
  constructor(readonly rule: AlarmRule) {
    super('take');
  }
}

/** Every version of a rule, the newest first: who, when, and what was changed. Tells `take` and `closed`. */
@customElement('rule-versions')
export class RuleVersions extends LitElement {
  static override styles = [
    shared,
    css`
      td {
        overflow-wrap: anywhere;
      }
    `,
  ];
  @property({ attribute: false }) rule: AlarmRule | null = null;
  @property({ attribute: false }) mayTake = false;
  @state() private versions: AlarmRule[] | null = null;
  #loader = new Loader(this, async (signal) => {
    await this.updateComplete;
    this.versions = await rest<AlarmRule[]>(`/api/v1/alarm-rules/${this.rule?.id ?? 0}/versions`, { signal });
  });

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#loader.load();
  }

  #changed(version: AlarmRule, before: AlarmRule | undefined): string {
    const text = texts.alarmRules.versions;
    if (version.removed) return text.removed;
    if (!before || before.removed) return text.made;
    return differences(before, version).map(labelOf).join(', ') || text.nothing;
  }

  #row(version: AlarmRule, before: AlarmRule | undefined) {
    const text = texts.alarmRules.versions;
    const isNow = version.version === this.rule?.version;
    return html`<tr>
      <td class="number">${version.version}${isNow ? html` <span class="muted small">${text.current}</span>` : ''}</td>
      <td>${version.changed_at ? zone.row(version.changed_at) : ''}</td>
      <td>${version.changed_by ?? ''}</td>
      <td>${this.#changed(version, before)}</td>
      <td>
        ${this.mayTake && !isNow && !version.removed
          ? html`<button aria-label=${text.useVersion(version.version)} @click=${() => this.dispatchEvent(new TakeEvent(version))}>${text.use}</button>`
          : ''}
      </td>
    </tr>`;
  }

  #table(versions: readonly AlarmRule[]) {
    const text = texts.alarmRules.versions;
    const newest = versions.map((version, index) => ({ version, before: versions[index - 1] })).reverse();
    return html`<table>
      <thead>
        <tr>
          <th class="number">${text.version}</th>
          <th>${text.when} <span class="muted">${zone.name}</span></th>
          <th>${text.by}</th>
          <th>${text.changed}</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${newest.slice(0, mostShown).map(({ version, before }) => this.#row(version, before))}
      </tbody>
    </table>`;
  }

  override render() {
    const text = texts.alarmRules.versions;
    return html`<tw-dialog wide .heading=${text.of(this.rule?.name ?? '')} @closed=${() => this.dispatchEvent(new Event('closed'))}>
      ${this.#loader.shown(text.failed, this.versions, (found) => this.#table(found))}
    </tw-dialog>`;
  }
}
