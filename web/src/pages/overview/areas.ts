// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { alarmBook } from '../../alarms';
import '../../elements/tw-severity';
import type { Severity } from '../../live';
import { RestError, rest, textOf } from '../../rest';
import { router } from '../../router';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';

interface Area {
  area: string;
  state: string;
  severity: Severity | null;
  active: number;
  unacknowledged: number;
  rules: number;
}

const atMostEvery = 1_000; // ms

/** How many alarms each area has, and the worst of them. Follows the alarms as they come. */
@customElement('overview-areas')
export class OverviewAreas extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        max-height: 24rem;
        overflow: auto;
      }
      .area {
        overflow-wrap: break-word;
        min-width: 7rem;
      }
      th {
        white-space: normal;
      }
      .quiet td {
        color: var(--muted);
      }
      .whole td {
        font-weight: 600;
      }
      tw-severity {
        vertical-align: middle;
      }
    `,
  ];
  @state() private areas: Area[] | null = null;
  @state() private problem = '';
  #end = (): void => {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
    this.#end = alarmBook.observe(() => {
      this.#timer ??= setTimeout(() => void this.#load(), atMostEvery);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #load(): Promise<void> {
    this.#timer = undefined;
    try {
      this.areas = await rest<Area[]>('/api/v1/alarms/areas');
      this.problem = '';
    } catch (problem) {
      this.areas = null;
      this.problem = problem instanceof RestError && problem.status === 404 ? texts.overview.noAlarmsHere : textOf(problem);
    }
  }

  #row({ area, severity, active, unacknowledged }: Area) {
    const isQuiet = active === 0 && unacknowledged === 0;
    const depth = area === '' ? 0 : area.split('/').length;
    const name = area === '' ? texts.overview.wholeSite : area;
    return html`<tr class="${isQuiet ? 'quiet' : ''} ${depth === 0 ? 'whole' : ''}">
      <td>
        ${severity && !isQuiet ? html`<tw-severity .severity=${severity} ?hollow=${unacknowledged === 0}></tw-severity>` : '–'}
      </td>
      <td class="area"><a href=${router.href('alarms', { area })}>${name}</a></td>
      <td class="number">${active}</td>
      <td class="number">${unacknowledged}</td>
    </tr>`;
  }

  override render() {
    const text = texts.overview;
    if (this.problem) return html`<p class="muted">${this.problem}</p>`;
    if (!this.areas) return html`<p class="muted">${texts.common.loading}</p>`;
    if (this.areas.length === 0) return html`<p class="muted">${text.noAreas}</p>`;
    return html`<table>
      <thead>
        <tr>
          <th>${text.worst}</th>
          <th>${text.area}</th>
          <th class="number">${text.active}</th>
          <th class="number">${text.waiting}</th>
        </tr>
      </thead>
      <tbody>
        ${this.areas.map((area) => this.#row(area))}
      </tbody>
    </table>`;
  }
}
