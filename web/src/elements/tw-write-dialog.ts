// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { now } from '../clock';
import { formatDuration, formatValue } from '../format';
import { isFinal, live, type CommandStep, type CommandWish, type PlainValue, type PointWatch } from '../live';
import { newId } from '../live/requests';
import { Watch } from '../observable';
import { readNumber, type NumberRead } from '../numberinput';
import type { PointInfo } from '../pointinfo';
import { isAbort, textOf } from '../rest';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import { dryRun, explain, explainAll, type DryRun, type Interlock } from '../write/dryrun';
import { dryRunView, interlockView, presentView, question, stepsView, type TimedStep } from '../write/parts';
import { writeStyles } from '../write/styles';
import './tw-dialog';
import type { TwDialog } from './tw-dialog';
import './tw-error';
import './tw-value';

type Kind = 'write' | 'toggle' | 'pulse';
type Stage = 'form' | 'confirm' | 'sent';

/** What is to be done is clear already: only the confirmation is asked for. */
export interface WritePreset {
  kind: Kind;
  value?: PlainValue;
  durationMs?: number;
}

const checkFor = 250; // ms after the last key

/**
 * Writes a point: what is to be done, what the server says to that (a dry run), the confirmation, then each step up to
 * what was read back. Points that demand it are selected first, or wait for a second person.
 */
@customElement('tw-write-dialog')
export class TwWriteDialog extends LitElement {
  static override styles = [shared, writeStyles];
  @property({ attribute: false }) point!: PointInfo;
  @property({ attribute: false }) preset: WritePreset | null = null;
  @state() private stage: Stage = 'form';
  @state() private kind: Kind = 'write';
  @state() private text = '';
  @state() private duration = '1000';
  @state() private comment = '';
  @state() private result: DryRun | null = null;
  @state() private interlocks: Interlock[] = [];
  @state() private isChecking = false;
  @state() private problem = '';
  @state() private steps: TimedStep[] = [];
  @state() private selection: { id: string; until: number } | null = null;
  @query('tw-dialog') private dialog!: TwDialog;
  #watch: PointWatch | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ticking: ReturnType<typeof setInterval> | undefined;
  #asking = new AbortController();
  #correlationId = '';
  #goesOn = false;

  constructor() {
    super();
    new Watch(this, live);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watch = live.watchPoints([this.point.name], () => this.requestUpdate());
    // The remaining time of a selection.
    this.#ticking = setInterval(() => this.selection && this.requestUpdate(), 500);
    if (this.#isBool) this.text = 'true';
    if (this.preset) this.#takePreset(this.preset);
    this.#checkSoon();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watch?.close();
    clearTimeout(this.#timer);
    clearInterval(this.#ticking);
    this.#asking.abort();
  }

  #takePreset({ kind, value, durationMs }: WritePreset): void {
    this.kind = kind;
    if (value !== undefined) this.text = String(value);
    if (durationMs !== undefined) this.duration = String(durationMs);
    this.#goesOn = true;
  }

  get #isBool(): boolean {
    return this.point.type === 'bool';
  }
  get #isNumber(): boolean {
    return this.point.type === 'double' || this.point.type === 'int';
  }

  /** undefined: not a value yet. */
  get #value(): PlainValue | undefined {
    if (this.#isBool) return this.text === 'true';
    if (!this.#isNumber) return this.text;
    const read = this.#read;
    return 'value' in read ? read.value : undefined;
  }
  get #read(): NumberRead {
    return readNumber(this.text, this.point.type === 'int');
  }

  get #wish(): CommandWish | null {
    const value = this.kind === 'toggle' ? undefined : this.#value;
    if (this.kind !== 'toggle' && value === undefined) return null;
    const durationMs = this.kind === 'pulse' ? Number(this.duration) : undefined;
    return { point: this.point.name, value, type: this.kind, durationMs, comment: this.comment.trim() };
  }

  #checkSoon(): void {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.result = null;
    this.interlocks = [];
    this.problem = '';
    this.isChecking = this.#wish !== null;
    this.#timer = setTimeout(() => void this.#check(), checkFor);
  }

  async #check(): Promise<void> {
    const wish = this.#wish;
    if (!wish) return;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const result = await dryRun(wish, signal);
      this.interlocks = await explain(result, signal);
      this.result = result;
      if (this.#goesOn) this.#confirmNext();
    } catch (problem) {
      if (isAbort(problem)) return;
      this.problem = textOf(problem);
    }
    this.isChecking = false;
  }

  #review(event: Event): void {
    event.preventDefault();
    this.#confirmNext();
  }

  #confirmNext(): void {
    this.#goesOn = false;
    if (!this.#wish || !this.result) return;
    // One click is one command: sent again with the same number it does nothing twice.
    this.#correlationId = newId();
    this.stage = 'confirm';
  }

  async #select(): Promise<void> {
    this.problem = '';
    try {
      const selection = await live.select(this.point.name);
      this.selection = { id: selection.selection_id, until: Date.parse(selection.expires) };
    } catch (problem) {
      this.problem = textOf(problem);
    }
  }

  async #send(): Promise<void> {
    const wish = this.#wish;
    if (!wish) return;
    this.stage = 'sent';
    this.steps = [];
    this.interlocks = [];
    this.problem = '';
    try {
      const selectionId = this.selection?.id;
      const last = await live.command({ ...wish, selectionId, correlationId: this.#correlationId }, (step) => this.#told(step));
      if (last.interlockId) this.interlocks = await explainAll([last.interlockId]);
    } catch (problem) {
      this.problem = textOf(problem);
    }
    this.selection = null;
  }

  #told(step: CommandStep): void {
    this.steps = [...this.steps, { step, at: now() }];
  }

  async #takeBack(): Promise<void> {
    const id = this.steps[0]?.step.commandId;
    if (!id) return;
    try {
      await live.cancel(id);
    } catch (problem) {
      this.problem = textOf(problem);
    }
  }

  #again(): void {
    this.stage = 'form';
    this.#checkSoon();
  }

  #field(change: () => void): void {
    change();
    this.#checkSoon();
  }

  #valueInput(): TemplateResult {
    const text = texts.write;
    if (this.#isBool) {
      return html`<fieldset>
        <legend>${text.value}</legend>
        ${(['true', 'false'] as const).map(
          (each) =>
            html`<label
              ><input
                type="radio"
                name="value"
                .checked=${this.text === each}
                @change=${() => this.#field(() => (this.text = each))}
              />${formatValue(each === 'true')}</label
            >`,
        )}
      </fieldset>`;
    }
    const read = this.#isNumber && this.text.trim() !== '' ? this.#read : null;
    const problem = read && 'problem' in read ? read.problem : '';
    return html`<div class="input">
        <label class="field"
          >${text.value}
          <input
            autofocus
            autocomplete="off"
            inputmode=${this.#isNumber ? 'decimal' : 'text'}
            aria-invalid=${problem ? 'true' : 'false'}
            .value=${this.text}
            @input=${(event: Event) => this.#field(() => (this.text = (event.target as HTMLInputElement).value))}
          />
        </label>
        <span class="unit">${this.point.unit}</span>
      </div>
      ${problem ? html`<p class="wrong small" role="alert">${problem}</p>` : ''}`;
  }

  #form(): TemplateResult {
    const text = texts.write;
    const kinds: Kind[] = this.#isBool ? ['write', 'toggle', 'pulse'] : ['write', 'pulse'];
    return html`<form class="stack" @submit=${this.#review}>
      <fieldset>
        <legend>${text.kind}</legend>
        ${kinds.map(
          (each) =>
            html`<label
              ><input
                type="radio"
                name="kind"
                .checked=${this.kind === each}
                @change=${() => this.#field(() => (this.kind = each))}
              />${text.kinds[each]}</label
            >`,
        )}
      </fieldset>
      ${this.kind === 'toggle' ? '' : this.#valueInput()}
      ${this.kind === 'pulse'
        ? html`<label class="field"
            >${text.duration}
            <input
              type="number"
              min="10"
              max="3600000"
              step="10"
              title=${text.durationRange}
              .value=${this.duration}
              @input=${(event: Event) => this.#field(() => (this.duration = (event.target as HTMLInputElement).value))}
            />
          </label>`
        : ''}
      <label class="field"
        >${texts.common.commentOptional}
        <input
          maxlength="1000"
          placeholder=${text.commentHint}
          .value=${this.comment}
          @input=${(event: Event) => (this.comment = (event.target as HTMLInputElement).value)}
        />
      </label>
      ${this.problem ? html`<tw-error .text=${this.problem}></tw-error>` : dryRunView(this.result, this.interlocks, this.isChecking)}
      <button hidden></button>
    </form>`;
  }

  #selectionView(): TemplateResult {
    const text = texts.write;
    if (this.result?.confirm !== 'select') return html``;
    const left = this.selection ? Math.ceil((this.selection.until - now()) / 1000) : 0;
    if (left > 0) return html`<p role="status">${text.selected(left)}</p>`;
    return html`<p role="status">${this.selection ? text.selectionOver : text.needsSelect}</p>
      <button ?disabled=${!live.isOnline} @click=${this.#select}>${text.select}</button>`;
  }

  #confirm(): TemplateResult {
    const duration = formatDuration(Number(this.duration));
    return html`<p class="question">${question(this.point, this.kind, this.result?.value ?? null, duration)}</p>
      <p>${presentView(live.point(this.point.name), this.point.unit)}</p>
      ${dryRunView(this.result, this.interlocks, false)} ${this.#selectionView()}
      ${this.problem ? html`<tw-error .text=${this.problem}></tw-error>` : ''}`;
  }

  #course(): TemplateResult {
    return html`${stepsView(this.steps, this.point)} ${this.interlocks.map(interlockView)}
    ${this.problem ? html`<tw-error .text=${this.problem}></tw-error>` : ''}`;
  }

  get #isOver(): boolean {
    const last = this.steps[this.steps.length - 1];
    return this.problem !== '' || (last !== undefined && isFinal(last.step.status));
  }

  #buttons(): TemplateResult {
    const text = texts.write;
    const close = html`<button slot="buttons" @click=${() => this.dialog.close()}>
      ${this.stage === 'sent' ? texts.common.close : texts.common.cancel}
    </button>`;
    if (this.stage === 'form') {
      return html`${close}<button slot="buttons" class="primary" ?disabled=${!this.result} @click=${this.#review}>
          ${text.review}
        </button>`;
    }
    if (this.stage === 'confirm') {
      const isSelected = this.result?.confirm !== 'select' || (this.selection?.until ?? 0) > now();
      return html`${close}<button slot="buttons" @click=${this.#again}>${text.back}</button>
        <button slot="buttons" class="primary" ?disabled=${!live.isOnline || !isSelected} @click=${this.#send}>
          ${text.send}
        </button>`;
    }
    if (this.#isOver) return html`${close}<button slot="buttons" @click=${this.#again}>${text.sendAgain}</button>`;
    return html`${close}<button slot="buttons" ?disabled=${this.steps.length === 0} @click=${this.#takeBack}>
        ${text.cancelCommand}
      </button>`;
  }

  override render() {
    const stages: Record<Stage, () => TemplateResult> = {
      form: () => this.#form(),
      confirm: () => this.#confirm(),
      sent: () => this.#course(),
    };
    return html`<tw-dialog
      .heading=${texts.write.title(this.point.name)}
      @closed=${() => this.dispatchEvent(new Event('closed'))}
    >
      <div class="stack">
        ${this.point.description ? html`<p class="muted">${this.point.description}</p>` : ''}
        <p class="now">
          <span class="muted small">${texts.write.now}</span>
          <tw-value sign exact .point=${this.point.name} .unit=${this.point.unit}></tw-value>
        </p>
        ${live.isOnline ? '' : html`<tw-error .text=${texts.write.offline}></tw-error>`} ${stages[this.stage]()}
      </div>
      ${this.#buttons()}
    </tw-dialog>`;
  }
}
