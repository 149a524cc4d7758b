// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { icon } from '../icons';
import { Watch } from '../observable';
import { session } from '../session';
import { alarmSound } from '../sound';
import { shared } from '../styles/shared';
import { texts } from '../texts';

/**
 * The sound of alarms: on, off, and silence while one is heard. In the header by an icon; with `words` as on the page of
 * alarms, where turning it off has a button of its own.
 */
@customElement('tw-alarm-sound')
export class TwAlarmSound extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: inline-flex;
        gap: var(--space-2);
      }
      .calls {
        background: var(--raised);
        border-color: var(--text);
        border-width: 2px;
        font-weight: 700;
      }
      .weak {
        color: var(--muted);
      }
    `,
  ];
  @property({ type: Boolean }) words = false;

  constructor() {
    super();
    new Watch(this, alarmSound, session);
  }

  #button(name: string, label: string, act: () => void, classes = '') {
    return this.words
      ? html`<button class=${classes} @click=${act}>${icon(name)}${label}</button>`
      : html`<button class="quiet icon ${classes}" aria-label=${label} title=${label} @click=${act}>${icon(name)}</button>`;
  }

  override render() {
    if (!session.maySome('alarms:read')) return '';
    const text = texts.sound;
    const { state } = alarmSound;
    const on = (): void => void alarmSound.turnOn();
    const off = (): void => alarmSound.turnOff();
    if (state === 'off') return this.#button('soundOff', text.turnOn, on, 'weak');
    if (state === 'blocked') return this.#button('soundOff', text.blocked, on, 'calls');
    const isHeard = state === 'sounding';
    const silence = this.#button('soundOff', text.silence, () => alarmSound.silence(), isHeard ? 'calls' : '');
    if (isHeard) return this.words ? html`${silence}${this.#button('sound', text.turnOff, off)}` : silence;
    return this.#button('sound', state === 'silenced' ? text.silenced : text.turnOff, off, 'weak');
  }
}
