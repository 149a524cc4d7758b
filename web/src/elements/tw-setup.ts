// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { RestError, textOf } from '../rest';
import { session } from '../session';
import { entryStyles } from '../styles/entry';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import './tw-error';

/** The first run: whoever can read the service's log makes the first administrator. */
@customElement('tw-setup')
export class TwSetup extends LitElement {
  static override styles = [
    shared,
    entryStyles,
    css`
      :host {
        --form-width: 28rem;
      }
      .code {
        font-family: var(--mono);
        text-transform: uppercase;
      }
    `,
  ];
  @state() private isBusy = false;
  @state() private problem = '';

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const password = String(given.get('password'));
    if (password !== String(given.get('repeat'))) {
      this.problem = texts.setup.differ;
      return;
    }
    this.isBusy = true;
    this.problem = '';
    try {
      await session.setUp(String(given.get('code')).trim(), String(given.get('name')), password);
    } catch (problem) {
      this.problem = textOf(problem);
      // Somebody else was faster: the login form is due.
      if (problem instanceof RestError && problem.status === 409) {
        await (session.wantsLogin ? session.askForLogin(true) : session.refresh());
      }
    } finally {
      this.isBusy = false;
    }
  }

  override render() {
    const text = texts.setup;
    return html`<form class="card stack" @submit=${this.#submit}>
      <h1>${text.title}</h1>
      <p>${text.intro}</p>
      <p class="muted small">${text.hint}</p>
      ${this.problem ? html`<tw-error .text=${this.problem}></tw-error>` : ''}
      <label class="field"
        >${text.code}
        <input name="code" class="code" autocomplete="off" autocapitalize="characters" spellcheck="false" required />
      </label>
      <label class="field"
        >${text.name}
        <input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required />
      </label>
      <label class="field"
        >${text.password} <input name="password" type="password" autocomplete="new-password" required />
      </label>
      <label class="field"
        >${text.repeat} <input name="repeat" type="password" autocomplete="new-password" required />
      </label>
      <div class="row">
        <button class="primary grow" ?disabled=${this.isBusy}>${this.isBusy ? text.busy : text.submit}</button>
        ${session.wantsLogin
          ? html`<button type="button" @click=${() => void session.askForLogin(false)}>${texts.common.cancel}</button>`
          : ''}
      </div>
    </form>`;
  }
}
