// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { zone } from '../format';
import { icon } from '../icons';
import { notices } from '../notices';
import { Watch } from '../observable';
import { preferences, type ThemeChoice, type ZoneChoice } from '../preferences';
import { textOf } from '../rest';
import { session } from '../session';
import { shared } from '../styles/shared';
import { texts } from '../texts';

/** Who is signed in, and how times and colours are shown: a menu of the header. */
@customElement('tw-account')
export class TwAccount extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        position: relative;
      }
      .menu {
        position: absolute;
        inset-inline-end: 0;
        inset-block-start: calc(100% + 0.3rem);
        z-index: 25;
        width: min(20rem, calc(100vw - 1rem));
        background: var(--raised);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        padding: var(--space-3);
        box-shadow: 0 0.3rem 1rem rgb(0 0 0 / 30%);
      }
      .name {
        max-width: 9rem;
      }
      @media (max-width: 60rem) {
        .name {
          display: none;
        }
      }
    `,
  ];
  @state() private isOpen = false;

  constructor() {
    super();
    new Watch(this, session, preferences, zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('pointerdown', this.#elsewhere);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('pointerdown', this.#elsewhere);
  }

  #elsewhere = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.isOpen = false;
  };

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.isOpen) return;
    this.isOpen = false;
    this.renderRoot.querySelector('button')?.focus();
  }

  async #signOut(): Promise<void> {
    this.isOpen = false;
    try {
      await session.logout();
    } catch (problem) {
      notices.error(textOf(problem));
      void session.refresh();
    }
  }

  #signIn(): void {
    this.isOpen = false;
    void session.askForLogin(true);
  }

  #menu() {
    const text = texts.shell;
    const site = zone.siteName;
    const viewer = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return html`<div class="menu stack" id="menu">
      <p>${session.isAnonymous ? text.anonymous : text.signedInAs(session.name)}</p>
      <label class="field"
        >${text.zone}
        <select
          .value=${preferences.zone}
          @change=${(event: Event) => preferences.set({ zone: (event.target as HTMLSelectElement).value as ZoneChoice })}
        >
          <option value="site" ?selected=${preferences.zone === 'site'}>
            ${site ? text.zones.site(site) : text.siteZoneUnknown}
          </option>
          <option value="viewer" ?selected=${preferences.zone === 'viewer'}>${text.zones.viewer(viewer)}</option>
        </select>
      </label>
      <label class="field"
        >${text.theme}
        <select
          @change=${(event: Event) => preferences.set({ theme: (event.target as HTMLSelectElement).value as ThemeChoice })}
        >
          ${(['system', 'light', 'dark'] as const).map(
            (each) =>
              html`<option value=${each} ?selected=${preferences.theme === each}>${text.themes[each]}</option>`,
          )}
        </select>
      </label>
      ${session.isUser ? html`<button @click=${this.#signOut}>${text.signOut}</button>` : ''}
      ${session.isAnonymous ? html`<button @click=${this.#signIn}>${text.signIn}</button>` : ''}
    </div>`;
  }

  override render() {
    const name = session.isAnonymous ? texts.shell.anonymous : session.name;
    return html`<div @keydown=${this.#key}>
      <button
        class="quiet"
        aria-label=${`${texts.shell.account}: ${name}`}
        aria-expanded=${this.isOpen ? 'true' : 'false'}
        aria-controls="menu"
        @click=${() => (this.isOpen = !this.isOpen)}
      >
        ${icon('user')}<span class="name clip">${name}</span>
      </button>
      ${this.isOpen ? this.#menu() : ''}
    </div>`;
  }
}
