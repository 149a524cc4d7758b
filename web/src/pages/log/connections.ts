// SPDX-License-Identifier: Apache-2.0
import { LitElement, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { now } from '../../clock';
import '../../elements/tw-empty';
import { formatAge, formatCount, formatDuration, zone } from '../../format';
import { icon } from '../../icons';
import { Loader } from '../../loader';
import { Watch } from '../../observable';
import { restAnswer } from '../../rest';
import { shared } from '../../styles/shared';
import { texts } from '../../texts';
import { logStyles } from './styles';

const renewEvery = 3_000;
const ofPage = 200;

interface Client {
  client_id: string;
  agent: string;
  protocol: string;
  path: string;
  caller: string | null;
  since: string;
  streams: number;
  last_heartbeat: string | null;
  queue: number;
  drops: number;
}

/** Who is connected by a WebSocket, and whether they keep up. */
@customElement('log-connections')
export class LogConnections extends LitElement {
  static override styles = [shared, logStyles];
  @state() private clients: Client[] = [];
  @state() private total = 0;
  @state() private offset = 0;
  @state() private asOf = '';
  #loader = new Loader(this, (signal) => this.#read(signal), renewEvery);

  constructor() {
    super();
    new Watch(this, zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#loader.load();
  }

  async #read(signal: AbortSignal): Promise<void> {
    const query = { limit: ofPage, offset: this.offset };
    const { data, headers } = await restAnswer<Client[]>('/api/v1/connections', { query, signal });
    this.clients = data;
    this.total = Number(headers.get('X-Total-Count') ?? data.length);
    this.asOf = zone.time(now());
    // The last page may be gone.
    if (data.length === 0 && this.offset > 0) this.#turn(0);
  }

  #turn(offset: number): void {
    this.offset = offset;
    void this.#loader.load();
  }

  #told() {
    const { offset, clients, total } = this;
    const range = texts.log.pageOf(formatCount(offset + 1), formatCount(offset + clients.length), formatCount(total));
    return html`<div class="told" role="status">
      ${total > ofPage
        ? html`<button ?disabled=${offset === 0} @click=${() => this.#turn(Math.max(0, offset - ofPage))}>
              ${icon('back')}${texts.log.older}
            </button>
            <button ?disabled=${offset + ofPage >= total} @click=${() => this.#turn(offset + ofPage)}>
              ${texts.log.newer}${icon('open')}
            </button>`
        : ''}
      ${clients.length > 0 ? html`<span>${range}</span>` : ''}
      <span class=${this.#loader.problem ? 'wait' : ''}>${this.asOf ? texts.log.connections.renewed(this.asOf) : ''}</span>
    </div>`;
  }

  #row(client: Client) {
    const text = texts.log.connections;
    const slow = (count: number) =>
      count > 0 ? html`<span class="wait" title=${text.slow}>? ${formatCount(count)}</span>` : String(count);
    return html`<tr>
      <td class="tight">${client.client_id}</td>
      <td class="tight">${client.protocol}</td>
      <td class="text mid">${client.path}</td>
      <td class="text">${client.caller ?? html`<span class="muted">${text.nobody}</span>`}</td>
      <td class="text wide small">${client.agent}</td>
      <td class="number tight mid" title=${zone.exact(client.since)}>${formatDuration(now() - Date.parse(client.since))}</td>
      <td class="number tight wide">${formatAge(client.last_heartbeat)}</td>
      <td class="number tight wide">${client.streams}</td>
      <td class="number tight">${slow(client.queue)}</td>
      <td class="number tight">${slow(client.drops)}</td>
    </tr>`;
  }

  #table() {
    const text = texts.log.connections;
    if (this.clients.length === 0) return this.#loader.problem ? '' : html`<tw-empty .heading=${text.empty}></tw-empty>`;
    return html`<div class="sheet" tabindex="0" role="region" aria-label=${texts.log.tabs.connections ?? ''}>
      <table>
        <thead>
          <tr>
            <th scope="col">${text.client}</th>
            <th scope="col">${text.protocol}</th>
            <th scope="col" class="mid">${text.path}</th>
            <th scope="col">${text.caller}</th>
            <th scope="col" class="wide">${text.agent}</th>
            <th scope="col" class="number mid">${text.since}</th>
            <th scope="col" class="number wide">${text.heartbeat}</th>
            <th scope="col" class="number wide">${text.streams}</th>
            <th scope="col" class="number">${text.queue}</th>
            <th scope="col" class="number">${text.drops}</th>
          </tr>
        </thead>
        <tbody>
          ${this.clients.map((client) => this.#row(client))}
        </tbody>
      </table>
    </div>`;
  }

  override render() {
    return html`${this.#told()}
    ${this.#loader.failure(texts.log.failed)}
    ${this.#table()}`;
  }
}
