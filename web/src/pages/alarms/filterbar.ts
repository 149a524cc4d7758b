// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../../elements/tw-severity';
import { icon } from '../../icons';
import { router } from '../../router';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { sectionsOf, severities, type AlarmFilter, type ListMode, type StateFilter } from './order';

const typedFor = 200; // ms after the last key

/** The filter stands in the address, so that it can be shared and survives a reload. */
export function filterOf(query: URLSearchParams): AlarmFilter {
  return {
    area: query.get('area') ?? '',
    severities: new Set((query.get('severity') ?? '').split(',').filter(Boolean)),
    state: (query.get('state') ?? '') as StateFilter,
    search: query.get('search') ?? '',
  };
}

/** Search, severities and states. On a small screen the button `areas` asks for the tree. */
@customElement('alarm-filter-bar')
export class AlarmFilterBar extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2);
        padding: var(--space-2);
        border-bottom: 1px solid var(--line);
      }
      .search {
        flex: 1 1 12rem;
        max-width: 26rem;
      }
      .severities {
        display: flex;
        gap: 0.2rem;
      }
      .severities button {
        padding: 0 0.45rem;
      }
      select {
        width: auto;
        max-width: 14rem;
      }
      .areas {
        display: none;
      }
      @media (max-width: 60rem) {
        .areas {
          display: inline-flex;
        }
      }
      @media (max-width: 40rem) {
        .search {
          flex-basis: 100%;
          max-width: none;
        }
        select {
          flex: 1;
          max-width: none;
          min-width: 6rem;
        }
      }
    `,
  ];
  @property() mode: ListMode = 'active';
  @property({ attribute: false }) query = new URLSearchParams();
  #typing: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#typing);
  }

  #typed(event: Event): void {
    const search = (event.target as HTMLInputElement).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => router.replaceQuery({ search: search || undefined }), typedFor);
  }

  #turn(severity: string, chosen: ReadonlySet<string>): void {
    const next = new Set(chosen);
    if (!next.delete(severity)) next.add(severity);
    const isAll = next.size === 0 || next.size === severities.length;
    router.replaceQuery({ severity: isAll ? undefined : [...next].join(',') });
  }

  #clear(): void {
    clearTimeout(this.#typing);
    router.replaceQuery({ search: undefined, severity: undefined, state: undefined, area: undefined });
    const input = this.renderRoot.querySelector('input');
    if (input) input.value = '';
  }

  #severities(chosen: ReadonlySet<string>) {
    return html`<div class="severities" role="group" aria-label=${texts.alarms.filter.severity}>
      ${severities.map(
        (each) => html`<button
          aria-pressed=${chosen.has(each) ? 'true' : 'false'}
          title=${texts.severities[each]}
          @click=${() => this.#turn(each, chosen)}
        >
          <tw-severity .severity=${each} ?hollow=${chosen.size > 0 && !chosen.has(each)}></tw-severity>
        </button>`,
      )}
    </div>`;
  }

  override render() {
    const text = texts.alarms;
    const { area, severities: chosen, state, search } = filterOf(this.query);
    const states: [string, string][] = [
      ['', text.states.all],
      ...sectionsOf[this.mode].map((each): [string, string] => [each, text.sections[each]]),
      ['alarm', text.states.alarm],
      ['warning', text.states.warning],
    ];
    const isFiltered = area || chosen.size > 0 || state || search;
    return html`<input
        class="search"
        type="search"
        aria-label=${text.filter.search}
        placeholder=${text.filter.placeholder}
        .value=${search}
        @input=${this.#typed}
      />
      ${this.#severities(chosen)}
      <select
        aria-label=${text.filter.state}
        @change=${(event: Event) => router.replaceQuery({ state: (event.target as HTMLSelectElement).value || undefined })}
      >
        ${states.map(([value, label]) => html`<option value=${value} ?selected=${value === state}>${label}</option>`)}
      </select>
      <button class="areas" @click=${() => this.dispatchEvent(new Event('areas'))}>
        ${icon('tree')}<span class="clip">${area || text.filter.openAreas}</span>
      </button>
      ${isFiltered ? html`<button class="quiet" @click=${this.#clear}>${text.filter.clear}</button>` : ''}`;
  }
}
