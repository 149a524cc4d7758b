// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import type { TwDialog } from '../../elements/tw-dialog';
import { live } from '../../live';
import { newId } from '../../live/requests';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { rest, textOf } from '../../rest';
import { session } from '../../session';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { tilePart, tileStyles } from './tilestyles';

interface Scene {
  id: number;
  name: string;
  steps: unknown[];
  points: string[];
  state: 'idle' | 'running' | 'stopping';
  command_id?: string;
  step?: number | string;
  last_run?: { status: string; message?: string } | null;
}

const renewEvery = 3_000; // ms

/** A scene: how it stands, run with a confirm step, stop. */
@customElement('panel-scene')
export class PanelScene extends LitElement {
  static override styles = [shared, tileStyles, tilePart];
  @property({ attribute: false }) scene = 0;
  @property() label = '';
  @state() private found: Scene | null = null;
  @state() private isAsked = false;
  /** Why it was not run or stopped. */
  @state() private refusal = '';
  @query('tw-dialog') private dialog!: TwDialog | null;
  #loader = new Loader(
    this,
    async (signal) => {
      this.found = await rest<Scene>(`/api/v1/scenes/${this.scene}`, { signal });
    },
    renewEvery,
  );

  constructor() {
    super();
    new Watch(this, live, session);
  }
  override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('scene')) return;
    this.refusal = '';
    void this.#loader.load();
  }

  #ask(): void {
    this.refusal = '';
    this.isAsked = true;
  }

  async #run(): Promise<void> {
    this.dialog?.close();
    const body = { correlation_id: newId(), wait_ms: 0 };
    await this.#try(() => rest(`/api/v1/scenes/${this.scene}/run`, { method: 'POST', body }));
  }

  async #stop(): Promise<void> {
    const id = this.found?.command_id;
    if (id) await this.#try(() => live.cancel(id));
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    this.refusal = '';
    try {
      await work();
      void this.#loader.load();
    } catch (problem) {
      this.refusal = textOf(problem);
    }
  }

  #question(scene: Scene) {
    return html`<tw-dialog .heading=${texts.panel.scene.question(scene.name)} @closed=${() => (this.isAsked = false)}>
      <ol>
        ${scene.steps.map((step) => html`<li>${typeof step === 'string' ? step : JSON.stringify(step)}</li>`)}
      </ol>
      <button slot="buttons" @click=${() => this.dialog?.close()}>${texts.common.cancel}</button>
      <button slot="buttons" class="primary" ?disabled=${!live.isOnline} @click=${this.#run}>${texts.panel.scene.run}</button>
    </tw-dialog>`;
  }

  override render() {
    const text = texts.panel.scene;
    const scene = this.found;
    const { problem } = this.#loader;
    if (!scene) return html`<p class=${problem ? 'wrong' : 'muted'}>${problem || texts.common.loading}</p>`;
    const mayRun = scene.points.every((point) => session.may('commands:write', point));
    const isIdle = scene.state === 'idle';
    const last = scene.last_run ? text.last(texts.write.states[scene.last_run.status] ?? scene.last_run.status) : '';
    return html`<p class="clip ${live.isOnline ? '' : 'doubt'}" title=${scene.last_run?.message ?? ''}>
        ${isIdle ? text.idle : text.running(String(scene.step ?? ''))} <span class="muted small">${last}</span>
      </p>
      ${[this.refusal, problem].map((why) => (why ? html`<p class="wrong" role="alert">${why}</p>` : ''))}
      ${!mayRun
        ? ''
        : isIdle
          ? html`<button class="act" aria-label="${this.label}: ${text.run}" @click=${this.#ask}>${text.run}</button>`
          : html`<button class="act" aria-label="${this.label}: ${text.stop}" @click=${this.#stop}>${text.stop}</button>`}
      ${this.isAsked ? this.#question(scene) : ''}`;
  }
}
