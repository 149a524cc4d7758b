// SPDX-License-Identifier: Apache-2.0
// Alarms that are heard, on every page: tones by severity while an active alarm waits to be acknowledged.
import { alarmBook, isUrgent, worstOf } from './alarms';
import type { Severity, WireAlarm } from './live';
import { Observable } from './observable';
import { preferences } from './preferences';
import { session } from './session';

interface Pattern {
  /** Hz, one after the other. */
  tones: number[];
  /** s from one to the next, and until the pattern begins anew. */
  step: number;
  every: number;
}

const patterns: Record<Severity, Pattern> = {
  critical: { tones: [988, 740, 988, 740, 988, 740], step: 0.16, every: 1.6 },
  major: { tones: [740, 740, 740], step: 0.26, every: 3 },
  minor: { tones: [587, 587], step: 0.34, every: 6 },
  info: { tones: [440], step: 0.4, every: 15 },
};
/** The session has ended, so that alarms can't be heard any more. */
const over: Pattern = { tones: [440, 330, 220], step: 0.4, every: 15 };
const loudness = 0.2;
const rampFor = 0.02; // s; a tone that begins or ends at once clicks

/** `off`; `blocked`: the browser waits for a click on this page; `silenced`: until a new alarm; `quiet`: nothing to hear. */
export type SoundState = 'off' | 'blocked' | 'quiet' | 'silenced' | 'sounding';

class AlarmSound extends Observable {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #playing: Pattern | null = null;
  /** Somebody was here since the session ended. */
  #isEndHeard = false;

  start(): void {
    alarmBook.onRaised(() => {
      if (preferences.silencedAt > 0) preferences.set({ silencedAt: 0 });
    });
    alarmBook.observe(() => this.#look());
    preferences.observe(() => this.#look());
    session.observe(() => {
      if (!session.isOver) this.#isEndHeard = false;
      this.#look();
    });
    // Browsers let nothing be heard before somebody has touched the page.
    const touched = (): void => {
      this.#isEndHeard = session.isOver;
      this.#look();
      if (preferences.sound) void this.#wake();
    };
    addEventListener('pointerdown', touched, { capture: true });
    addEventListener('keydown', touched, { capture: true });
    this.#look();
  }

  get state(): SoundState {
    if (!preferences.sound) return 'off';
    if (this.#context?.state !== 'running') return 'blocked';
    const waiting = this.#waiting();
    if (waiting.length === 0) return 'quiet';
    return waiting.some(isAfterSilence) ? 'sounding' : 'silenced';
  }

  /** By a click: only then the browser agrees. One tone tells how it will be. */
  async turnOn(): Promise<void> {
    preferences.set({ sound: true, silencedAt: 0 });
    await this.#wake();
    if (this.state === 'quiet') this.#play(patterns.info);
  }

  turnOff(): void {
    preferences.set({ sound: false, silencedAt: 0 });
    void this.#context?.suspend();
  }

  /** Until a new alarm comes. */
  silence(): void {
    const times = this.#waiting().map(({ ts }) => Date.parse(ts));
    preferences.set({ silencedAt: Math.max(0, ...times.filter((time) => !Number.isNaN(time))) });
  }

  #waiting(): WireAlarm[] {
    return [...alarmBook.alarms.values()].filter(isUrgent);
  }

  async #wake(): Promise<void> {
    try {
      this.#context ??= new AudioContext();
      this.#context.onstatechange = () => this.#look();
      if (this.#context.state !== 'running') await this.#context.resume();
    } catch {
      // No device for sound here: the state stays `blocked`.
    }
    this.#look();
  }

  #look(): void {
    const due = this.#due();
    if (due !== this.#playing) {
      clearTimeout(this.#timer);
      this.#playing = due;
      this.#repeat();
    }
    this.changed();
  }

  #due(): Pattern | null {
    if (this.state === 'sounding') {
      const worst = worstOf(this.#waiting().filter(isAfterSilence));
      return worst && (patterns[worst] ?? null);
    }
    const isEnd = preferences.sound && session.isOver && !this.#isEndHeard;
    return isEnd && this.#context?.state === 'running' ? over : null;
  }

  #repeat(): void {
    if (!this.#playing) return;
    this.#play(this.#playing);
    this.#timer = setTimeout(() => this.#repeat(), this.#playing.every * 1000);
  }

  #play({ tones, step }: Pattern): void {
    const context = this.#context;
    if (!context || context.state !== 'running') return;
    tones.forEach((frequency, index) => {
      const begin = context.currentTime + index * step;
      const end = begin + step * 0.85;
      const tone = new OscillatorNode(context, { type: 'triangle', frequency });
      const volume = new GainNode(context, { gain: 0 });
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(loudness, begin + rampFor);
      volume.gain.setValueAtTime(loudness, end - rampFor);
      volume.gain.linearRampToValueAtTime(0, end);
      tone.connect(volume).connect(context.destination);
      tone.start(begin);
      tone.stop(end);
    });
  }
}

function isAfterSilence(alarm: WireAlarm): boolean {
  return !(Date.parse(alarm.ts) <= preferences.silencedAt);
}

export const alarmSound = new AlarmSound();
