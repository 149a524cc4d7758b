// SPDX-License-Identifier: Apache-2.0
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import '../../elements/tw-dialog';
import { icon } from '../../icons';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';

/** Link, picture and values of a trend. Tells `save-png`, `save-csv`, `closed`. */
@customElement('trend-share')
export class TrendShare extends LitElement {
  static override styles = [
    shared,
    css`
      .ways {
        display: grid;
        gap: var(--space-2);
      }
      .way {
        justify-content: flex-start;
        text-align: start;
        padding: var(--space-2) var(--space-3);
      }
      .way span {
        display: block;
      }
    `,
  ];
  @property() link = '';
  @property() stored = '';
  @property({ type: Boolean }) follows = false;
  @state() private isCopied = false;

  async #copy(): Promise<void> {
    const input = this.renderRoot.querySelector('input');
    try {
      await navigator.clipboard.writeText(this.link);
      this.isCopied = true;
    } catch {
      input?.select(); // only on https or this machine: by hand then
    }
  }

  #tell(type: string): void {
    this.dispatchEvent(new Event(type));
  }

  override render() {
    const text = texts.trends.share;
    return html`<tw-dialog .heading=${text.title} @closed=${() => this.#tell('closed')}>
      <div class="stack">
        <label class="field"
          >${text.link}<input readonly .value=${this.link} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}
        /></label>
        <div class="row spread wrap">
          <p class="muted small grow">${this.follows ? text.linkFollows : text.linkFixed}</p>
          <button @click=${this.#copy}>${icon('copy')}${this.isCopied ? text.copied : text.copy}</button>
        </div>
        <div class="ways">
          <button class="way" @click=${() => this.#tell('save-png')}>
            <span><strong>${text.png}</strong><span class="muted small">${text.pngHint}</span></span>
          </button>
          <button class="way" @click=${() => this.#tell('save-csv')}>
            <span><strong>${text.csv}</strong><span class="muted small">${text.csvHint}</span></span>
          </button>
          ${this.stored
            ? html`<a class="button way" href=${this.stored} download="trend-stored.csv"
                ><span><strong>${text.stored}</strong><span class="muted small">${text.storedHint}</span></span></a
              >`
            : ''}
        </div>
      </div>
    </tw-dialog>`;
  }
}
