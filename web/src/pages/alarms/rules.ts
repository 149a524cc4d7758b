// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-empty';
import { ActivateEvent, type TwVirtualList } from '../../elements/tw-virtual-list';
import { icon } from '../../icons';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { router } from '../../router';
import { session } from '../../session';
import { listHead } from '../../styles/listhead';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { isNarrowAt } from './columns';
import './rules/editor';
import './rules/rulerow';
import { ruleColumns } from './rules/rulecolumns';
import type { AlarmRule } from './rules/rule';
import { allRules, fitsWords } from './rulesearch';

const typedFor = 200; // ms after the last key

/** Every rule that the caller may see, and the form of the one that the address names. */
@customElement('alarm-rules')
export class AlarmRules extends LitElement {
  static override styles = [
    shared,
    ruleColumns,
    listHead,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--surface);
        container: rules / inline-size;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2);
        padding: var(--space-2);
        border-bottom: 1px solid var(--line);
      }
      .search {
        flex: 1 1 9rem;
        max-width: 26rem;
      }
      select {
        width: auto;
      }
      .count {
        white-space: nowrap;
      }
      .head {
        padding-inline-end: 0.9rem;
      }
      .head .columns {
        min-height: 1.9rem;
      }
      tw-error,
      .loading {
        margin: var(--space-3);
      }
      rule-editor {
        flex: 1;
        min-height: 0;
      }
    `,
  ];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private rules: AlarmRule[] | null = null;
  @state() private isNarrow = false;
  #shown: AlarmRule[] = [];
  #loader = new Loader(this, async (signal) => {
    this.rules = await allRules(signal);
  });
  #typing: ReturnType<typeof setTimeout> | undefined;
  #resized = new ResizeObserver(([entry]) => (this.isNarrow = isNarrowAt(entry?.contentRect.width ?? Infinity)));

  constructor() {
    super();
    new Watch(this, session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
    void this.#loader.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    clearTimeout(this.#typing);
  }

  override willUpdate(): void {
    const words = (this.query.get('search') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const origin = this.query.get('origin') ?? '';
    this.#shown = (this.rules ?? []).filter(
      (rule) => fitsWords(rule, words) && (origin === '' || rule.from_manifest === (origin === 'manifest')),
    );
  }

  override updated(): void {
    this.renderRoot.querySelector<TwVirtualList>('tw-virtual-list')?.requestUpdate();
  }

  #typed(event: Event): void {
    const search = (event.target as HTMLInputElement).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => router.replaceQuery({ search: search || undefined }), typedFor);
  }

  #open(index: number): void {
    const rule = this.#shown[index];
    if (rule) this.#go(String(rule.id));
  }

  /** A step of its own in the browser's history: back leads to the list. */
  #go(rule: string | undefined): void {
    router.go('alarms', { ...Object.fromEntries(this.query), rule, copy: undefined });
  }

  #bar() {
    const text = texts.alarmRules;
    const origin = this.query.get('origin') ?? '';
    return html`<div class="bar">
      <input
        class="search"
        type="search"
        aria-label=${text.search}
        placeholder=${text.placeholder}
        .value=${this.query.get('search') ?? ''}
        @input=${this.#typed}
      />
      <select
        aria-label=${text.origin}
        @change=${(event: Event) => router.replaceQuery({ origin: (event.target as HTMLSelectElement).value || undefined })}
      >
        ${Object.entries(text.origins).map(([value, label]) => html`<option value=${value} ?selected=${value === origin}>${label}</option>`)}
      </select>
      <span class="muted small grow count">${this.rules ? text.count(this.#shown.length, this.rules.length) : ''}</span>
      ${session.maySome('alarms:admin')
        ? html`<button class="primary" @click=${() => this.#go('new')}>${icon('plus')}${text.make}</button>`
        : ''}
    </div>`;
  }

  #head() {
    const text = texts.alarmRules.columns;
    return html`<div class="head">
      <div class="columns">
        <span class="severity"><span class="hidden-text">${text.severity}</span></span>
        <span class="id number">${text.id}</span>
        <span class="name">${text.name}</span>
        <span class="what">${text.what}</span>
        <span class="point">${text.point}</span>
        <span class="area">${text.area}</span>
        <span class="origin">${text.origin}</span>
      </div>
    </div>`;
  }

  #list() {
    const text = texts.alarmRules;
    if (!this.rules) return this.#loader.problem ? '' : html`<p class="muted loading">${texts.common.loading}</p>`;
    if (this.#shown.length === 0) return html`<tw-empty .heading=${this.rules.length > 0 ? text.noMatch : text.none}></tw-empty>`;
    return html`${this.#head()}
      <tw-virtual-list
        .label=${text.list}
        .count=${this.#shown.length}
        .rowHeight=${this.isNarrow ? 3.4 : 2.3}
        .renderRow=${(index: number) => html`<rule-row .rule=${this.#shown[index]}></rule-row>`}
        @activate=${(event: ActivateEvent) => this.#open(event.index)}
      ></tw-virtual-list>`;
  }

  override render() {
    const rule = this.query.get('rule');
    if (rule) {
      return html`<rule-editor
        .which=${rule}
        .copyOf=${this.query.get('copy') ?? ''}
        @changed=${() => void this.#loader.load()}
        @closed=${() => this.#go(undefined)}
      ></rule-editor>`;
    }
    return html`<h2 class="hidden-text">${texts.alarmRules.title}</h2>
      ${this.#bar()}
      ${this.#loader.failure(texts.alarmRules.failed)}
      ${this.#list()}`;
  }
}
