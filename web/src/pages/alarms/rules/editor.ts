// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../../elements/tw-dialog';
import '../../../elements/tw-error';
import { zone } from '../../../format';
import { icon } from '../../../icons';
import { notices } from '../../../notices';
import { Watch } from '../../../observable';
import { RestError, rest, textOf } from '../../../rest';
import { router } from '../../../router';
import { session } from '../../../session';
import { shared } from '../../../styles/shared';
import { texts } from '../../../texts';
import './conflict';
import { Drafts } from './drafts';
import { editorStyles } from './editorstyles';
import { noErrors, readErrors, type RuleErrors } from './errors';
import './form';
import type { DraftEvent } from './form';
import { bodyOf, mayChange, type AlarmRule, type JsonObject } from './rule';
import './versions';
import type { TakeEvent } from './versions';

const path = '/api/v1/alarm-rules';
const drafts = new Drafts();

/** Makes, shows and changes one rule. Tells `changed` when the server has taken something, `closed` when it is left. */
@customElement('rule-editor')
export class RuleEditor extends LitElement {
  static override styles = [shared, editorStyles];
  /** A number, or "new". */
  @property() which = 'new';
  /** Of a new rule: the number of the one that it begins as. */
  @property() copyOf = '';
  @state() private rule: AlarmRule | null = null;
  @state() private draft: JsonObject | null = null;
  @state() private errors: RuleErrors = noErrors;
  @state() private problem = '';
  @state() private conflict: AlarmRule | 'gone' | null = null;
  @state() private isBusy = false;
  @state() private wasKept = false;
  @state() private dialog: 'remove' | 'versions' | null = null;
  @state() private instances: string[] = [];
  @state() private instance = '';
  #asked = '';

  constructor() {
    super();
    new Watch(this, session, zone);
  }

  get #isNew(): boolean {
    return this.which === 'new';
  }
  get #isReadOnly(): boolean {
    return !this.#isNew && (!this.rule || !mayChange(this.rule));
  }

  override willUpdate(): void {
    const wanted = `${this.which} ${this.copyOf}`;
    if (wanted === this.#asked) return;
    this.#asked = wanted;
    this.rule = this.draft = this.conflict = null;
    this.#forget();
    void (this.#isNew ? this.#begin() : this.#load());
  }

  #forget(): void {
    this.errors = noErrors;
    this.problem = '';
  }

  /** A new one: empty, or as another one is. */
  async #begin(): Promise<void> {
    void this.#loadInstances();
    const kept = this.copyOf ? null : drafts.get('new');
    this.wasKept = kept !== null;
    if (kept || !this.copyOf) {
      this.draft = kept ?? { name: '', comparison: 'above', severity: 'major' };
      return;
    }
    try {
      const { id: _id, version: _version, from_manifest: _from, changed_by: _by, changed_at: _at, ...other } = await this.#read(this.copyOf);
      this.draft = { ...(other as JsonObject), name: texts.alarmRules.copyName(String(other.name)) };
    } catch (problem) {
      this.problem = textOf(problem);
    }
  }

  #read(id: string): Promise<AlarmRule> {
    return rest<AlarmRule>(`${path}/${encodeURIComponent(id)}`);
  }

  async #load(): Promise<void> {
    try {
      const rule = await this.#read(this.which);
      const kept = mayChange(rule) ? drafts.get(this.which) : null;
      this.rule = rule;
      this.wasKept = kept !== null;
      this.draft = kept ?? (rule as unknown as JsonObject);
    } catch (problem) {
      this.problem = textOf(problem);
    }
  }

  /** Where several instances watch alarms one has to be named. */
  async #loadInstances(): Promise<void> {
    try {
      const plugins = await rest<{ id: string; type: string }[]>('/api/v1/plugins');
      this.instances = plugins.filter(({ type }) => type === 'alarms').map(({ id }) => id);
      this.instance = this.instances[0] ?? '';
    } catch {
      this.instances = []; // not told to this caller: the server says when it has to be named
    }
  }

  #changed(event: DraftEvent): void {
    this.draft = event.draft;
    drafts.keep(this.which, event.draft);
  }

  #discard(): void {
    drafts.drop(this.which);
    this.#asked = '';
    this.requestUpdate();
  }

  async #save(event?: Event): Promise<void> {
    event?.preventDefault();
    if (!this.draft || this.isBusy || this.#isReadOnly) return;
    this.isBusy = true;
    this.#forget();
    try {
      const body = bodyOf(this.draft);
      const isSeveral = this.#isNew && this.instances.length > 1;
      const saved = await rest<AlarmRule>(this.#isNew ? path : `${path}/${this.which}`, {
        method: this.#isNew ? 'POST' : 'PUT',
        query: isSeveral ? { instance: this.instance } : {},
        body,
      });
      this.#saved(saved);
    } catch (problem) {
      await this.#refused(problem);
    } finally {
      this.isBusy = false;
    }
  }

  #saved(rule: AlarmRule): void {
    const text = texts.alarmRules;
    const wasNew = this.#isNew;
    drafts.drop(this.which);
    notices.add({ kind: 'success', text: wasNew ? text.created(rule.name, rule.id) : text.saved(rule.name, rule.version) });
    this.conflict = null;
    this.wasKept = false;
    this.dispatchEvent(new Event('changed'));
    if (wasNew) return router.replaceQuery({ rule: String(rule.id), copy: undefined });
    this.rule = rule;
    this.draft = rule as unknown as JsonObject;
  }

  async #refused(problem: unknown): Promise<void> {
    if (problem instanceof RestError && problem.status === 400) {
      this.errors = readErrors(problem.message);
      await this.updateComplete;
      this.renderRoot.querySelector('.problems')?.scrollIntoView({ block: 'nearest' });
      return;
    }
    const status = problem instanceof RestError ? problem.status : 0;
    if ((status === 409 || status === 404) && !this.#isNew && (await this.#isConflict())) return;
    this.problem = textOf(problem);
  }

  /** Somebody else was faster: what stands there now is shown beside what is here. */
  async #isConflict(): Promise<boolean> {
    try {
      const theirs = await this.#read(this.which);
      if (theirs.version === this.draft?.version) return false;
      this.conflict = theirs;
    } catch (problem) {
      if (!(problem instanceof RestError) || problem.status !== 404) return false;
      this.conflict = 'gone';
    }
    return true;
  }

  #takeTheirs(): void {
    drafts.drop(this.which);
    this.conflict = null;
    this.#asked = '';
    this.dispatchEvent(new Event('changed'));
    this.requestUpdate();
  }

  #keepMine(): void {
    if (!this.draft || this.conflict === 'gone' || !this.conflict) return;
    this.rule = this.conflict;
    this.draft = { ...this.draft, version: this.conflict.version };
    this.conflict = null;
    void this.#save();
  }

  #take(event: TakeEvent): void {
    this.dialog = null;
    if (!this.rule) return;
    this.draft = { ...(event.rule as unknown as JsonObject), version: this.rule.version };
    drafts.keep(this.which, this.draft);
  }

  async #remove(): Promise<void> {
    if (!this.rule) return;
    this.isBusy = true;
    this.#forget();
    try {
      // Deleting asks for no version: so look whether it is still the one that is shown.
      const now = await this.#read(this.which);
      if (now.version !== this.rule.version) throw new Error(texts.alarmRules.changedMeanwhile(now.version));
      await rest(`${path}/${this.which}`, { method: 'DELETE' });
      drafts.drop(this.which);
      notices.add({ kind: 'success', text: texts.alarmRules.removed(this.rule.name) });
      this.dispatchEvent(new Event('changed'));
      this.dispatchEvent(new Event('closed'));
    } catch (problem) {
      this.problem = textOf(problem);
    } finally {
      this.isBusy = false;
      this.dialog = null;
    }
  }

  #copy(): void {
    router.go('alarms', { tab: 'rules', rule: 'new', copy: this.which });
  }

  /** What the server says of no field that is shown, with how many fields are wrong. */
  #problems() {
    const text = texts.alarmRules;
    const count = this.errors.size;
    const loose = this.errors.get('') ?? '';
    if (count === 0 && !this.problem) return html`<div class="problems"></div>`;
    return html`<div class="problems">
      ${this.problem ? html`<tw-error .heading=${text.notSaved} .text=${this.problem}></tw-error>` : ''}
      ${count > 0 ? html`<tw-error .text=${loose || text.wrong(count)}></tw-error>` : ''}
    </div>`;
  }

  #buttons() {
    const text = texts.alarmRules;
    const { rule } = this;
    return html`<div class="row wrap">
      ${rule && !rule.from_manifest ? html`<button type="button" @click=${() => (this.dialog = 'versions')}>${text.versions.show}</button>` : ''}
      ${rule && session.maySome('alarms:admin') ? html`<button type="button" @click=${this.#copy}>${icon('copy')}${text.copy}</button>` : ''}
      ${rule && mayChange(rule) ? html`<button type="button" @click=${() => (this.dialog = 'remove')}>${icon('remove')}${text.remove}</button>` : ''}
      ${this.#isReadOnly
        ? ''
        : html`<button class="primary" ?disabled=${this.isBusy || !this.draft}>
            ${this.isBusy ? text.saving : this.#isNew ? text.create : text.save}
          </button>`}
    </div>`;
  }

  #about(rule: AlarmRule) {
    const text = texts.alarmRules;
    if (rule.from_manifest) return html`<p class="note">${text.readOnly}</p>`;
    const by = rule.changed_by ? text.by(rule.changed_by) : '';
    const when = rule.changed_at ? zone.row(rule.changed_at) : '';
    return html`<p class="muted small">${[text.version(rule.version), by, when].filter(Boolean).join(' · ')}</p>
      ${this.#isReadOnly ? html`<p class="note">${text.mayNot}</p>` : ''}`;
  }

  #dialogs(rule: AlarmRule) {
    const text = texts.alarmRules;
    const close = (): void => void (this.dialog = null);
    if (this.dialog === 'versions') {
      return html`<rule-versions .rule=${rule} .mayTake=${!this.#isReadOnly} @take=${this.#take} @closed=${close}></rule-versions>`;
    }
    if (this.dialog !== 'remove') return '';
    return html`<tw-dialog .heading=${text.removeTitle(rule.name)} @closed=${close}>
      <p>${text.removeHint}</p>
      <button slot="buttons" @click=${close}>${texts.common.cancel}</button>
      <button slot="buttons" class="primary" ?disabled=${this.isBusy} @click=${() => void this.#remove()}>${text.removeNow}</button>
    </tw-dialog>`;
  }

  #form(draft: JsonObject) {
    const text = texts.alarmRules;
    return html`${this.wasKept
        ? html`<p class="note row wrap">
            ${text.kept} <button type="button" @click=${this.#discard}>${text.discard}</button>
          </p>`
        : ''}
      ${this.conflict
        ? html`<rule-conflict
            .theirs=${this.conflict}
            .mine=${draft}
            @theirs=${this.#takeTheirs}
            @mine=${this.#keepMine}
          ></rule-conflict>`
        : ''}
      ${this.#isNew && this.instances.length > 1
        ? html`<label class="field instance"
            >${text.instance}
            <select @change=${(event: Event) => (this.instance = (event.target as HTMLSelectElement).value)}>
              ${this.instances.map((each) => html`<option ?selected=${each === this.instance}>${each}</option>`)}
            </select>
          </label>`
        : ''}
      <rule-form
        .draft=${draft}
        .errors=${this.errors}
        .isReadOnly=${this.#isReadOnly}
        .isNew=${this.#isNew}
        @draft=${this.#changed}
      ></rule-form>`;
  }

  override render() {
    const text = texts.alarmRules;
    const { rule, draft } = this;
    return html`<form novalidate @submit=${this.#save}>
        <header class="row wrap spread">
          <div class="row">
            <button type="button" class="quiet icon" aria-label=${text.back} title=${text.back} @click=${() => this.dispatchEvent(new Event('closed'))}>
              ${icon('back')}
            </button>
            <div>
              <h2>${this.#isNew ? text.makeTitle : text.edit(rule?.name ?? this.which)}</h2>
              ${rule ? this.#about(rule) : ''}
            </div>
          </div>
          ${this.#buttons()}
        </header>
        <div class="body stack" @keydown=${this.#key}>
          ${this.#problems()} ${draft ? this.#form(draft) : this.problem ? '' : html`<p class="muted">${texts.common.loading}</p>`}
        </div>
      </form>
      ${rule ? this.#dialogs(rule) : ''}`;
  }

  /** The fields stand in an element of their own, so Enter in one of them submits nothing by itself. */
  #key(event: KeyboardEvent): void {
    const target = event.composedPath()[0];
    if (event.key === 'Enter' && !event.defaultPrevented && target instanceof HTMLInputElement && target.type !== 'checkbox') {
      void this.#save(event);
    }
  }
}
