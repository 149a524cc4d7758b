// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { zone } from '../../format';
import { icon } from '../../icons';
import { live } from '../../live';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { rest } from '../../rest';
import { router } from '../../router';
import { session } from '../../session';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import './commanddialog';
import { instead } from './instead';
import { stateSign, stateText, whatText, type KeptCommand } from './kept';
import { filterBox, readForm } from './range';
import { logStyles } from './styles';

const most = 200;
const renewAfter = 1_000; // ms; a scene has many steps in a moment
const states = ['queued', 'sent', 'acked', 'succeeded', 'failed', 'blocked', 'expired', 'unknown'];

/** Commands and how they ended, renewed as they go on. */
@customElement('log-commands')
export class LogCommands extends LitElement {
  static override styles = [shared, logStyles];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private commands: KeptCommand[] = [];
  @state() private open = '';
  @state() private renewals = 0;
  #loader = new Loader(this, (signal) => this.#read(signal));
  #end = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shown: string | null = null;

  constructor() {
    super();
    new Watch(this, zone, session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const endEvents = live.watchTopic('events/command', () => this.#loadSoon());
    const endLive = live.observe(() => live.isOnline && this.#loadSoon());
    this.#end = () => (endEvents(), endLive());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#shown = null;
  }

  override willUpdate(): void {
    const shown = JSON.stringify(this.#filter);
    if (shown === this.#shown) return;
    this.#shown = shown;
    void this.#loader.load();
  }

  get #filter() {
    return { point: this.query.get('point') ?? undefined, status: this.query.get('status') ?? undefined };
  }

  #loadSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#loader.load();
    }, renewAfter);
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.commands = await rest<KeptCommand[]>('/api/v1/commands', { query: { ...this.#filter, limit: most }, signal });
    this.renewals += 1;
  }

  #submit(event: Event): void {
    event.preventDefault();
    const { point, status } = readForm(event.currentTarget as HTMLFormElement);
    router.replaceQuery({ point, status });
  }

  #form() {
    const text = texts.log.commands;
    const { point, status } = this.#filter;
    return html`<form class="filters" @submit=${this.#submit} @change=${(event: Event) => this.#submit(event)}>
      <label class="field">${text.point}<input name="point" placeholder=${text.pointHint} .value=${point ?? ''} /></label>
      <label class="field"
        >${text.status}<select name="status">
          <option value="">${text.all}</option>
          <option value="waiting" ?selected=${status === 'waiting'}>${text.waitingSecond}</option>
          ${states.map((each) => html`<option value=${each} ?selected=${each === status}>${texts.write.states[each]}</option>`)}
        </select></label
      >
      <button>${texts.log.filter}</button>
    </form>`;
  }

  #row(command: KeptCommand) {
    const { sign, tone } = stateSign(command);
    const time = zone.row(command.created);
    return html`<tr>
      <td class="time">
        <button
          class="link"
          aria-label=${texts.log.details(`${time} ${command.point ?? ''}`)}
          @click=${() => (this.open = command.command_id)}
        >
          ${time}
        </button>
      </td>
      <td class="text">${command.point ?? (command.scene === undefined ? '–' : texts.log.commands.scene(command.scene))}</td>
      <td class="tight mid">${whatText(command)}</td>
      <td class="tight"><span class=${tone}><span aria-hidden="true">${sign}</span> ${stateText(command)}</span></td>
      <td class="text mid">${command.requested_by ?? ''}</td>
      <td class="text wide">${command.message ?? ''}</td>
    </tr>`;
  }

  #table() {
    const text = texts.log.commands;
    if (this.#loader.problem || this.commands.length === 0) return instead(this.#loader, text.empty);
    return html`<div class="sheet" tabindex="0" role="region" aria-label=${texts.log.tabs.commands ?? ''}>
      <table>
        <thead>
          <tr>
            <th scope="col">${text.time}</th>
            <th scope="col">${texts.log.commands.fields.point}</th>
            <th scope="col" class="mid">${text.what}</th>
            <th scope="col">${text.status}</th>
            <th scope="col" class="mid">${text.who}</th>
            <th scope="col" class="wide">${text.message}</th>
          </tr>
        </thead>
        <tbody>
          ${this.commands.map((command) => this.#row(command))}
        </tbody>
      </table>
    </div>`;
  }

  override render() {
    const close = (): string => (this.open = '');
    return html`${filterBox(this.#form(), Object.values(this.#filter).some(Boolean))}
      <div class="told">
        <button @click=${() => void this.#loader.load()}>${icon('refresh')}${texts.log.refresh}</button>
        <span>${texts.log.commands.keeps}</span>
        <span>${texts.log.zone(zone.name)}</span>
      </div>
      ${this.#table()}
      ${this.open
        ? html`<log-command .command=${this.open} .renewals=${this.renewals} @closed=${close}></log-command>`
        : ''}`;
  }
}
