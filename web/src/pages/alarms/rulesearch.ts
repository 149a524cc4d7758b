// SPDX-License-Identifier: Apache-2.0
// Rules by words: the history knows numbers only.
import { RestError, restAnswer } from '../../rest';
import { texts } from '../../texts';
import type { AlarmRule } from './rules/rule';

const most = 1000; // as many as the server takes in one question
const perPage = 10_000;

export async function allRules(signal?: AbortSignal): Promise<AlarmRule[]> {
  const rules: AlarmRule[] = [];
  for (;;) {
    const { data, headers } = await restAnswer<AlarmRule[]>('/api/v1/alarm-rules', {
      query: { limit: perPage, offset: rules.length },
      signal,
    });
    for (const each of data) rules.push(each);
    if (data.length === 0 || rules.length >= Number(headers.get('X-Total-Count') ?? 0)) return rules;
  }
}

export function fitsWords(rule: AlarmRule, words: readonly string[]): boolean {
  const text = `${rule.id} ${rule.name} ${rule.area ?? ''} ${rule.point ?? ''} ${rule.group ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Numbers of rules. A number is one itself: also of a rule that is gone. */
export async function rulesThatFit(search: string, signal: AbortSignal): Promise<number[]> {
  const words = search.toLowerCase().split(/[\s,]+/).filter(Boolean);
  if (words.every((word) => /^-?\d{1,10}$/.test(word))) return words.slice(0, most).map(Number);
  const found = (await allRules(signal)).filter((rule) => fitsWords(rule, words)).map(({ id }) => id);
  if (found.length > most) throw new RestError(0, texts.alarms.history.tooManyRules(most));
  return found;
}
