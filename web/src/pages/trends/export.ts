// SPDX-License-Identifier: Apache-2.0
// What can be taken along of a trend: a picture, the values that are seen, every stored value.
import { seriesDash, seriesToken } from '../../elements/plot/options';
import { restName } from '../../names';
import { address } from '../../rest';
import { texts } from '../../texts';
import { theme } from '../../theme';
import type { TrendModel } from './model';
import { textAt, type Drawn } from './shapes';

export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Every stored value of the range; the server sends it as it is read. */
export function storedCsv(points: readonly string[], from: number, to: number): string {
  const range = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  return address('/api/v1/history/export', { point: points.map(restName), ...range, before: true, format: 'csv' });
}

/** What a spreadsheet would run as a formula begins with a ' more. */
function cell(text: string): string {
  const harmless = /^[\s]*[=+\-@'＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function seenCsv(model: TrendModel, drawn: readonly Drawn[], from: number, to: number): string {
  const shown = drawn.filter(({ isHidden }) => !isHidden);
  const head = ['time', ...shown.flatMap(headOf)];
  const lines = [head.map(cell).join(',')];
  const first = Math.max(0, model.indexOf(from));
  const last = Math.min(model.length - 1, model.indexOf(Math.min(to, model.heldUntil)));
  for (let index = first; index <= last; ++index) {
    const at = model.start + index * model.interval;
    const cells = shown.flatMap(({ track, rows }) => {
      if (!rows) return [cell(textAt(track, at + model.interval - 1, model.holesOf(track)) ?? '')];
      const numbers = track.type === 'bool' ? [rows.max[index]] : [rows.values[index], rows.min[index], rows.max[index]];
      return numbers.map((value) => (value == null ? '' : String(value)));
    });
    lines.push([new Date(at).toISOString(), ...cells].join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

function headOf({ track, rows }: Drawn): string[] {
  const hasBand = rows !== null && track.type !== 'bool';
  const named = track.unit ? `${track.name} (${track.unit})` : track.name;
  // Whole numbers beyond 2^53 are not exact in a browser: who reads the file has to know.
  const isExact = track.type !== 'int' || !rows || [...rows.min, ...rows.max].every((value) => Math.abs(value ?? 0) <= Number.MAX_SAFE_INTEGER);
  const full = isExact ? named : `${named} ${texts.values.notExact}`;
  return hasBand ? [full, `${full} min`, `${full} max`] : [full];
}

/** Title, plot, lanes and names, one above the other. */
export function picture(
  title: string,
  canvases: readonly HTMLCanvasElement[],
  drawn: readonly Drawn[],
  font: string,
): Promise<Blob | null> {
  const scale = devicePixelRatio;
  const line = 22 * scale;
  const shown = drawn.filter(({ isHidden }) => !isHidden);
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(...canvases.map(({ width }) => width), 300);
  canvas.height = line * (shown.length + 2) + canvases.reduce((sum, { height }) => sum + height, 0);
  const ctx = canvas.getContext('2d');
  if (!ctx) return Promise.resolve(null);
  ctx.fillStyle = theme.colour('--surface');
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.font = `${13 * scale}px ${font}`;
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.colour('--text');
  ctx.fillText(title, 10 * scale, line * 0.7);
  let top = line * 1.4;
  for (const each of canvases) {
    ctx.drawImage(each, 0, top);
    top += each.height;
  }
  for (const { track, colour } of shown) {
    drawName(ctx, track.unit ? `${track.name} (${track.unit})` : track.name, colour, top + line / 2, scale);
    top += line;
  }
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

function drawName(ctx: CanvasRenderingContext2D, name: string, colour: number, y: number, scale: number): void {
  ctx.strokeStyle = theme.colour(seriesToken(colour));
  ctx.lineWidth = 3 * scale;
  ctx.setLineDash(seriesDash(colour).map((each) => each * scale));
  ctx.beginPath();
  ctx.moveTo(10 * scale, y);
  ctx.lineTo(40 * scale, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.fillStyle = theme.colour('--text');
  ctx.fillText(name, 50 * scale, y);
}
