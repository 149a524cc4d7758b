// SPDX-License-Identifier: Apache-2.0
// An event in one line.
import { formatExact, formatValue } from '../../format';
import type { PlainValue, Severity, WireEvent } from '../../live';
import { texts } from '../../texts';

const word = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

export function kindText(kind: string): string {
  return texts.log.events.kinds[kind] ?? kind.replaceAll('_', ' ');
}

export function severityOf(event: WireEvent): Severity | null {
  const { severity } = event;
  // Over is over: what is OK again calls for nobody.
  if (event.type === 'alarm' && event.state === 'OK') return null;
  return severity === 'minor' || severity === 'major' || severity === 'critical' ? severity : null;
}

export function describe(event: WireEvent): string {
  const text = texts.log.events;
  switch (event.type) {
    case 'alarm':
      return [
        text.alarm(word(event.rule_name), word(event.previous), word(event.state)),
        event.value === undefined || event.value === null ? '' : text.value(formatValue(event.value as PlainValue, formatExact)),
        ownMessage(event),
      ]
        .filter(Boolean)
        .join(', ');
    case 'alarm_condition':
      return [
        text.alarm(word(event.rule_name), word(event.previous_condition), word(event.condition)),
        event.by ? text.by(word(event.by)) : '',
        word(event.comment),
      ]
        .filter(Boolean)
        .join(', ');
    case 'trigger':
      return text.trigger(
        word(event.tag_name) || word(event.tag_id),
        text.directions[word(event.direction)] ?? word(event.direction),
        word(event.trigger_name),
      );
    case 'command': {
      const status = texts.write.states[word(event.status)] ?? word(event.status);
      const why = word(event.error) || word(event.message);
      return text.command(word(event.point) || word(event.command_id), why ? `${status}, ${why}` : status);
    }
    default:
      return word(event.text) || word(event.message) || JSON.stringify(rest(event));
  }
}

/** What the rule's author wrote; "Rule Boiler hot -> ALARM" says nothing more. */
function ownMessage({ message, rule_name: rule, state }: WireEvent): string {
  return message === `Rule ${word(rule)} -> ${word(state)}` ? '' : word(message);
}

function rest({ seq: _seq, t: _t, type: _type, source: _source, ...others }: WireEvent): object {
  return others;
}
