// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { textOf } from '../rest';
import { session } from '../session';
import { entryStyles } from '../styles/entry';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import './tw-error';

/** The login form. Who is in already, by `auth.anonymous`, can leave it again. */
@customElement('tw-login')
export class TwLogin extends LitElement {
  static override styles = [
    shared,
    entryStyles,
    css`
      :host {
        --form-width: 22rem;
      }
    `,
  ];
  @state() private isBusy = false;
  @state() private problem = '';

  override firstUpdated(): void {
    this.renderRoot.querySelector('input')?.focus();
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const given = new FormData(form);
    this.isBusy = true;
    this.problem = '';
    try {
      await session.login(String(given.get('user')), String(given.get('password')));
    } catch (problem) {
      this.problem = textOf(problem);
      const password = form.querySelector<HTMLInputElement>('[name=password]');
      if (password) password.value = '';
      password?.focus();
    } finally {
      this.isBusy = false;
    }
  }

  override render() {
    return html`<form class="card stack" @submit=${this.#submit}>
      <h1>${texts.login.title}</h1>
      ${session.isOver ? html`<p role="alert"><strong>${texts.login.over}</strong></p>` : ''}
      ${this.problem ? html`<tw-error .text=${this.problem}></tw-error>` : ''}
      <label class="field"
        >${texts.login.user}
        <input name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required />
      </label>
      <label class="field"
        >${texts.login.password}
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <div class="row">
        <button class="primary grow" ?disabled=${this.isBusy}>
          ${this.isBusy ? texts.login.busy : texts.login.submit}
        </button>
        ${session.wantsLogin
          ? html`<button type="button" @click=${() => void session.askForLogin(false)}>${texts.common.cancel}</button>`
          : ''}
      </div>
    </form>`;
  }
}
