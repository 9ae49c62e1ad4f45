/** The log beside the picture: all of its events or those of a filter, one of them in full, and the call that reads them. */
import type { Bus, EventEnvelope, SeqNo, Uuid } from "everbus";
import { AllEvents } from "./all-events.ts";
import { count, find, number } from "../page/dom.ts";
import { FilterForm, callOf, type Query } from "./filter-form.ts";
import { LogDetails } from "./details.ts";
import { LogList } from "./list.ts";
import { Matches } from "./matches.ts";
import type { Part } from "../page/part.ts";
import type { Atlas } from "../picture/state.ts";
import { describe } from "../page/status.ts";
import { whileShown } from "../page/while-shown.ts";

/** How often a log that is looked at is asked where it begins: nobody tells of another tab's trimming. */
const BOUNDS_MS = 1000;

export interface LogActions {
  select(airport: Uuid): void;
  travel(seqNo: SeqNo): void;
}

export class LogView implements Part {
  readonly #size = find("log-size", HTMLParagraphElement);
  readonly #call = find("log-call", HTMLElement);
  readonly #cost = find("log-cost", HTMLParagraphElement);
  readonly #problem = find("log-problem", HTMLParagraphElement);
  readonly #list: LogList;
  readonly #form: FilterForm;
  readonly #details: LogDetails;
  #bus: Bus | undefined;
  #all: AllEvents | undefined;
  #matches: Matches | undefined;
  #query: Query = {};
  /** Counts the queries: an answer to an earlier one comes too late. */
  #asked = 0;
  #first: SeqNo = 1;

  constructor(atlas: Atlas, actions: LogActions) {
    this.#list = new LogList(atlas);
    this.#form = new FilterForm(atlas);
    this.#details = new LogDetails(atlas, {
      ...actions,
      only: (id) => this.#form.only(id),
      closed: () => {
        this.#list.mark(undefined);
        this.#list.focus();
      },
    });
    this.#list.onOpen = (envelope) => {
      this.#details.show(envelope);
      this.#list.mark(envelope.seq_no);
    };
    this.#list.onNewest = () => {
      this.#list.follow();
      if (this.#query.to !== undefined || this.#query.time !== undefined) this.#form.clearPosition();
    };
    this.#form.onQuery = (query) => void this.#ask(query);
    whileShown("side-log", BOUNDS_MS, () => void this.#all?.checkBounds());
  }

  opened(bus: Bus): void {
    this.#bus = bus;
    this.#first = 1;
    this.#list.own = bus.origin;
    this.#all = new AllEvents(bus, () => this.refresh());
    void this.#ask(this.#form.query);
  }

  received(envelope: EventEnvelope): void {
    this.#all?.received(envelope);
  }

  refresh(): void {
    const { first = 1 } = this.#all ?? {};
    if (first > this.#first) this.#matches?.trimmed(first);
    this.#first = first;
    this.#list.refresh();
    this.#details.refresh();
    this.#say();
  }

  closed(): void {
    this.#asked += 1;
    this.#matches?.close();
    this.#all?.close();
    this.#bus = this.#all = this.#matches = undefined;
    this.#details.show(undefined);
    this.#list.mark(undefined);
    this.#list.show(undefined);
    this.#say();
  }

  async #ask(query: Query): Promise<void> {
    const [bus, all] = [this.#bus, this.#all];
    this.#query = query;
    const asked = (this.#asked += 1);
    const isOld = (): boolean => asked !== this.#asked;
    this.#problem.hidden = true;
    if (bus === undefined || all === undefined) return;
    try {
      const to = query.time === undefined ? query.to : await numberAt(bus, query.time);
      if (isOld()) return;
      this.#call.textContent = callOf({ ...query, ...(to !== undefined && { to }) });
      this.#matches?.close();
      this.#matches = undefined;
      if (query.filter !== undefined) {
        this.#matches = new Matches(bus, query.filter, to, () => this.refresh());
        this.#list.show(this.#matches);
      } else {
        this.#list.show(all);
        if (to === undefined) this.#list.follow();
        else await this.#goTo(bus, to, isOld);
      }
    } catch (error) {
      if (!isOld()) this.#complain(describe(error));
    }
    if (!isOld()) this.#say();
  }

  /** Makes the event of this number current, or the nearest one that is stored. */
  async #goTo(bus: Bus, to: SeqNo, isOld: () => boolean): Promise<void> {
    const [nearest] = await bus.log.read({ to, reverse: true, limit: 1 });
    const row = nearest?.seq_no === undefined ? undefined : this.#all?.rowOf(nearest.seq_no);
    if (isOld()) return;
    if (row !== undefined) this.#list.goTo(row);
    if (to < 1) this.#complain("There is no event 0: numbers begin at 1.");
    else if (nearest === undefined && this.#first > 1) this.#complain(`Event ${number(to)} was trimmed: the log begins at ${number(this.#first)}.`);
    else if (nearest?.seq_no !== to) this.#complain(`There is no event ${number(to)} yet: the log ends before it.`);
  }

  #complain(text: string): void {
    this.#problem.textContent = text;
    this.#problem.hidden = false;
  }

  #say(): void {
    const stored = this.#all === undefined ? 0 : this.#all.count + this.#all.newer;
    this.#size.textContent = stored === 0 ? "No events yet" : count(stored, "event");
    this.#cost.textContent = this.#costOf(this.#matches);
    const problem = this.#matches?.reading.problem;
    if (problem === undefined) return;
    const code = this.#form.unknownCode;
    this.#complain(`${code === undefined ? "" : `No airport has the code ${code}. `}${capital(problem)}`);
  }

  /** What is there and what it took to read it. */
  #costOf(matches: Matches | undefined): string {
    const { events, ms, done, problem } = (matches ?? this.#all)?.reading ?? { events: 0, ms: 0, done: true };
    const time = `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
    if (matches === undefined) return events === 0 ? "The newest first, as they come in." : `${count(events, "event")} read in ${time}.`;
    if (problem !== undefined) return "Nothing more was read.";
    const live = matches.count + matches.newer - events;
    const came = live === 0 ? "" : ` ${number(live)} came live.`;
    return `${count(events, "match", "matches")}${done ? "" : " so far"}, read in ${time}.${came}`;
  }

}

/** The number of the first event at or after a time. A consumer's position can be a time, so one is lent for that. */
async function numberAt(bus: Bus, time: Date): Promise<SeqNo> {
  const consumer = `log ${bus.origin}`;
  try {
    await bus.log.seek(consumer, { time });
    const { lastAcked = 0 } = (await bus.log.consumers()).find(({ name }) => name === consumer) ?? {};
    return Math.max(1, Math.min(lastAcked + 1, (await bus.log.lastSeqNo()) ?? 1));
  } finally {
    await bus.log.deleteConsumer(consumer);
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
