// SPDX-License-Identifier: Apache-2.0
// The manifest that somebody works on. It outlives the page, so that a look elsewhere loses nothing.
import { live, type WireEvent } from '../../live';
import { Observable } from '../../observable';
import { RestError, rest, textOf } from '../../rest';
import { session } from '../../session';
import { texts } from '../../texts';

export const path = '/api/v1/manifest';
export const patience = 60_000; // ms: a large manifest is checked in another process
const longest = 16 * 1024 * 1024; // bytes
const askAgainAfter = 1_000;
const noNewsAfter = 40_000; // ms; what does not come up is taken back within 30 s
const mostEvents = 200;

export interface ManifestState {
  file: string;
  text: string;
  hash: string;
  is_running: boolean;
  version: number;
  documents: { file: string; hash: string | null }[];
  can_apply: boolean;
  why_not?: string;
}
export interface Problem {
  severity: 'error' | 'warning';
  file: string;
  line: number;
  column: number;
  path: string;
  message: string;
}
/** What became of a version that was applied. `back`: it was taken back. `other`: somebody has applied a later one. */
export interface Outcome {
  version: number;
  state: 'going' | 'runs' | 'back' | 'other';
  now: number;
  /** What the program says to it. */
  told: string;
}

/** Of a 422. */
export function problemsOf(problem: unknown): Problem[] | null {
  if (!(problem instanceof RestError) || problem.status !== 422) return null;
  const { problems } = problem.body as { problems?: Problem[] };
  return Array.isArray(problems) ? problems : null;
}

class ManifestDesk extends Observable {
  loaded: ManifestState | null = null;
  /** As it stands in the editor. */
  text = '';
  problem = '';
  /** Of the last check; null: there was none. */
  problems: Problem[] | null = null;
  /** The text that was checked is another one. */
  isCheckOld = false;
  /** Somebody else's, which stands in the file by now. */
  theirs: ManifestState | null = null;
  outcome: Outcome | null = null;
  #owner = '';
  #wasLost = false;
  /** What was applied is the text of the editor, no older version. */
  #isMine = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #endEvents: (() => void) | null = null;
  #isJudging = false;
  #isJudgeDue = false;
  /** ms since 1970; from then on what stands in the file does not matter. */
  #newsBy = 0;

  constructor() {
    super();
    live.observe(() => this.#linkChanged());
    session.observe(() => this.#forgetOthers());
  }

  get isChanged(): boolean {
    return this.loaded !== null && this.text !== this.loaded.text;
  }

  edit(text: string): void {
    this.text = text;
    this.isCheckOld = true;
    this.changed();
  }

  reset(): void {
    this.text = this.loaded?.text ?? '';
    this.problems = null;
    this.theirs = null;
    this.changed();
  }

  /** What is typed and not applied stays. */
  async load(): Promise<void> {
    this.#owner = session.fullName;
    this.listen();
    try {
      const state = await rest<ManifestState>(path, { timeoutMs: patience });
      if (!this.isChanged) {
        if (this.text !== state.text) this.problems = null;
        this.text = state.text;
        this.loaded = state;
      } else if (this.loaded?.hash === state.hash) {
        this.loaded = state;
      } else {
        // The base stays what was changed, so that the server finds the conflict.
        this.loaded = { ...state, text: this.loaded?.text ?? '', hash: this.loaded?.hash ?? '' };
      }
      this.problem = '';
    } catch (problem) {
      this.problem = textOf(problem);
    }
    this.changed();
  }

  async check(): Promise<void> {
    const { text } = this;
    this.#mustFit();
    const { problems } = await rest<{ problems: Problem[] }>(`${path}/check`, { method: 'POST', body: { text }, timeoutMs: patience });
    this.#found(problems, text);
  }

  /** Throws what the server says; a 409 leaves `theirs`, a 422 `problems`. */
  async apply(comment: string, base = this.loaded?.hash ?? ''): Promise<void> {
    const { text } = this;
    this.#mustFit();
    try {
      const body = { text, comment, base_hash: base };
      const { version } = await rest<{ version: number }>(path, { method: 'PUT', body, timeoutMs: patience });
      this.theirs = null;
      if (this.loaded) this.loaded = { ...this.loaded, text };
      this.problems = null;
      this.follow(version, true);
    } catch (problem) {
      const problems = problemsOf(problem);
      if (problems) this.#found(problems, text);
      if (problem instanceof RestError && problem.status === 409) {
        this.theirs = await rest<ManifestState>(path, { timeoutMs: patience });
        this.changed();
      }
      throw problem;
    }
  }

  /** Somebody changed the file itself: the program goes on with what stands there. */
  async readAgain(): Promise<void> {
    try {
      const { version } = await rest<{ version: number }>(`${path}/reload`, { method: 'POST', body: {}, timeoutMs: patience });
      this.problems = null;
      this.follow(version);
    } catch (problem) {
      const problems = problemsOf(problem);
      if (problems) this.#found(problems, this.text);
      throw problem;
    }
  }

  takeTheirs(): void {
    if (this.theirs) this.loaded = this.theirs;
    this.reset();
  }

  /** Tells what becomes of a version that the server has taken. */
  follow(version: number, isMine = false): void {
    this.#isMine = isMine;
    this.outcome = { version, state: 'going', now: 0, told: '' };
    this.#wasLost = !live.isOnline;
    this.#newsBy = Date.now() + noNewsAfter;
    this.listen();
    this.#judgeIn(noNewsAfter);
    this.changed();
  }

  /** For what the program tells of a change; before one is made, so that nothing is missed. */
  listen(): void {
    if (this.#endEvents || !session.maySome('events:read')) return;
    this.#endEvents = live.watchTopic('events/system', ({ events }) => {
      if (events.some(({ kind }) => kind === 'manifest')) void this.#judge();
    });
  }

  #found(problems: Problem[], text: string): void {
    this.problems = problems;
    this.isCheckOld = text !== this.text;
    this.changed();
  }

  #mustFit(): void {
    if (new Blob([this.text]).size > longest) throw new Error(texts.configuration.manifest.tooLong);
  }

  /** Where the gateway differs it is stopped too; what comes back may be the new one, or soon the one before. */
  #linkChanged(): void {
    if (!this.outcome) return;
    if (!live.isOnline) this.#wasLost = true;
    else if (this.#wasLost) void this.#judge();
  }

  #judgeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#judge(), ms);
  }

  /** Looks what runs. Once it was taken back or followed by another, what comes later is somebody else's. */
  async #judge(): Promise<void> {
    this.#isJudgeDue = true;
    if (this.#isJudging) return;
    this.#isJudging = true;
    while (this.#isJudgeDue) {
      this.#isJudgeDue = false;
      clearTimeout(this.#timer);
      await this.#judgeOnce();
    }
    this.#isJudging = false;
  }

  async #judgeOnce(): Promise<void> {
    const { outcome } = this;
    if (!outcome || outcome.state === 'back' || outcome.state === 'other') return;
    try {
      if (this.#wasLost) await session.refresh();
      const state = await rest<ManifestState>(path, { timeoutMs: patience });
      const told = await this.#told();
      if (this.outcome !== outcome) return;
      this.#wasLost = false;
      const isTold = told.startsWith(`version ${outcome.version} `);
      const isComing = state.version === outcome.version && !state.is_running && !isTold;
      if (isComing && Date.now() < this.#newsBy) return this.#judgeIn(askAgainAfter);
      this.#settle(outcome, state, isTold ? told : outcome.told);
      await this.load();
    } catch (problem) {
      if (problem instanceof RestError && (problem.status === 401 || problem.status === 403)) return;
      this.#judgeIn(askAgainAfter);
    }
  }

  /** The base of the text stays where the file holds what this page has not seen: then the server finds the conflict. */
  #settle({ version }: Outcome, { version: now, hash, is_running: isRunning }: ManifestState, told: string): void {
    const state = now === version ? 'runs' : now < version ? 'back' : 'other';
    this.outcome = { version, state, now, told };
    if (!this.#isMine || !this.loaded || !isRunning || state === 'other') return;
    // What was taken back stands in the editor as a change of what runs.
    this.loaded = { ...this.loaded, hash, text: state === 'runs' ? this.loaded.text : '' };
    if (state === 'back') this.#isMine = false;
  }

  /** "version 5 of the manifest runs: 1 replaced (plc1)" */
  async #told(): Promise<string> {
    if (!session.maySome('events:read')) return '';
    const events = await rest<WireEvent[]>('/api/v1/events', { query: { type: 'system', limit: mostEvents } });
    const newest = events.filter(({ kind }) => kind === 'manifest').at(-1);
    return typeof newest?.text === 'string' ? newest.text : '';
  }

  #forgetOthers(): void {
    if (!this.#owner || session.state === 'unreachable' || this.#owner === session.fullName) return;
    this.#owner = '';
    this.loaded = null;
    this.text = '';
    this.problems = null;
    this.theirs = null;
    this.outcome = null;
    clearTimeout(this.#timer);
    this.#endEvents?.();
    this.#endEvents = null;
    this.changed();
  }
}

export const desk = new ManifestDesk();
