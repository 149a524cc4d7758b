// SPDX-License-Identifier: Apache-2.0
// Values, qualities, ages and times as people read them.
import { now } from './clock';
import type { PlainValue, PointValue } from './live';
import { Observable } from './observable';
import { preferences } from './preferences';
import { texts } from './texts';

/** Thin and not breaking, as between a number and its unit. */
const narrowSpace = '\u202f';
const noValue = '–';

/** For lists, where what is exact stands in the title: a few digits. Whole numbers stand in full. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return noValue;
  if (Number.isSafeInteger(value)) return String(value);
  const size = Math.abs(value);
  if (mayBeInexact(value)) return `≈${narrowSpace}${value.toExponential(3)}`;
  if (size >= 1e9 || size < 1e-4) return value.toExponential(3);
  const decimals = size >= 1000 ? 1 : size >= 1 ? 2 : 4;
  return value.toFixed(decimals);
}

const mostTyped = 12; // significant digits: with more it is a float32 that became a double

/** The shortest text that means this number and no other, as what somebody confirms or compares has to be. */
export function formatExact(value: number): string {
  if (!Number.isFinite(value)) return noValue;
  const text = String(value);
  if (mayBeInexact(value)) return `≈${narrowSpace}${BigInt(value)} ${texts.values.notExact}`;
  if (Number.isInteger(value)) return text;
  if (Math.fround(value) !== value || significantOf(text) <= mostTyped) return text;
  for (let digits = 1; digits <= 9; ++digits) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return text;
}

/** JSON's whole numbers are exact up to 2^53 here: an int64 or uint64 beyond may have been another one. */
function mayBeInexact(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) <= 2 ** 64;
}

function significantOf(text: string): number {
  return text.replace(/e.*$/, '').replace(/\D/g, '').replace(/^0+/, '').length;
}

export function formatValue(value: PlainValue | undefined, number: (value: number) => string = formatNumber): string {
  if (value === null || value === undefined) return noValue;
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return value ? texts.values.on : texts.values.off;
  if (typeof value === 'string') return value;
  return `${number(value.x)}, ${number(value.y)}, ${number(value.z)}`;
}

export function withUnit(value: PlainValue | undefined, unit: string): string {
  const text = formatValue(value);
  return unit && text !== noValue && typeof value !== 'boolean' ? text + narrowSpace + unit : text;
}

/** With every digit: for what somebody is asked, and for what was read back. */
export function exactWithUnit(value: PlainValue | undefined, unit: string): string {
  const text = formatValue(value, formatExact);
  return unit && text !== noValue && typeof value !== 'boolean' ? text + narrowSpace + unit : text;
}

export type QualityLevel = 'good' | 'uncertain' | 'bad' | 'stale' | 'none';

export interface QualityView {
  level: QualityLevel;
  /** One character, so that colour is never the only thing that tells. */
  sign: string;
  /** "Bad: no connection" */
  text: string;
}

const signs: Record<QualityLevel, string> = { good: '✓', uncertain: '?', bad: '✕', stale: '⊘', none: '…' };

/** `isFresh` false: the link was lost, whatever the quality was before. */
export function viewQuality(quality: string, isFresh = true): QualityView {
  if (!quality) return { level: 'none', sign: signs.none, text: texts.quality.none };
  const [word = '', reason = ''] = quality.split(':', 2);
  const level: QualityLevel = word === 'good' || word === 'uncertain' || word === 'bad' ? word : 'uncertain';
  const known = texts.quality.reasons[reason] ?? reason.replaceAll('_', ' ');
  const text = texts.quality.levels[level] + (known ? `: ${known}` : '');
  if (!isFresh) return { level: 'stale', sign: signs.stale, text: texts.quality.stale(text) };
  return { level, sign: signs[level], text };
}

export function qualityOf(point: PointValue | undefined): QualityView {
  return point ? viewQuality(point.quality, point.isFresh || !point.quality) : viewQuality('');
}

/** "3 s", "12 min", "5 h", "8 d" */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1) return texts.units.milliseconds(Math.round(Math.max(0, ms)));
  if (seconds < 90) return texts.units.seconds(Math.round(seconds));
  if (seconds < 90 * 60) return texts.units.minutes(Math.round(seconds / 60));
  if (seconds < 36 * 3600) return texts.units.hours(Math.round(seconds / 3600));
  return texts.units.days(Math.round(seconds / 86400));
}

/** How old by the server's clock; under a second it is "now". */
export function formatAge(time: string | null): string {
  if (!time) return noValue;
  const age = now() - Date.parse(time);
  return age < 1000 ? texts.values.now : formatDuration(age);
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)}${narrowSpace}${units[unit]}`;
}

/** A rate that moves: no more digits than can be read. */
export function formatRate(perSecond: number): string {
  const text = perSecond >= 100 ? Math.round(perSecond).toLocaleString('en') : perSecond.toFixed(1);
  return `${text}${narrowSpace}/s`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en').replaceAll(',', narrowSpace);
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The zone in which times are shown: the site's or the viewer's, as chosen in the header. */
class Zone extends Observable {
  #site: string | null = null;
  #linked: string | null = null;
  readonly #viewer = Intl.DateTimeFormat().resolvedOptions().timeZone; // costs too much to be asked each time
  #choice = preferences.zone;
  #formats = new Map<string, Intl.DateTimeFormat>();

  constructor() {
    super();
    preferences.observe(() => {
      // Who chooses a zone wants that one.
      if (preferences.zone !== this.#choice) this.#linked = null;
      this.#choice = preferences.zone;
      this.changed();
    });
  }

  /** A link was made in this zone: times are shown in it, as long as its page is open. null: no more. */
  setLinked(name: string | null): void {
    if (name === this.#linked) return;
    if (name !== null && !isZone(name)) return;
    this.#linked = name;
    this.#formats.clear();
    this.changed();
  }
  /** The zone of a link, where it is not the one that would be shown without. */
  get linked(): string | null {
    return this.#linked === this.#own ? null : this.#linked;
  }

  /** The site's zone is known once somebody was told it. */
  setSite(name: string | null | undefined): void {
    if (!name || name === this.#site) return;
    if (!isZone(name)) return; // this browser does not know it: times stay in the viewer's
    this.#site = name;
    this.changed();
  }

  get siteName(): string | null {
    return this.#site;
  }
  get isSite(): boolean {
    return preferences.zone === 'site' && this.#site !== null;
  }
  /** "Europe/Berlin" */
  get name(): string {
    return this.#linked ?? this.#own;
  }
  get #own(): string {
    return this.isSite && this.#site ? this.#site : this.#viewer;
  }

  /** "14:05:09" */
  time(at: Date | number | string): string {
    return this.#format('time', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(at));
  }
  /** "2026-03-01 14:05:09" */
  dateTime(at: Date | number | string): string {
    const parts = Object.fromEntries(
      this.#format('full', {
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      })
        .formatToParts(new Date(at))
        .map(({ type, value }) => [type, value]),
    );
    return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
  }
  /** With milliseconds and the offset, for details: "2026-03-01 14:05:09.123 GMT+1" */
  exact(at: string): string {
    const date = new Date(at);
    const ms = String(date.getUTCMilliseconds()).padStart(3, '0');
    return `${this.dateTime(date)}.${ms} ${this.mark(date)}`;
  }
  /** For rows: "2026-03-01 14:05:09", and "… GMT+1" where the offset then is another one than now. */
  row(at: Date | number | string, present: number = now()): string {
    const mark = this.mark(new Date(at));
    return mark === this.mark(present) ? this.dateTime(at) : `${this.dateTime(at)} ${mark}`;
  }
  /** "GMT+1": what marks a time as one of this zone. */
  mark(at: Date | number = Date.now()): string {
    const parts = this.#format('mark', { hour: '2-digit', timeZoneName: 'shortOffset' }).formatToParts(at);
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  }

  #format(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = `${this.name} ${kind}`;
    let format = this.#formats.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat('en-GB', { ...options, hourCycle: 'h23', timeZone: this.name });
      this.#formats.set(key, format);
    }
    return format;
  }
}

export const zone = new Zone();
