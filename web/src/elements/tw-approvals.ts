// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { approvals, type WaitingCommand } from '../approvals';
import { formatDuration, zone } from '../format';
import { live } from '../live';
import { Watch } from '../observable';
import { onePoint, type PointInfo } from '../pointinfo';
import { textOf } from '../rest';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import { question } from '../write/parts';
import './tw-dialog';
import './tw-error';
import './tw-value';

/** On every page: what waits for a second person, with what it is, to approve or refuse. */
@customElement('tw-approvals')
export class TwApprovals extends LitElement {
  static override styles = [
    shared,
    css`
      .bar {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2) var(--space-3);
        align-items: center;
        background: var(--selected);
        border-bottom: 1px solid var(--accent);
        padding: var(--space-1) var(--space-3);
        font-weight: 600;
      }
      .question {
        font-size: var(--large);
        font-weight: 650;
        overflow-wrap: anywhere;
      }
    `,
  ];
  @state() private looked: WaitingCommand | null = null;
  @state() private problem = '';
  @state() private comment = '';
  /** Of the point of `looked`; null: not known yet. */
  @state() private point: PointInfo | null = null;

  constructor() {
    super();
    new Watch(this, approvals, live);
  }

  async #settle(isApproved: boolean): Promise<void> {
    if (!this.looked) return;
    this.problem = '';
    try {
      const { command_id: id } = this.looked;
      await (isApproved ? live.approve(id, this.comment) : live.cancel(id, this.comment));
      this.looked = null;
    } catch (problem) {
      this.problem = textOf(problem);
    }
  }

  #look(): void {
    this.problem = '';
    this.comment = '';
    this.looked = approvals.waiting[0] ?? null;
    if (this.looked) void this.#learn(this.looked);
  }

  /** Who approves sees what who asked saw: unit, description, what it reads. Who may not read it has the name only. */
  async #learn(command: WaitingCommand): Promise<void> {
    this.point = null;
    const name = command.point ?? '';
    const point = await onePoint(name).catch((): PointInfo => unknownPoint(name));
    if (this.looked === command) this.point = point;
  }

  #dialog(command: WaitingCommand) {
    const text = texts.approvals;
    const { point } = this;
    const isGone = !approvals.waiting.some(({ command_id: id }) => id === command.command_id);
    const duration = formatDuration(command.duration_ms ?? 0);
    return html`<tw-dialog .heading=${text.title} @closed=${() => (this.looked = null)}>
      <div class="stack">
        <p>${text.asked(command.requested_by ?? '')} <span class="muted">${zone.time(command.created)}</span></p>
        ${point
          ? html`<p class="question">${question(point, command.type ?? 'write', command.value ?? null, duration)}</p>
              ${point.description ? html`<p class="muted">${point.description}</p>` : ''}
              <p class="now">
                <span class="muted small">${texts.write.now}</span>
                <tw-value sign exact .point=${point.name} .unit=${point.unit}></tw-value>
              </p>`
          : html`<p class="muted" role="status">${texts.common.loading}</p>`}
        ${command.comment ? html`<p>${text.why(command.comment)}</p>` : ''}
        ${isGone
          ? html`<p role="status">${text.none}</p>`
          : html`<label class="field"
              >${texts.common.commentOptional}
              <input
                maxlength="1000"
                .value=${this.comment}
                @input=${(event: Event) => (this.comment = (event.target as HTMLInputElement).value)}
              />
            </label>`}
        ${this.problem ? html`<tw-error .text=${this.problem}></tw-error>` : ''}
      </div>
      <button slot="buttons" ?disabled=${isGone || !live.isOnline} @click=${() => this.#settle(false)}>${text.refuse}</button>
      <button slot="buttons" class="primary" ?disabled=${isGone || !point || !live.isOnline} @click=${() => this.#settle(true)}>
        ${text.approve}
      </button>
    </tw-dialog>`;
  }

  override render() {
    const count = approvals.waiting.length;
    return html`<div role="status" class=${count > 0 ? 'bar' : ''}>
        ${count > 0
          ? html`<span>${texts.approvals.bar(count)}</span>
              <button @click=${this.#look}>${texts.approvals.look}</button>`
          : ''}
      </div>
      ${this.looked ? this.#dialog(this.looked) : ''}`;
  }
}

function unknownPoint(name: string): PointInfo {
  return { name, number: 0, type: '', value: null, quality: '', timestamp: null, unit: '', description: '', writable: true };
}
