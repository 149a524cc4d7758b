// SPDX-License-Identifier: Apache-2.0
// Which lines differ between two texts, and how that is shown.
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';

const mostCells = 4_000_000; // of the table that finds what is common
const mostRows = 1500;
const around = 3; // lines shown about a change

interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
  /** In the text that it stands in; the new one, where in both. */
  line: number;
}
interface Difference {
  lines: DiffLine[];
  added: number;
  removed: number;
  /** Too much differs to look into it. */
  isCoarse: boolean;
}

/** Longest common subsequence; `length[i][j]` of what follows line i of one and j of the other. */
function commonTable(before: readonly string[], after: readonly string[]): Uint16Array {
  const wide = after.length + 1;
  const table = new Uint16Array((before.length + 1) * wide);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const here = i * wide + j;
      table[here] =
        before[i] === after[j] ? table[here + wide + 1]! + 1 : Math.max(table[here + wide]!, table[here + 1]!);
    }
  }
  return table;
}

function middle(before: readonly string[], after: readonly string[], first: number, isCoarse: boolean): DiffLine[] {
  const lines: DiffLine[] = [];
  const wide = after.length + 1;
  const table = isCoarse ? null : commonTable(before, after);
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const here = i * wide + j;
    if (table && i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ kind: 'same', text: after[j]!, line: first + j + 1 });
      i++;
      j++;
    } else if (i < before.length && (!table || j >= after.length || table[here + wide]! >= table[here + 1]!)) {
      lines.push({ kind: 'removed', text: before[i]!, line: first + ++i });
    } else {
      lines.push({ kind: 'added', text: after[j]!, line: first + ++j });
    }
  }
  return lines;
}

/** Line by line; what is the same at the beginning and the end costs nothing. */
function difference(before: string, after: string): Difference {
  const old = before.split('\n');
  const fresh = after.split('\n');
  const shorter = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < shorter && old[start] === fresh[start]) start++;
  let end = 0;
  while (end < shorter - start && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end++;
  const oldMiddle = old.slice(start, old.length - end);
  const newMiddle = fresh.slice(start, fresh.length - end);
  const isCoarse =
    Math.max(oldMiddle.length, newMiddle.length) > 65_000 || (oldMiddle.length + 1) * (newMiddle.length + 1) > mostCells;
  const changed = middle(oldMiddle, newMiddle, start, isCoarse);
  const same = (text: string, index: number): DiffLine => ({ kind: 'same', text, line: index + 1 });
  const lines = [
    ...fresh.slice(0, start).map(same),
    ...changed,
    ...fresh.slice(fresh.length - end).map((text, index) => same(text, fresh.length - end + index)),
  ];
  const count = (kind: DiffLine['kind']): number => changed.filter((line) => line.kind === kind).length;
  return { lines, added: count('added'), removed: count('removed'), isCoarse };
}

/** Lines near a change; a number stands for so many that are left out. */
function hunks(lines: readonly DiffLine[]): (DiffLine | number)[] {
  const isNear = new Uint8Array(lines.length);
  lines.forEach((line, index) => {
    if (line.kind !== 'same') isNear.fill(1, Math.max(0, index - around), index + around + 1);
  });
  const rows: (DiffLine | number)[] = [];
  let left = 0;
  lines.forEach((line, index) => {
    if (!isNear[index]) return void left++;
    if (left > 0) rows.push(left);
    left = 0;
    rows.push(line);
  });
  if (left > 0) rows.push(left);
  return rows;
}

/** What would be changed in `older` to have `newer`. */
@customElement('config-diff')
export class ConfigDiff extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: var(--space-1);
        min-height: 0;
      }
      .scroll {
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--raised);
        min-height: 3rem;
      }
      table {
        font-family: var(--mono);
        font-size: var(--small);
      }
      td {
        border: 0;
        padding: 0 0.4rem;
        white-space: pre;
      }
      .number,
      .left {
        color: var(--muted);
      }
      .number {
        user-select: none;
        width: 1%;
      }
      .sign {
        width: 1%;
        font-weight: 700;
      }
      .added,
      .removed {
        background: var(--selected);
        color: var(--text);
      }
      .removed {
        background: var(--sunken);
      }
      .removed .text {
        text-decoration: line-through;
        text-decoration-color: var(--muted);
      }
    `,
  ];
  @property({ attribute: false }) older = '';
  @property({ attribute: false }) newer = '';
  #found: Difference = { lines: [], added: 0, removed: 0, isCoarse: false };

  override willUpdate(): void {
    this.#found = difference(this.older, this.newer);
  }

  #row(row: DiffLine | number) {
    const text = texts.configuration.diff;
    if (typeof row === 'number') return html`<tr><td></td><td></td><td class="left">… ${text.left(row)}</td></tr>`;
    const sign = { same: '', added: '+', removed: '−' }[row.kind];
    const word = row.kind === 'same' ? '' : html`<span class="hidden-text">${text[row.kind]}</span>`;
    return html`<tr class=${row.kind}>
      <td class="number">${row.line}</td>
      <td class="sign">${sign}${word}</td>
      <td class="text">${row.text}</td>
    </tr>`;
  }

  override render() {
    const text = texts.configuration.diff;
    const { added, removed, isCoarse, lines } = this.#found;
    if (added + removed === 0) return html`<p class="muted">${text.same}</p>`;
    const rows = hunks(lines);
    return html`<p class="small">${text.counts(added, removed)}</p>
      ${isCoarse ? html`<p class="small muted">${text.coarse}</p>` : ''}
      <div class="scroll" role="region" tabindex="0" aria-label=${text.label}>
        <table>
          <tbody>
            ${rows.slice(0, mostRows).map((row) => this.#row(row))}
          </tbody>
        </table>
        ${rows.length > mostRows ? html`<p class="muted">${text.cut(rows.length - mostRows)}</p>` : ''}
      </div>`;
  }
}
