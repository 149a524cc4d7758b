// SPDX-License-Identifier: Apache-2.0
import { html, type TemplateResult } from 'lit';
import { now } from '../clock';
import { exactWithUnit, formatDuration, qualityOf, zone } from '../format';
import { hasFailed, type CommandStep, type PointValue } from '../live';
import type { PointInfo } from '../pointinfo';
import { texts } from '../texts';
import type { DryRun, Interlock, InterlockCondition } from './dryrun';

function condition({ hidden, text, is_met: isMet, found }: InterlockCondition): TemplateResult {
  if (hidden) return html`<li class="muted">${texts.write.conditionHidden}</li>`;
  const word = isMet ? texts.write.conditionMet : texts.write.conditionNotMet;
  return html`<li>
    <span class=${isMet ? 'muted' : 'unmet'}>${isMet ? '✓' : '✕'} ${text ?? ''} – ${word}</span>
    ${found === undefined || found === null ? '' : html`<span class="muted small">${texts.write.found(String(found))}</span>`}
  </li>`;
}

/** Why an interlock is in the way: each condition, and what was found. */
export function interlockView(interlock: Interlock): TemplateResult {
  return html`<div class="interlock">
    <h3>${texts.write.interlock(interlock.id, interlock.name)}</h3>
    ${interlock.is_tripped ? html`<p>${texts.write.tripped}</p>` : ''}
    <ul>
      ${(interlock.conditions ?? []).map(condition)}
    </ul>
  </div>`;
}

/** What the dry run told, before anything is sent. */
export function dryRunView(result: DryRun | null, interlocks: readonly Interlock[], isChecking: boolean): TemplateResult {
  if (!result) return html`<p class="muted check" role="status">${isChecking ? texts.write.checking : ''}</p>`;
  const verdict = result.would_be_sent
    ? html`<p class="check">✓ ${texts.write.wouldBeSent}</p>`
    : html`<p class="check wrong">✕ ${texts.write.wouldNot(result.obstacle?.message ?? '')}</p>`;
  return html`<div role="status" class="stack">
    ${verdict} ${interlocks.map(interlockView)}
    ${result.warnings.map((each) => html`<p class="advice"><strong>${texts.write.warning}:</strong> ${each}</p>`)}
    ${result.confirm === 'select' ? html`<p>${texts.write.needsSelect}</p>` : ''}
    ${result.confirm === 'second_person' ? html`<p>${texts.write.needsSecond}</p>` : ''}
  </div>`;
}

export interface TimedStep {
  step: CommandStep;
  at: number;
}

/** The course of a command, with what was read back. */
export function stepsView(steps: readonly TimedStep[], point: PointInfo): TemplateResult {
  return html`<div role="status">
    <h3>${texts.write.steps}</h3>
    <ol class="steps">
      ${steps.map(({ step, at }) => {
        const why = step.error ?? step.message;
        return html`<li class=${hasFailed(step.status) ? 'wrong' : ''}>
          <span class="muted small">${zone.time(at)}</span>
          <strong>${texts.write.states[step.status] ?? step.status}</strong>
          ${why ? html`<div>${why}</div>` : ''}
          ${step.status === 'succeeded' && step.actualValue !== null
            ? html`<div>${texts.write.readBack(exactWithUnit(step.actualValue, point.unit))}</div>`
            : ''}
        </li>`;
      })}
    </ol>
  </div>`;
}

/** What the person is asked to confirm, in one sentence. */
export function question(point: PointInfo, kind: string, value: DryRun['value'], durationText: string): string {
  if (kind === 'toggle') return texts.write.confirmToggle(point.name);
  const shown = typeof value === 'string' ? `"${value}"` : exactWithUnit(value, point.unit);
  if (kind === 'pulse') return texts.write.confirmPulse(shown, point.name, durationText);
  return texts.write.confirmWrite(shown, point.name);
}

/** What the point reads, or read last: a value that is not good never looks like the present one. */
export function presentView(point: PointValue | undefined, unit: string): string {
  const { level, text } = qualityOf(point);
  if (!point || level === 'none' || point.value === null) return texts.write.neverRead;
  const value = exactWithUnit(point.value, unit);
  return level === 'good' ? texts.write.wasNow(value) : texts.write.wasLast(value, text, formatDuration(now() - Date.parse(point.time ?? '')));
}
