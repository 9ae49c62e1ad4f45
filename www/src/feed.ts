/** The live feed: the newest events first, in a list that never grows past its bound. */
import type { EventEnvelope } from "everbus";
import { el, find, number } from "./dom.ts";
import type { Part } from "./part.ts";
import type { Atlas, Change } from "./state.ts";

const NEWEST = 200;
/** A list that changes faster than this cannot be read anyway. */
const BEAT_MS = 120;

/** So many at once are a flood, not arrivals: they don't glow one by one. */
const FLOOD = 12;
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

interface Entry {
  envelope: EventEnvelope;
  label: string;
  live: boolean;
}

export class Feed implements Part {
  readonly #list = find("feed", HTMLOListElement);
  readonly #size = find("feed-size", HTMLParagraphElement);
  readonly #atlas: Atlas;
  #pending: Entry[] = [];
  #timer: number | undefined;

  constructor(atlas: Atlas) {
    this.#atlas = atlas;
  }

  received(envelope: EventEnvelope, change: Change | undefined, live: boolean): void {
    this.#pending.push({ envelope, label: this.#label(change), live });
    if (this.#pending.length > 2 * NEWEST) this.#pending = this.#pending.slice(-NEWEST);
    this.#timer ??= window.setTimeout(() => this.#show(), BEAT_MS);
  }

  closed(): void {
    this.#pending = [];
    this.#list.replaceChildren();
    this.#sayHowMany();
  }

  #show(): void {
    this.#timer = undefined;
    const entries = this.#pending.slice(-NEWEST).reverse();
    const rows = entries.map((entry) => row(entry, entry.live && entries.length <= FLOOD));
    this.#pending = [];
    if (rows.length === NEWEST) this.#list.replaceChildren(...rows);
    else this.#list.prepend(...rows);
    while (this.#list.childElementCount > NEWEST) this.#list.lastElementChild?.remove();
    this.#sayHowMany();
  }

  #sayHowMany(): void {
    const [shown, all] = [this.#list.childElementCount, this.#atlas.events];
    this.#size.textContent =
      all === 0 ? "No events yet" : shown < all ? `Newest ${number(shown)} of ${number(all)} events` : `All ${number(all)} events`;
  }

  /** Says whom an event is about, as of that event. */
  #label(change: Change | undefined): string {
    if (change === undefined) return "changes nothing here";
    if (change.subject === "airport") return `${change.airport.code} ${change.airport.name}`;
    const link = change.subject === "route" ? change.route : change.flight;
    const [from, to] = [link.from, link.to].map((id) => this.#atlas.airports.get(id)?.code ?? "?");
    return `${from} → ${to}`;
  }
}

function row({ envelope, label }: Entry, fresh: boolean): HTMLLIElement {
  const { event, timestamp, seq_no } = envelope;
  const time = el("time", { text: clock.format(new Date(timestamp)) });
  time.dateTime = timestamp;
  const type = event.kind === "entity" ? event.entity_type : event.link_type;
  const item = el(
    "li",
    { class: fresh ? `${event.action} fresh` : event.action, testid: "feed-item" },
    el("span", { class: "label", text: label }),
    el("span", { class: "number", text: number(seq_no ?? 0) }),
    el("span", { class: "what", text: `${event.kind} ${type} ${event.action}` }),
    time,
  );
  item.dataset.seqNo = String(seq_no);
  return item;
}
