// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-error';
import { formatCount, viewQuality } from '../../format';
import { icon } from '../../icons';
import { groupsUnder, type PointGroup } from '../../pointinfo';
import { isAbort, textOf } from '../../rest';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';

const mostShown = 500; // groups of one level; more can be searched for
const renewEvery = 15_000; // ms; the worst quality of each group may have changed

export class GroupEvent extends Event {
  constructor(readonly path: string) {
    super('group');
  }
}

/** The groups of points by the levels of their names. A level is loaded when it is opened. Tells `group`. */
@customElement('points-tree')
export class PointsTree extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        overflow: auto;
      }
      ul ul {
        padding-inline-start: 1rem;
      }
      .line {
        display: flex;
        align-items: center;
        border-radius: var(--radius);
      }
      .line:hover {
        background: var(--hover);
      }
      .line.here {
        background: var(--selected);
      }
      .toggle {
        width: 1.6rem;
        min-height: 1.8rem;
        padding: 0;
        flex: none;
      }
      .toggle[aria-expanded='true'] svg {
        transform: rotate(90deg);
      }
      .name {
        flex: 1;
        min-width: 0;
        justify-content: flex-start;
        text-align: start;
        min-height: 1.8rem;
        padding: 0 0.4rem 0 0.1rem;
      }
      .name .clip {
        flex: 1;
      }
      .count {
        color: var(--muted);
        font-size: var(--small);
        font-variant-numeric: tabular-nums;
      }
      .bad {
        color: var(--bad);
        font-weight: 700;
      }
      .uncertain {
        color: var(--uncertain);
        font-weight: 700;
      }
      .hint {
        padding: 0.2rem 0.6rem 0.2rem 1.7rem;
      }
    `,
  ];
  /** The chosen group: "plc1/boiler"; '' for all. */
  @property() under = '';
  @state() private levels = new Map<string, PointGroup[]>();
  @state() private open = new Set<string>();
  @state() private problem = '';
  #asking = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#asking = new AbortController();
    void this.#load('');
    this.#timer = setInterval(() => {
      if (!document.hidden) for (const path of ['', ...this.open]) void this.#load(path);
    }, renewEvery);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#asking.abort();
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('under') || !this.under) return;
    // The way to the chosen group is open.
    const levels = this.under.split('/');
    for (let depth = 1; depth < levels.length; ++depth) this.#show(levels.slice(0, depth).join('/'));
  }

  async #load(path: string): Promise<void> {
    try {
      const groups = await groupsUnder(path, this.#asking.signal);
      this.levels = new Map(this.levels).set(path, groups);
      this.problem = '';
    } catch (problem) {
      if (!isAbort(problem)) this.problem = textOf(problem);
    }
  }

  #show(path: string): void {
    if (this.open.has(path)) return;
    this.open = new Set(this.open).add(path);
    if (!this.levels.has(path)) void this.#load(path);
  }

  #toggle(path: string): void {
    if (!this.open.has(path)) return this.#show(path);
    const open = new Set(this.open);
    open.delete(path);
    this.open = open;
  }

  #choose(path: string): void {
    if (path) this.#show(path);
    this.dispatchEvent(new GroupEvent(path));
  }

  #group(parent: string, group: PointGroup): TemplateResult {
    const path = parent ? `${parent}/${group.name}` : group.name;
    const isOpen = this.open.has(path);
    const inner = this.levels.get(path);
    const isLeaf = inner !== undefined && inner.length === 0;
    const view = viewQuality(group.worst);
    return html`<li>
      <div class="line ${this.under === path ? 'here' : ''}">
        <button
          class="quiet toggle"
          aria-expanded=${isLeaf ? nothing : isOpen ? 'true' : 'false'}
          aria-label=${texts.points.group(group.name, group.points)}
          ?disabled=${isLeaf}
          @click=${() => this.#toggle(path)}
        >
          ${isLeaf ? '' : icon('open')}
        </button>
        <button class="quiet name" aria-pressed=${this.under === path ? 'true' : 'false'} @click=${() => this.#choose(path)}>
          <span class="clip">${group.name}</span>
          ${view.level === 'good' ? '' : html`<span class=${view.level} title=${view.text}>${view.sign}</span>`}
          <span class="count">${formatCount(group.points)}</span>
        </button>
      </div>
      ${isOpen && inner && inner.length > 0 ? this.#level(path, inner) : ''}
    </li>`;
  }

  #level(path: string, groups: PointGroup[]): TemplateResult {
    return html`<ul>
      ${groups.slice(0, mostShown).map((group) => this.#group(path, group))}
      ${groups.length > mostShown ? html`<li class="hint muted small">${texts.points.more}</li>` : ''}
    </ul>`;
  }

  override render() {
    const top = this.levels.get('');
    return html`${this.problem
      ? html`<tw-error
          .heading=${texts.points.treeFailed}
          .text=${this.problem}
          canRetry
          @retry=${() => void this.#load('')}
        ></tw-error>`
      : ''}
    ${top ? this.#level('', top) : this.problem ? '' : html`<p class="hint muted">${texts.common.loading}</p>`}`;
  }
}
