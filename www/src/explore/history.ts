/**
 * The history of the selected airport: what the log says of it and of its links, the newest first. It is read from the
 * log by a filter, page by page; nothing of it is kept elsewhere.
 */
import type { Bus, EventEnvelope, SeqNo, Uuid } from "everbus";
import { arrange, count, el, find, number } from "../page/dom.ts";
import { describeEvent } from "./history-text.ts";
import { codeOf } from "../page/status.ts";
import type { Stage } from "../picture/stage.ts";

const PAGE = 50;
/** How often it is read again while news comes. */
const BEAT_MS = 500;
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const calendar = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

export class History {
  readonly #list = find("history", HTMLOListElement);
  readonly #cost = find("history-cost", HTMLParagraphElement);
  readonly #more = find("history-more", HTMLButtonElement);
  readonly #stage: Stage;
  #bus: Bus | undefined;
  #of: Uuid | undefined;
  /** Newest first. */
  #entries: EventEnvelope[] = [];
  #items = new Map<SeqNo, HTMLLIElement>();
  #position = Infinity;
  #isWhole = false;
  /** How long the last reading took, and how many events the log had then. */
  #took = 0;
  #stored = 0;
  #reading: Promise<void> | undefined;
  #timer = 0;

  /** `onTravel` is called with the number of an event that was clicked. */
  constructor(stage: Stage, onTravel: (seqNo: SeqNo) => void) {
    this.#stage = stage;
    this.#more.addEventListener("click", () => this.#queue(() => this.#readOlder()));
    this.#list.addEventListener("click", ({ target }) => {
      const item = target instanceof Element ? target.closest("li") : null;
      if (item !== null) onTravel(Number(item.dataset.seqNo));
    });
  }

  opened(bus: Bus): void {
    this.#bus = bus;
    this.show(undefined);
  }

  /** Shows the history of an airport. */
  show(airport: Uuid | undefined): void {
    if (airport === this.#of) return;
    this.#of = airport;
    this.#entries = [];
    this.#isWhole = false;
    this.#cost.textContent = "";
    this.#list.scrollTop = 0;
    this.#render();
    if (airport !== undefined) this.#queue(() => this.#readNewer());
  }

  /** Something has happened to the airport: reads what, a little later, together with what else happens until then. */
  expectNews(): void {
    this.#timer ||= window.setTimeout(() => {
      this.#timer = 0;
      this.#queue(() => this.#readNewer());
    }, BEAT_MS);
  }

  /** Marks what is later than the event that is seen. */
  markLater(position: SeqNo): void {
    if (position === this.#position) return;
    this.#position = position;
    for (const [seqNo, item] of this.#items) item.classList.toggle("later", seqNo > position);
  }

  /** One reading after the other. */
  #queue(read: () => Promise<void>): void {
    this.#reading = (this.#reading ?? Promise.resolve()).then(read).catch((error: unknown) => {
      // The log was deleted, or this tab closes: there is nothing to tell any more.
      if (codeOf(error) !== "closed") this.#cost.textContent = error instanceof Error ? error.message : String(error);
    });
  }

  async #readNewer(): Promise<void> {
    const newest = this.#entries[0]?.seq_no ?? 0;
    const page = await this.#read(newest === 0 ? {} : { from: newest + 1 });
    if (page === undefined) return;
    // A full page may have left out what is between it and what was known.
    if (page.length === PAGE || newest === 0) {
      this.#entries = page;
      this.#isWhole = page.length < PAGE;
    } else this.#entries.unshift(...page);
    this.#render();
  }

  async #readOlder(): Promise<void> {
    const oldest = this.#entries.at(-1)?.seq_no ?? 1;
    const page = await this.#read({ to: oldest - 1 });
    if (page === undefined) return;
    // What came before may tell what the oldest one has changed.
    this.#items.delete(oldest);
    this.#entries.push(...page);
    this.#isWhole = page.length < PAGE;
    this.#render();
  }

  /** A page of what touches the airport, newest first; `undefined` if another one is shown meanwhile. */
  async #read(range: { from?: SeqNo; to?: SeqNo }): Promise<EventEnvelope[] | undefined> {
    const of = this.#of;
    const log = this.#bus?.log;
    if (of === undefined || log === undefined || range.to === 0) return undefined;
    const started = performance.now();
    const page = await log.read({ ...range, filter: { touches: of }, reverse: true, limit: PAGE });
    this.#took = performance.now() - started;
    const [first = 1, last = 0] = [await log.firstSeqNo(), await log.lastSeqNo()];
    if (of !== this.#of) return undefined;
    this.#stored = last - first + 1;
    return page;
  }

  #render(): void {
    const items = new Map<SeqNo, HTMLLIElement>();
    this.#entries.forEach((envelope, i) => {
      const { seq_no = 0 } = envelope;
      items.set(seq_no, this.#items.get(seq_no) ?? this.#item(envelope, this.#entries.slice(i + 1)));
    });
    this.#items = items;
    arrange(this.#list, [...items.values()]);
    if (items.size > 0) {
      const shown = `${this.#isWhole ? "" : "newest "}${number(items.size)} of ${count(this.#stored, "event")}`;
      this.#cost.textContent = `${shown}, read in ${number(Math.ceil(this.#took))} ms`;
    }
    this.#more.hidden = this.#isWhole || this.#entries.length === 0;
  }

  #item(envelope: EventEnvelope, older: EventEnvelope[]): HTMLLIElement {
    const { event, seq_no = 0, timestamp } = envelope;
    const [date, hour] = [calendar, clock].map((format) => format.format(new Date(timestamp)));
    const time = el("time", { text: (date === calendar.format(new Date()) ? hour : date) ?? "" });
    time.dateTime = timestamp;
    time.title = `${date}, ${hour}`;
    const text = describeEvent(envelope, this.#of ?? "", older, this.#stage.atlas);
    const open = el(
      "button",
      { class: "quiet", label: `${text}: travel to event ${number(seq_no)}` },
      el("span", { class: "number", text: number(seq_no) }),
      el("span", { class: "what", text }),
      time,
    );
    open.type = "button";
    const item = el("li", { class: event.action, testid: "history-item" }, open);
    item.classList.toggle("later", seq_no > this.#position);
    item.dataset.seqNo = String(seq_no);
    return item;
  }
}
