// SPDX-License-Identifier: Apache-2.0
import { alarmBook, severityRank } from '../../alarms';
import type { Severity } from '../../live';
import { router } from '../../router';
import type { Status } from '../../status';
import { texts } from '../../texts';

/** Something that somebody should look at. */
export interface Problem {
  severity: Severity;
  text: string;
  detail?: string;
  href?: string;
}

/** What is not well, the worst first; nothing when all is. */
export function problemsOf(status: Status | null): Problem[] {
  const problems = [...alarmProblems(), ...(status ? [...pluginProblems(status), ...pointProblems(status), ...storageProblems(status)] : [])];
  return problems.sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
}

function alarmProblems(): Problem[] {
  const text = texts.overview.problem;
  const href = router.href('alarms');
  const severity = alarmBook.worst ?? 'minor';
  const active = alarmBook.active.length;
  const waiting = alarmBook.unacknowledged.length;
  if (active > 0) {
    const detail = waiting > 0 ? text.unacknowledged(waiting) : undefined;
    return [{ severity, text: text.alarms(active), detail, href }];
  }
  return waiting > 0 ? [{ severity, text: text.unacknowledged(waiting), href }] : [];
}

function pluginProblems({ instances }: Status): Problem[] {
  return instances
    .filter(({ state }) => state !== 'running')
    .map(({ id, state, text }) => ({
      severity: state === 'failed' ? 'critical' : 'major',
      text: texts.overview.problem.plugin(id, texts.overview.states[state] ?? state),
      detail: text,
    }));
}

function pointProblems({ points }: Status): Problem[] {
  const text = texts.overview.problem;
  const href = router.href('points');
  const found: Problem[] = [];
  if (points.bad > 0) found.push({ severity: 'major', text: text.points(points.bad), href });
  if (points.uncertain > 0) found.push({ severity: 'minor', text: text.uncertain(points.uncertain), href });
  return found;
}

function storageProblems({ history }: Status): Problem[] {
  const text = texts.overview.problem;
  return history.flatMap(({ instance, dropped, quarantined }) => {
    const found: Problem[] = [];
    if (dropped) found.push({ severity: 'critical', text: text.lost(dropped, instance) });
    if (quarantined) found.push({ severity: 'minor', text: text.quarantined(quarantined, instance) });
    return found;
  });
}
