// SPDX-License-Identifier: Apache-2.0
import { Observable } from './observable';
import { preferences } from './preferences';

/** Light or dark, as chosen or as the system has it. Canvases observe it: what they drew keeps its colours else. */
class Theme extends Observable {
  #dark = matchMedia('(prefers-color-scheme: dark)');
  #colours = new Map<string, string>();
  #probe: HTMLElement | null = null;

  start(): void {
    this.#dark.addEventListener('change', () => this.#apply());
    preferences.observe(() => this.#apply());
    this.#apply();
  }

  get isDark(): boolean {
    return preferences.theme === 'system' ? this.#dark.matches : preferences.theme === 'dark';
  }

  /** A token of tokens.css as a colour that a canvas understands: colour('--series-1'). */
  colour(token: string): string {
    const known = this.#colours.get(token);
    if (known) return known;
    if (!this.#probe) {
      this.#probe = document.createElement('span');
      this.#probe.hidden = true;
      document.body.append(this.#probe);
    }
    this.#probe.style.color = `var(${token})`;
    const colour = getComputedStyle(this.#probe).color;
    this.#colours.set(token, colour);
    return colour;
  }

  #apply(): void {
    const wanted = this.isDark ? 'dark' : 'light';
    if (document.documentElement.dataset.theme === wanted) return;
    document.documentElement.dataset.theme = wanted;
    this.#colours.clear();
    this.changed();
  }
}

export const theme = new Theme();
