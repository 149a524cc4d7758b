// SPDX-License-Identifier: Apache-2.0
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { now } from '../clock';
import '../elements/tw-empty';
import '../elements/tw-error';
import { zone as timeZone } from '../format';
import { icon } from '../icons';
import { live } from '../live';
import { Watch } from '../observable';
import { isAbort, textOf } from '../rest';
import { router } from '../router';
import { session } from '../session';
import { shared } from '../styles/shared';
import { texts } from '../texts';
import { TriggerLog, pastTriggers, type TriggerEvent } from './map/events';
import './map/floor';
import type { ChooseEvent, TwFloor } from './map/floor';
import { joined } from './map/geometry';
import { Occupancy } from './map/occupancy';
import { overlaps, readMuster, readSites, type Site, type Zone } from './map/places';
import { Replay, mostReplayed } from './map/replay';
import './map/side';
import type { TagEvent, TimeEvent, ZoneEvent } from './map/side';
import { mapStyles } from './map/styles';
import { TagBook, type ShownTag } from './map/tags';
import './map/timebar';
import type { HourEvent } from './map/timebar';

const hour = 3_600_000;
const tickEvery = 1_000;
const strangersEvery = 5_000; // ms; who is not on the list may come by the hundred

/** Where everybody is, now or in the past. Zone and tag stand in the address. */
@customElement('page-map')
export class PageMap extends LitElement {
  static override styles = [shared, mapStyles];
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private sites: readonly Site[] | null = null;
  @state() private site: Site | null = null;
  @state() private problem = '';
  @state() private follows = false;
  @state() private trails: 'none' | 'chosen' | 'all' = 'chosen';
  @state() private replay: Replay | null = null;
  @state() private pastEvents: readonly TriggerEvent[] = [];
  @state() private eventsNote = '';
  @query('tw-floor') private floor!: TwFloor | null;
  #tags = new TagBook();
  #triggers = new TriggerLog();
  #occupancy = new Occupancy();
  #asking = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;
  #strangers: ReturnType<typeof setTimeout> | undefined;
  #endReplay = (): void => {};
  #fitted = '';

  constructor() {
    super();
    new Watch(this, this.#tags, this.#triggers, this.#occupancy, live, timeZone);
    this.#tags.onStranger = () => {
      this.#strangers ??= setTimeout(() => void this.#learnTags(), strangersEvery);
    };
    this.#triggers.onEvent = (event) => {
      if (!this.replay && event.source === this.site?.instance) this.floor?.flash(event.zone_id);
    };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#asking = new AbortController();
    this.#timer = setInterval(() => this.#tick(), tickEvery);
    this.#tags.start();
    void this.#load();
    if (session.maySome('events:read') || session.maySome('positions:read')) {
      this.#triggers.start(this.#asking.signal).catch((problem: unknown) => {
        if (!isAbort(problem)) this.eventsNote = textOf(problem);
      });
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#asking.abort();
    clearInterval(this.#timer);
    clearTimeout(this.#strangers);
    this.#strangers = undefined;
    this.#tags.stop();
    this.#triggers.stop();
    this.#occupancy.stop();
    this.#leavePast();
  }

  async #load(): Promise<void> {
    this.problem = '';
    try {
      this.sites = await readSites(this.#asking.signal);
      const wanted = this.query.get('site');
      const site = this.sites.find(({ instance }) => instance === wanted) ?? this.sites[0];
      if (site) await this.#open(site);
    } catch (problem) {
      if (!isAbort(problem)) this.problem = textOf(problem);
    }
  }

  async #open(site: Site): Promise<void> {
    this.#leavePast();
    this.site = site;
    this.#fitted = '';
    this.#occupancy.watch(site.instance);
    await this.#learnTags();
  }

  /** Names, classes, and whose tags are this site's. */
  async #learnTags(): Promise<void> {
    clearTimeout(this.#strangers);
    this.#strangers = undefined;
    if (!this.site) return;
    try {
      this.#tags.knows(await readMuster(this.site, 0, this.#asking.signal));
    } catch (problem) {
      if (!isAbort(problem)) this.problem = textOf(problem);
    }
  }

  #tick(): void {
    if (document.hidden) return;
    this.#tags.judge();
    this.requestUpdate();
  }

  get #zone(): Zone | undefined {
    return this.site?.zone(Number(this.query.get('zone') ?? 0));
  }
  get #chosen(): string {
    return this.query.get('tag') ?? '';
  }
  get #source(): Replay | TagBook {
    return this.replay ?? this.#tags;
  }

  /** What can be seen on one floor with the zone that is chosen. */
  #zones = memo((site: Site, zone: Zone | undefined): readonly Zone[] =>
    zone ? site.zones.filter((each) => overlaps(each, zone)) : site.zones,
  );
  #onFloor = memo((zone: Zone | undefined) => (tag: ShownTag): boolean => !zone || (tag.z >= zone.from && tag.z <= zone.to));

  #chooseZone(id: number): void {
    router.replaceQuery({ zone: id ? String(id) : undefined });
    this.#fitted = '';
  }
  #chooseTag(id: string, follows: boolean): void {
    router.replaceQuery({ tag: id || undefined });
    this.follows = follows && id !== '';
  }
  #chooseSite(instance: string): void {
    const site = this.sites?.find((each) => each.instance === instance);
    router.replaceQuery({ site: instance, zone: undefined, tag: undefined });
    if (site) void this.#open(site);
  }

  #fit(): void {
    const zone = this.#zone;
    this.floor?.fit(zone ? zone.bounds : joined(this.site?.zones.map(({ bounds }) => bounds) ?? []));
  }

  override updated(): void {
    const wanted = `${this.site?.instance ?? ''} ${this.#zone?.id ?? 0}`;
    if (!this.floor || !this.site || wanted === this.#fitted) return;
    this.#fitted = wanted;
    this.#fit();
  }

  #goBack(from: number): void {
    const { site } = this;
    if (!site) return;
    this.#leavePast();
    const zone = this.#zone;
    const chosen = this.#chosen;
    const tags = this.#tags.shown.filter(({ id }) => id === chosen).concat(this.#tags.shown.filter(({ id }) => id !== chosen));
    const to = Math.min(from + hour, now());
    this.replay = new Replay(tags, from, to);
    this.#endReplay = this.replay.observe(() => this.requestUpdate());
    this.follows = this.follows && zone === undefined;
    void this.#loadPastEvents(site.instance, from, to);
  }

  async #loadPastEvents(source: string, from: number, to: number): Promise<void> {
    const { replay } = this;
    this.pastEvents = [];
    this.eventsNote = texts.common.loading;
    try {
      const { list, isWhole } = await pastTriggers(source, from, to, this.#asking.signal);
      if (replay !== this.replay) return;
      this.pastEvents = list;
      this.eventsNote = isWhole ? '' : texts.map.replay.firstEvents(list.length);
    } catch (problem) {
      if (!isAbort(problem) && replay === this.replay) this.eventsNote = textOf(problem);
    }
  }

  #leavePast(): void {
    this.#endReplay();
    this.replay?.stop();
    this.replay = null;
    this.eventsNote = '';
    this.pastEvents = [];
  }

  #counts() {
    return this.replay && this.site ? this.#occupancy.ofPast(this.site, this.replay.shown) : this.#occupancy.counts;
  }

  #bar(site: Site): TemplateResult {
    const text = texts.map;
    const zone = this.#zone;
    const sites = this.sites ?? [];
    return html`<div class="bar">
      ${sites.length > 1
        ? html`<label
            ><span>${text.site}</span
            ><select
              aria-label=${text.site}
              @change=${(event: Event) => this.#chooseSite((event.target as HTMLSelectElement).value)}
            >
              ${sites.map((each) => html`<option value=${each.instance} ?selected=${each === site}>${each.instance}</option>`)}
            </select></label
          >`
        : ''}
      <label
        ><span>${text.zone}</span
        ><select
          aria-label=${text.zone}
          @change=${(event: Event) => this.#chooseZone(Number((event.target as HTMLSelectElement).value))}
        >
          <option value="0" ?selected=${!zone}>${text.wholeSite}</option>
          ${site.zones.map(
            (each) =>
              html`<option value=${each.id} ?selected=${each === zone}>${'\u2003'.repeat(each.depth)}${each.name}</option>`,
          )}
        </select></label
      >
      <label
        ><span>${text.trails}</span
        ><select
          aria-label=${text.trails}
          @change=${(event: Event) => (this.trails = (event.target as HTMLSelectElement).value as typeof this.trails)}
        >
          ${(['none', 'chosen', 'all'] as const).map(
            (each) => html`<option value=${each} ?selected=${each === this.trails}>${text.trailKinds[each]}</option>`,
          )}
        </select></label
      >
      <div class="row">
        <button class="icon" aria-label=${text.zoomIn} @click=${() => this.floor?.zoom(1.4)}>${icon('plus')}</button>
        <button class="icon" aria-label=${text.zoomOut} @click=${() => this.floor?.zoom(1 / 1.4)}>${icon('minus')}</button>
        <button @click=${() => this.#fit()}>${text.fit}</button>
      </div>
      <span class="grow"></span>
      ${this.replay ? this.#pastMark(this.replay) : this.#replayButton()}
    </div>`;
  }

  #pastMark(replay: Replay): TemplateResult {
    const text = texts.map.replay;
    return html`<span class="muted small" role="status">${replay.isLoading ? text.loading : replay.shown.length === 0 && !replay.problem ? text.nothing : ''}</span>
      <span class="past">${text.past(`${timeZone.dateTime(replay.time)} ${timeZone.mark(replay.time)}`)}</span>`;
  }

  #replayButton(): TemplateResult | string {
    if (!session.maySome('history:read')) return '';
    return html`<button @click=${() => this.#goBack(now() - hour)}>${icon('history')}${texts.map.replay.open}</button>`;
  }

  #problemText(): string {
    const { replay } = this;
    if (replay?.problem) return replay.problem;
    if (replay && this.#tags.shown.length > mostReplayed) return texts.map.replay.onlySome(mostReplayed);
    return this.problem;
  }

  #seen(site: Site): TemplateResult {
    const source = this.#source;
    return html`<tw-floor
        .source=${source}
        .zones=${this.#zones(site, this.#zone)}
        .counts=${this.#counts()}
        .isShown=${this.#onFloor(this.#zone)}
        .unit=${site.unit}
        .chosen=${this.#chosen}
        .follows=${this.follows}
        .trails=${this.trails}
        .isPast=${this.replay !== null}
        @choose=${(event: Event) => this.#chooseTag((event as ChooseEvent).tag, this.follows)}
        @unfollow=${() => (this.follows = false)}
        @fit=${() => this.#fit()}
      ></tw-floor>
      ${this.replay
        ? html`<map-time
            .replay=${this.replay}
            .time=${this.replay.time}
            .isPlaying=${this.replay.isPlaying}
            @hour=${(event: Event) => this.#goBack((event as HourEvent).from)}
            @live=${() => this.#leavePast()}
          ></map-time>`
        : ''}
      <map-side
        .site=${site}
        .tags=${source.shown}
        .counts=${this.#counts()}
        .events=${this.replay ? this.pastEvents : this.#triggers.list.filter((event) => event.source === site.instance)}
        .eventsNote=${this.eventsNote}
        .zone=${this.#zone?.id ?? 0}
        .chosen=${this.#chosen}
        .follows=${this.follows}
        .isPast=${this.replay !== null}
        .time=${this.replay?.time ?? now()}
        .detailsOf=${(id: string) => this.#tags.get(id)}
        @zone=${(event: Event) => this.#chooseZone((event as ZoneEvent).zone)}
        @tag=${(event: Event) => this.#chooseTag((event as TagEvent).tag, (event as TagEvent).follows)}
        @time=${(event: Event) => this.replay?.seek((event as TimeEvent).time - 5_000)}
      ></map-side>`;
  }

  override render() {
    const { site } = this;
    const problem = this.#problemText();
    if (!site) {
      if (problem) return html`<tw-error canRetry .text=${problem} @retry=${() => void this.#load()}></tw-error>`;
      return html`<tw-empty .heading=${this.sites ? texts.map.noSites : texts.common.loading}></tw-empty>`;
    }
    return html`${this.#bar(site)} ${problem ? html`<tw-error .text=${problem}></tw-error>` : ''} ${this.#seen(site)}`;
  }
}

/** The same answer for the same questions, so that nothing is drawn anew for it. */
function memo<Given extends unknown[], Answer>(make: (...given: Given) => Answer): (...given: Given) => Answer {
  let last: { given: Given; answer: Answer } | null = null;
  return (...given) => {
    if (!last || last.given.some((each, index) => each !== given[index])) last = { given, answer: make(...given) };
    return last.answer;
  };
}
