// SPDX-License-Identifier: Apache-2.0
import { Observable } from './observable';

export type ThemeChoice = 'system' | 'light' | 'dark';
export type ZoneChoice = 'site' | 'viewer';

interface Kept {
  theme: ThemeChoice;
  zone: ZoneChoice;
  favourites: string[];
  /** Alarms are heard, once a click has let the browser do so. */
  sound: boolean;
  /** Alarms up to this time (ms) were silenced. */
  silencedAt: number;
}

const place = 'tagwire.preferences';
const mostFavourites = 200;
const defaults: Kept = { theme: 'system', zone: 'site', favourites: [], sound: false, silencedAt: 0 };

/** What was kept may have been written by anybody: only what makes sense is taken. */
function read(): Kept {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(place) ?? '{}');
    if (typeof found !== 'object' || found === null) return { ...defaults };
    const { theme, zone, favourites, sound, silencedAt } = found as Partial<Record<keyof Kept, unknown>>;
    return {
      theme: theme === 'light' || theme === 'dark' ? theme : defaults.theme,
      zone: zone === 'viewer' ? zone : defaults.zone,
      favourites: Array.isArray(favourites)
        ? favourites.filter((each): each is string => typeof each === 'string').slice(0, mostFavourites)
        : [],
      sound: sound === true,
      silencedAt: typeof silencedAt === 'number' ? silencedAt : 0,
    };
  } catch {
    return { ...defaults }; // no storage here, or damaged
  }
}

/** What this viewer likes, kept in this browser only. */
class Preferences extends Observable {
  #kept = read();

  get theme(): ThemeChoice {
    return this.#kept.theme;
  }
  get zone(): ZoneChoice {
    return this.#kept.zone;
  }
  get sound(): boolean {
    return this.#kept.sound;
  }
  get silencedAt(): number {
    return this.#kept.silencedAt;
  }
  get favourites(): readonly string[] {
    return this.#kept.favourites;
  }

  isFavourite(point: string): boolean {
    return this.#kept.favourites.includes(point);
  }

  toggleFavourite(point: string): void {
    const others = this.#kept.favourites.filter((each) => each !== point);
    const isNew = others.length === this.#kept.favourites.length;
    this.set({ favourites: isNew ? [...others, point].slice(-mostFavourites) : others });
  }

  set(change: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...change };
    try {
      localStorage.setItem(place, JSON.stringify(this.#kept));
    } catch {
      // It holds until the page is closed.
    }
    this.changed();
  }
}

export const preferences = new Preferences();
