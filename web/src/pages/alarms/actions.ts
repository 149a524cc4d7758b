// SPDX-License-Identifier: Apache-2.0
// What people do about alarms. By REST, as its answers tell why something was refused.
import { isOfHost, isTrip, isUnacknowledged } from '../../alarms';
import { live, type WireAlarm } from '../../live';
import { RestError, rest, textOf } from '../../rest';
import { session } from '../../session';
import { texts } from '../../texts';

type Word = 'ack' | 'comment' | 'shelve' | 'unshelve' | 'suppress' | 'unsuppress' | 'out-of-service' | 'in-service';
export type AlarmAction = Word | 'reset';

export interface ActionWish {
  comment?: string;
  /** One of the two for `shelve`. */
  durationS?: number;
  oneShot?: boolean;
}
export interface ActionFailure {
  alarm: WireAlarm;
  why: string;
}

/** As many as one request may acknowledge, and as many as may be chosen at once. */
export const mostChosen = 1000;
const atOnce = 4;

const rights: Record<Word, string> = {
  ack: 'alarms:ack',
  comment: 'alarms:ack',
  shelve: 'alarms:shelve',
  unshelve: 'alarms:shelve',
  suppress: 'alarms:admin',
  unsuppress: 'alarms:admin',
  'out-of-service': 'alarms:admin',
  'in-service': 'alarms:admin',
};

const fits: Record<Word, (alarm: WireAlarm) => boolean> = {
  ack: isUnacknowledged,
  comment: () => true,
  shelve: ({ condition }) => condition !== 'Shelved',
  unshelve: ({ condition }) => condition === 'Shelved',
  suppress: ({ condition }) => condition !== 'Suppressed-by-Design' && condition !== 'Out-of-Service',
  unsuppress: ({ condition }) => condition === 'Suppressed-by-Design',
  'out-of-service': ({ condition }) => condition !== 'Out-of-Service',
  'in-service': ({ condition }) => condition === 'Out-of-Service',
};

/** Whether the caller may, and whether it makes sense as the alarm stands. */
export function mayDo(action: AlarmAction, alarm: WireAlarm): boolean {
  if (action === 'reset') return isTrip(alarm) && session.may('interlocks:reset', String(-alarm.rule_id));
  if (isOfHost(alarm)) return false;
  return fits[action](alarm) && session.may(rights[action], alarm.area ?? '');
}

function bodyOf({ comment, durationS, oneShot }: ActionWish): object {
  return { comment: comment || undefined, duration_s: durationS, one_shot: oneShot || undefined };
}

async function one(action: AlarmAction, alarm: WireAlarm, wish: ActionWish): Promise<void> {
  const path =
    action === 'reset' ? `/api/v1/interlocks/${-alarm.rule_id}/reset` : `/api/v1/alarms/${alarm.rule_id}/${action}`;
  await rest(path, { method: 'POST', body: bodyOf(wish) });
}

async function acknowledgeMany(alarms: readonly WireAlarm[], comment?: string): Promise<ActionFailure[]> {
  interface Outcome {
    rule_id: number;
    ok: boolean;
    error?: string;
  }
  const { results } = await rest<{ results: Outcome[] }>('/api/v1/alarms/ack', {
    method: 'POST',
    body: { rule_ids: alarms.map(({ rule_id }) => rule_id), comment: comment || undefined },
    timeoutMs: 30_000,
  });
  const byRule = new Map(results.map((each) => [each.rule_id, each]));
  return alarms
    .filter(({ rule_id }) => !byRule.get(rule_id)?.ok)
    .map((alarm) => ({ alarm, why: byRule.get(alarm.rule_id)?.error ?? texts.live.noAnswer }));
}

/** Those that it did not work for, and why. Throws when nothing was sent. */
export async function carryOut(
  action: AlarmAction,
  alarms: readonly WireAlarm[],
  wish: ActionWish = {},
  progress: (done: number) => void = () => {},
): Promise<ActionFailure[]> {
  // What is shown may be old without a link: nobody should act on that.
  if (!live.isOnline) throw new RestError(0, texts.live.actionOffline);
  if (action === 'ack' && alarms.length > 1) return acknowledgeMany(alarms, wish.comment);
  const failures: ActionFailure[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let alarm = alarms[next++]; alarm; alarm = alarms[next++]) {
      try {
        await one(action, alarm, wish);
      } catch (problem) {
        failures.push({ alarm, why: textOf(problem) });
      }
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failures;
}
