// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import '../../elements/tw-empty';
import '../../elements/tw-error';
import { zone } from '../../format';
import { Loader } from '../../loader';
import { notices } from '../../notices';
import { Watch } from '../../observable';
import { rest, textOf } from '../../rest';
import { session } from '../../session';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { partStyles } from './styles';

const path = '/api/v1/users';
const builtInRoles = ['viewer', 'operator', 'engineer', 'admin'];

interface User {
  name: string;
  role: string;
  created: string;
}
interface Doing {
  what: 'add' | 'change' | 'remove';
  user: User | null;
}

/** Who may log in, and as what. */
@customElement('config-users')
export class ConfigUsers extends LitElement {
  static override styles = [shared, partStyles];
  @state() private users: User[] | null = null;
  @state() private doing: Doing | null = null;
  @state() private refusal = '';
  @state() private isBusy = false;
  #loader = new Loader(this, async (signal) => {
    this.users = await rest<User[]>(path, { signal });
  });

  constructor() {
    super();
    new Watch(this, session, zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#loader.load();
  }

  #begin(what: Doing['what'], user: User | null = null): void {
    this.refusal = '';
    this.doing = { what, user };
  }

  #isSelf(user: User | null): boolean {
    return session.isUser && user?.name === session.name;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const text = texts.configuration.users;
    const { doing } = this;
    if (!doing || this.isBusy) return;
    const data = new FormData(event.target as HTMLFormElement);
    const given = (key: string): string => String(data.get(key) ?? '');
    if (given('password') !== given('repeat')) return void (this.refusal = text.differ);
    this.isBusy = true;
    this.refusal = '';
    try {
      this.#told(await this.#send(doing, given));
    } catch (problem) {
      this.refusal = textOf(problem);
    }
    this.isBusy = false;
  }

  /** What to tell. */
  async #send({ what, user }: Doing, given: (key: string) => string): Promise<string> {
    const text = texts.configuration.users;
    const own = `${path}/${encodeURIComponent(user?.name ?? '')}`;
    const [role, password] = [given('role'), given('password')];
    if (what === 'remove') {
      await rest(own, { method: 'DELETE' });
      return text.removed(user?.name ?? '');
    }
    if (what === 'add') {
      const name = given('name');
      await rest(path, { method: 'POST', body: { name, role, password } });
      return text.added(name);
    }
    const body = { ...(role !== user?.role && { role }), ...(password && { password }) };
    if (Object.keys(body).length === 0) throw new Error(text.nothing);
    await rest(own, { method: 'PUT', body });
    return text.changed(user?.name ?? '');
  }

  #told(text: string): void {
    notices.add({ kind: 'success', text });
    this.doing = null;
    void this.#loader.load();
  }

  #row(user: User) {
    const text = texts.configuration.users;
    const mayChange = session.may('users:admin', user.name);
    const isSelf = this.#isSelf(user);
    return html`<tr>
      <td>${user.name}${isSelf ? html` <span class="chip">${text.you}</span>` : ''}</td>
      <td>${user.role}</td>
      <td class="late">${zone.row(user.created)}</td>
      <td class="acts">
        ${mayChange ? html`<button aria-label=${text.changeOf(user.name)} @click=${() => this.#begin('change', user)}>${text.change}</button>` : ''}
        ${mayChange && !isSelf
          ? html`<button aria-label=${text.removeOf(user.name)} @click=${() => this.#begin('remove', user)}>${text.remove}</button>`
          : ''}
      </td>
    </tr>`;
  }

  #fields({ what, user }: Doing) {
    const text = texts.configuration.users;
    const roles = [...new Set([...builtInRoles, ...(this.users ?? []).map(({ role }) => role)])];
    const isNew = what === 'add';
    return html`${isNew
        ? html`<label class="field"
            >${text.name} <input name="name" maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false" required
          /></label>`
        : html`<p class="muted">${text.changeHint}</p>`}
      <label class="field"
        >${text.role} <input name="role" list="roles" autocomplete="off" .value=${user?.role ?? 'viewer'} required />
      </label>
      <datalist id="roles">${roles.map((role) => html`<option value=${role}></option>`)}</datalist>
      <p class="small muted">${text.roles}</p>
      <label class="field"
        >${isNew ? text.password : text.newPassword} <input name="password" type="password" autocomplete="new-password" ?required=${isNew} />
      </label>
      <label class="field">${text.repeat} <input name="repeat" type="password" autocomplete="new-password" ?required=${isNew} /></label>`;
  }

  #dialog(doing: Doing) {
    const text = texts.configuration.users;
    const name = doing.user?.name ?? '';
    const heading = { add: text.add, change: text.changeOf(name), remove: text.removeHeading(name) }[doing.what];
    const button = { add: text.addNow, change: text.changeNow, remove: text.removeNow }[doing.what];
    return html`<tw-dialog .heading=${heading} @closed=${() => (this.doing = null)}>
      <form class="stack" @submit=${(event: SubmitEvent) => void this.#submit(event)}>
        ${doing.what === 'remove' ? html`<p>${text.removeHint}</p>` : this.#fields(doing)}
        ${this.#isSelf(doing.user) ? html`<p>${text.changeSelf}</p>` : ''}
        ${this.refusal ? html`<tw-error .text=${this.refusal}></tw-error>` : ''}
        <button class="primary" ?disabled=${this.isBusy}>${this.isBusy ? texts.configuration.busy : button}</button>
      </form>
      <button slot="buttons" @click=${() => (this.doing = null)}>${texts.common.cancel}</button>
    </tw-dialog>`;
  }

  #table(users: readonly User[]) {
    const text = texts.configuration.users;
    if (users.length === 0) return html`<tw-empty .heading=${text.none}></tw-empty>`;
    return html`<div class="sheet" role="region" tabindex="0" aria-label=${texts.configuration.tabs.users!}>
      <table>
        <thead>
          <tr>
            <th>${text.name}</th>
            <th>${text.role}</th>
            <th class="late">${text.created} <span class="muted">${zone.name}</span></th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          ${users.map((user) => this.#row(user))}
        </tbody>
      </table>
    </div>`;
  }

  override render() {
    const text = texts.configuration.users;
    return html`<div class="bar"><button class="primary" @click=${() => this.#begin('add')}>${text.add}</button></div>
      ${this.#loader.shown(text.failed, this.users, (found) => this.#table(found))}
      ${this.doing ? this.#dialog(this.doing) : ''}`;
  }
}
