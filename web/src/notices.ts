// SPDX-License-Identifier: Apache-2.0
import { alarmBook } from './alarms';
import { formatExact, formatValue } from './format';
import { isFinal, live, type PlainValue, type Severity } from './live';
import { Observable } from './observable';
import { router } from './router';
import { session } from './session';
import { texts } from './texts';

const mostShown = 3;
const shownFor = 6_000; // ms
const alarmShownFor = 12_000;

export interface Notice {
  id: number;
  kind: 'info' | 'success' | 'error' | Severity;
  text: string;
  detail?: string;
  /** Where more of it stands. */
  href?: string;
  /** ms; 0: until somebody dismisses it. */
  lasts: number;
}

interface CommandEvent {
  command_id: string;
  point: string | null;
  status: string;
  actual_value: PlainValue;
  error?: string;
  message?: string;
}

/** What is told on every page: a new alarm, a finished command, and what pages have to say. */
class Notices extends Observable {
  shown: Notice[] = [];
  /** That gave way to newer ones. */
  left = 0;
  /** Counts the modal dialogs that have opened. */
  dialogs = 0;
  #nextId = 0;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #endEvents: (() => void) | null = null;

  start(): void {
    alarmBook.onRaised((alarm) =>
      this.add({
        kind: alarm.severity,
        text: texts.notices.alarm(texts.severities[alarm.severity] ?? alarm.severity, alarm.rule_name),
        detail: alarm.area,
        href: router.href('alarms', { rule: String(alarm.rule_id) }),
        lasts: alarmShownFor,
      }),
    );
    session.observe(() => this.#sessionChanged());
    this.#sessionChanged();
  }

  add(notice: Omit<Notice, 'id' | 'lasts'> & { lasts?: number }): void {
    const id = ++this.#nextId;
    const lasts = notice.lasts ?? shownFor;
    // An alarm that comes again is told once, as it is now.
    const older = this.shown.find(({ href }) => href !== undefined && href === notice.href);
    if (older) this.dismiss(older.id);
    this.shown = [...this.shown, { ...notice, id, lasts }];
    if (lasts > 0) this.#timers.set(id, setTimeout(() => this.dismiss(id), lasts));
    while (this.shown.length > mostShown) {
      this.left += 1;
      this.dismiss(leastOf(this.shown).id);
    }
    this.changed();
  }

  /** A modal dialog has opened: it covers what was in front before. */
  dialogOpened(): void {
    this.dialogs += 1;
    this.changed();
  }

  error(text: string, detail?: string): void {
    this.add({ kind: 'error', text, detail });
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.shown = this.shown.filter((each) => each.id !== id);
    if (this.shown.length === 0) this.left = 0;
    this.changed();
  }

  #sessionChanged(): void {
    const isAllowed = session.state === 'in' && session.maySome('commands:read');
    if (isAllowed && !this.#endEvents) {
      this.#endEvents = live.watchTopic('events/command', (batch) => {
        for (const event of batch.events) this.#commandStep(event as unknown as CommandEvent);
      });
    } else if (!isAllowed) {
      this.#endEvents?.();
      this.#endEvents = null;
    }
  }

  /** Of the writes that a pulse is made of, `<id>/on`, only the pulse counts. */
  #commandStep(step: CommandEvent): void {
    if (!isFinal(step.status) || step.command_id.includes('/')) return;
    const isDone = step.status === 'succeeded';
    const why = step.error ?? step.message;
    this.add({
      kind: isDone ? 'success' : 'error',
      text: texts.notices.command[step.status]?.(step.point ?? '') ?? step.status,
      detail: isDone && step.actual_value !== null ? texts.notices.reads(formatValue(step.actual_value, formatExact)) : why,
    });
  }
}

const weights: Record<Notice['kind'], number> = { success: 0, info: 0, minor: 1, error: 2, major: 2, critical: 3 };

/** Which gives way: the oldest of the least weight, so that no finished command hides an alarm. */
function leastOf(shown: readonly Notice[]): Notice {
  return shown.reduce((least, each) => (weights[each.kind] < weights[least.kind] ? each : least));
}

export const notices = new Notices();
