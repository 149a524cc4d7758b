// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import '../../elements/tw-error';
import { formatExact, formatValue, zone } from '../../format';
import { isFinal, live } from '../../live';
import { Loader } from '../../loader';
import { notices } from '../../notices';
import { Watch } from '../../observable';
import { rest, textOf } from '../../rest';
import { session } from '../../session';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { facts } from './facts';
import { stateSign, stateText, whatText, type KeptCommand, type Step } from './kept';
import { logStyles } from './styles';

const shownFacts = ['requested_by', 'approved_by', 'comment', 'created', 'completed', 'message', 'interlock_id', 'correlation_id', 'command_id'] as const;

/** One command with its steps; approving and cancelling for who may. Tells `closed`. */
@customElement('log-command')
export class LogCommand extends LitElement {
  static override styles = [shared, logStyles];
  @property() command = '';
  /** Changes whenever the list was renewed: the steps may have gone on. */
  @property({ attribute: false }) renewals = 0;
  @state() private known: KeptCommand | null = null;
  /** Why it was not approved or cancelled. */
  @state() private refusal = '';
  @state() private isBusy = false;
  #loader = new Loader(this, async (signal) => {
    this.known = await rest<KeptCommand>(`/api/v1/commands/${encodeURIComponent(this.command)}`, { signal });
  });

  constructor() {
    super();
    new Watch(this, live, session, zone);
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('command') || changed.has('renewals')) void this.#loader.load();
  }

  async #act(act: 'approve' | 'cancel'): Promise<void> {
    const comment = this.renderRoot.querySelector('input')?.value.trim() ?? '';
    this.isBusy = true;
    this.refusal = '';
    try {
      await live[act](this.command, comment);
      const text = texts.log.commands;
      notices.add({ kind: 'success', text: act === 'approve' ? text.approved : text.cancelled });
    } catch (problem) {
      this.refusal = textOf(problem);
    }
    this.isBusy = false;
    void this.#loader.load();
  }

  #buttons(command: KeptCommand) {
    const mayWrite = command.point !== null ? session.may('commands:write', command.point) : session.may('commands:write');
    if (isFinal(command.status) || !mayWrite) return '';
    const isOther = command.requested_by !== session.fullName && !session.isAnonymous;
    const text = texts.log.commands;
    const isOff = this.isBusy || !live.isOnline;
    return html`${command.waits_for && isOther
        ? html`<button slot="buttons" class="primary" ?disabled=${isOff} @click=${() => void this.#act('approve')}>${text.approve}</button>`
        : ''}
      <button slot="buttons" ?disabled=${isOff} @click=${() => void this.#act('cancel')}>${text.cancel}</button>`;
  }

  #steps(steps: readonly Step[]) {
    const text = texts.log.commands;
    return html`<h3>${text.steps}</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">${text.time}</th>
            <th scope="col">${text.step}</th>
            <th scope="col" class="number">${text.reads}</th>
            <th scope="col">${text.message}</th>
          </tr>
        </thead>
        <tbody>
          ${steps.map(
            (step) =>
              html`<tr>
                <td class="time" title=${zone.exact(step.timestamp)}>${zone.exact(step.timestamp).slice(11, 23)}</td>
                <td>${texts.write.states[step.status] ?? step.status}</td>
                <td class="number">${formatValue(step.actual_value, formatExact)}</td>
                <td class="text">${step.error ?? step.message ?? ''}</td>
              </tr>`,
          )}
        </tbody>
      </table>`;
  }

  #body(command: KeptCommand) {
    const { sign, tone } = stateSign(command);
    const shown = Object.fromEntries(shownFacts.map((key) => [key, command[key]]));
    const buttons = this.#buttons(command);
    return html`<p><strong>${whatText(command)}</strong></p>
      <p class=${tone}><span aria-hidden="true">${sign}</span> ${stateText(command)}</p>
      ${facts(shown, texts.log.commands.fields)} ${command.steps?.length ? this.#steps(command.steps) : ''}
      ${buttons ? html`<label class="field">${texts.common.commentOptional}<input maxlength="1000" /></label>` : ''}`;
  }

  override render() {
    const { known } = this;
    const problem = this.refusal || this.#loader.problem;
    const name = known?.point ?? (known?.scene === undefined ? this.command : texts.log.commands.scene(known.scene));
    return html`<tw-dialog .heading=${texts.log.commands.title(name)} @closed=${() => this.dispatchEvent(new Event('closed'))}>
      <div class="stack">
        ${problem ? html`<tw-error .text=${problem}></tw-error>` : ''}
        ${known ? this.#body(known) : html`<p class="muted">${texts.common.loading}</p>`}
      </div>
      ${known ? this.#buttons(known) : ''}
    </tw-dialog>`;
  }
}
