// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { TwDialog } from '../../elements/tw-dialog';
import '../../elements/tw-dialog';
import '../../elements/tw-error';
import '../../elements/tw-severity';
import type { WireAlarm } from '../../live';
import { notices } from '../../notices';
import { textOf } from '../../rest';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { carryOut, type ActionFailure, type AlarmAction, type ActionWish } from './actions';

const namesShown = 6;
const longestComment = 1000;

/** Asks for what an action needs, and does it. Tells `finished` when it worked for all, `closed` at the end. */
@customElement('alarm-action-dialog')
export class AlarmActionDialog extends LitElement {
  static override styles = [
    shared,
    css`
      li {
        display: flex;
        gap: var(--space-2);
        overflow-wrap: anywhere;
      }
      .durations {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
        border: 0;
        padding: 0;
        margin: 0;
      }
      legend {
        padding: 0;
        margin-bottom: 0.2rem;
        font-size: var(--small);
        color: var(--muted);
      }
      .minutes {
        width: 8rem;
      }
      .check {
        display: flex;
        align-items: center;
        gap: var(--space-2);
      }
      .failed {
        max-height: 12rem;
        overflow: auto;
      }
      textarea {
        resize: vertical;
      }
    `,
  ];
  @property({ attribute: false }) action: AlarmAction = 'ack';
  @property({ attribute: false }) alarms: WireAlarm[] = [];
  @state() private duration = '3600';
  @state() private isBusy = false;
  @state() private done = 0;
  @state() private problem = '';
  @state() private failures: ActionFailure[] = [];

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const wish: ActionWish = { comment: String(given.get('comment') ?? '').trim() };
    if (this.action === 'shelve') {
      wish.durationS = this.duration === 'other' ? Number(given.get('minutes')) * 60 : Number(this.duration);
      wish.oneShot = given.get('once') !== null;
    }
    if (this.action === 'comment' && !wish.comment) {
      this.problem = texts.alarms.dialog.commentDue;
      return;
    }
    await this.#carryOut(wish);
  }

  async #carryOut(wish: ActionWish): Promise<void> {
    this.isBusy = true;
    this.problem = '';
    this.done = 0;
    try {
      this.failures = await carryOut(this.action, this.alarms, wish, (done) => (this.done = done));
      const worked = this.alarms.length - this.failures.length;
      if (worked > 0) notices.add({ kind: 'success', text: texts.alarms.done[this.action]?.(worked) ?? '' });
      if (this.failures.length > 0) {
        this.alarms = this.failures.map(({ alarm }) => alarm); // who tries again tries those
        return;
      }
      this.dispatchEvent(new Event('finished'));
      this.renderRoot.querySelector<TwDialog>('tw-dialog')?.close();
    } catch (problem) {
      this.problem = textOf(problem);
    } finally {
      this.isBusy = false;
    }
  }

  #durations() {
    const text = texts.alarms.dialog;
    return html`<fieldset class="durations">
        <legend>${text.duration}</legend>
        ${Object.entries(text.durations).map(
          ([value, label]) => html`<button
            type="button"
            aria-pressed=${this.duration === value ? 'true' : 'false'}
            @click=${() => (this.duration = value)}
          >
            ${label}
          </button>`,
        )}
      </fieldset>
      ${this.duration === 'other'
        ? html`<label class="field minutes"
            >${text.minutes} <input name="minutes" type="number" min="1" step="1" value="120" required
          /></label>`
        : ''}
      <label class="check"><input type="checkbox" name="once" />${text.oneShot}</label>`;
  }

  #failed() {
    const text = texts.alarms.dialog;
    if (this.failures.length === 0) return '';
    return html`<tw-error .text=${text.failed(this.failures.length, this.alarms.length)}></tw-error>
      <ul class="failed small">
        ${this.failures.slice(0, 100).map(({ alarm, why }) => html`<li><span>${alarm.rule_name}: ${why}</span></li>`)}
      </ul>`;
  }

  override render() {
    const text = texts.alarms.dialog;
    const title = text.titles[this.action] ?? this.action;
    const count = this.alarms.length;
    const hint = text.hints[this.action];
    const isDue = this.action === 'comment';
    return html`<tw-dialog .heading=${title} @closed=${() => this.dispatchEvent(new Event('closed'))}>
      <form id="form" class="stack" @submit=${this.#submit}>
        <ul>
          ${this.alarms
            .slice(0, namesShown)
            .map((alarm) => html`<li><tw-severity .severity=${alarm.severity}></tw-severity>${alarm.rule_name}</li>`)}
          ${count > namesShown ? html`<li class="muted">${text.more(count - namesShown)}</li>` : ''}
        </ul>
        ${hint ? html`<p class="muted small">${hint}</p>` : ''} ${this.action === 'shelve' ? this.#durations() : ''}
        <label class="field"
          >${isDue ? texts.common.comment : texts.common.commentOptional}
          <textarea name="comment" rows="2" maxlength=${longestComment} autofocus></textarea>
        </label>
        ${this.problem ? html`<tw-error .text=${this.problem}></tw-error>` : ''} ${this.#failed()}
      </form>
      <button slot="buttons" @click=${() => this.renderRoot.querySelector<TwDialog>('tw-dialog')?.close()}>
        ${this.failures.length > 0 ? texts.common.close : texts.common.cancel}
      </button>
      <button
        slot="buttons"
        class="primary"
        ?disabled=${this.isBusy}
        @click=${() => this.renderRoot.querySelector<HTMLFormElement>('form')?.requestSubmit()}
      >
        ${this.isBusy ? text.busy(this.done, count) : text.go(title, count)}
      </button>
    </tw-dialog>`;
  }
}
