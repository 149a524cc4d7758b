// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { icon } from '../icons';
import { Watch } from '../observable';
import { pages, type Page } from '../pages';
import { router } from '../router';
import { session } from '../session';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import './tw-account';
import './tw-alarm-badge';
import './tw-alarm-sound';
import './tw-approvals';
import { appStyles } from './tw-app-styles';
import './tw-clock';
import './tw-empty';
import './tw-error';
import './tw-link';
import './tw-login';
import './tw-notices';
import './tw-setup';

const onBar = 4; // pages on the bottom bar of a phone; the others stand behind "More"

/** The shell: header, navigation, the page, notices. */
@customElement('tw-app')
export class TwApp extends LitElement {
  static override styles = [shared, appStyles];
  @state() private isMoreOpen = false;
  @state() private failed = '';
  #loaded = new Set<string>();
  #element: (HTMLElement & { query?: URLSearchParams }) | null = null;

  constructor() {
    super();
    new Watch(this, session, router);
  }

  get #page(): Page | undefined {
    return pages.find(({ id }) => id === (router.page || 'overview'));
  }

  override willUpdate(): void {
    const page = this.#page;
    const label = session.isOver ? texts.shell.over : page?.label;
    document.title = label ? `${label} – ${texts.product}` : texts.product;
    if (session.state === 'in' && page?.isAllowed()) void this.#load(page);
  }

  async #load(page: Page): Promise<void> {
    if (this.#loaded.has(page.id) || this.failed === page.id) return;
    try {
      await page.load();
      this.#loaded.add(page.id);
      this.requestUpdate();
    } catch {
      this.failed = page.id; // a new version was installed, or the server is away
    }
  }

  #retry(): void {
    location.reload();
  }

  #skip(event: Event): void {
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>('main')?.focus();
  }

  /** One element per visit: what a page watches ends when it is left. */
  #pageElement(page: Page): HTMLElement {
    if (this.#element?.localName !== page.element) this.#element = document.createElement(page.element);
    this.#element.query = router.query;
    return this.#element;
  }

  #content() {
    const page = this.#page;
    if (page && page.isAllowed() && this.#loaded.has(page.id)) return this.#pageElement(page);
    this.#element = null;
    if (!page) {
      return html`<tw-empty .heading=${texts.shell.notFound} .text=${texts.shell.notFoundHint(router.page)}>
        <a class="button" href=${router.href('overview')}>${texts.shell.toOverview}</a></tw-empty
      >`;
    }
    if (!page.isAllowed()) {
      return html`<tw-empty .heading=${texts.common.notPermitted}></tw-empty>`;
    }
    if (this.failed !== page.id) return html`<p class="loading muted" role="status">${texts.common.loading}</p>`;
    return html`<tw-empty .heading=${texts.shell.pageFailed}
      ><button @click=${this.#retry}>${texts.shell.reload}</button></tw-empty
    >`;
  }

  #link(page: Page) {
    const isHere = this.#page === page;
    return html`<a
      href=${router.href(page.id)}
      aria-current=${isHere ? 'page' : nothing}
      @click=${() => (this.isMoreOpen = false)}
      >${icon(page.icon)}<span>${page.label}</span></a
    >`;
  }

  #navigation() {
    const allowed = pages.filter((page) => page.isAllowed());
    const more = allowed.slice(onBar);
    const isMoreHere = more.some((page) => page === this.#page);
    return html`<nav aria-label=${texts.shell.pages} @keydown=${this.#navigationKey}>
      <ul>
        ${allowed.map((page, index) => html`<li class=${index < onBar ? '' : 'late'}>${this.#link(page)}</li>`)}
        ${more.length > 0
          ? html`<li class="more">
              <button
                class="quiet ${isMoreHere ? 'here' : ''}"
                aria-expanded=${this.isMoreOpen ? 'true' : 'false'}
                @click=${() => (this.isMoreOpen = !this.isMoreOpen)}
              >
                ${icon('more')}<span>${texts.shell.more}</span>
              </button>
              ${this.isMoreOpen
                ? html`<ul class="drawer">
                    ${more.map((page) => html`<li>${this.#link(page)}</li>`)}
                  </ul>`
                : ''}
            </li>`
          : ''}
      </ul>
    </nav>`;
  }

  #navigationKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.isMoreOpen = false;
  }

  #full() {
    return html`<a class="skip" href="#main" @click=${this.#skip}>${texts.shell.skip}</a>
      <div class="shell">
        <header>
          <a class="brand" href=${router.href('overview')}><img src="/favicon.svg" alt="" />${texts.product}</a>
          <span class="place clip">${this.#page?.label ?? ''}</span>
          <span class="grow"></span>
          <tw-alarm-badge></tw-alarm-badge>
          <tw-alarm-sound></tw-alarm-sound>
          <tw-link></tw-link>
          <tw-clock></tw-clock>
          <tw-account></tw-account>
        </header>
        ${this.#navigation()}
        <div class="middle">
          <tw-link banner></tw-link>
          <tw-approvals></tw-approvals>
          <main id="main" tabindex="-1">${this.#content()}</main>
        </div>
      </div>
      <tw-notices></tw-notices>`;
  }

  override render() {
    switch (session.state) {
      case 'asking':
        return html`<p class="loading muted" role="status">${texts.common.loading}</p>`;
      case 'out':
        return html`<main><tw-login></tw-login></main>`;
      case 'setup':
        return html`<main><tw-setup></tw-setup></main>`;
      case 'unreachable':
        return html`<main>
          <tw-empty .heading=${texts.login.unreachable} .text=${texts.login.unreachableHint}></tw-empty>
        </main>`;
      case 'in':
        if (!session.wantsLogin) return this.#full();
        return html`<main>${session.isSetupDue ? html`<tw-setup></tw-setup>` : html`<tw-login></tw-login>`}</main>`;
    }
  }
}
