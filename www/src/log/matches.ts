/**
 * The events that match a filter, as rows: the bus's own `read` finds the stored ones, its own `subscribe` the new ones. What
 * is kept of a page that isn't looked at is its first and its last number, so memory is small however many match.
 */
import type { Bus, EventEnvelope, Filter, SeqNo } from "everbus";
import { PAGE, Pages } from "./pages.ts";
import type { Cell, LogSource, Reading } from "./source.ts";
import { describe } from "../page/status.ts";

/** The first page shows at once; the others are found in larger steps. */
const STEP = 5 * PAGE;

/** The numbers of a page's newest and oldest match. */
interface Span {
  readonly high: SeqNo;
  readonly low: SeqNo;
}

export class Matches implements LogSource {
  readonly #bus: Bus;
  readonly #filter: Filter;
  readonly #changed: () => void;
  readonly #pages: Pages<Span>;
  /** Full pages of what came live, from the oldest to the newest. */
  readonly #live: Span[] = [];
  /** What was stored, from the newest page to the oldest, all but the last of them full. */
  readonly #stored: Span[] = [];
  #inStored = 0;
  /** The newest matches, that fill no page yet, from the oldest to the newest. */
  #head: EventEnvelope[] = [];
  #newer: number | undefined;
  #reading: { ms: number; done: boolean; problem?: string } = { ms: 0, done: false };
  #unsubscribe = (): void => {};
  #closed = false;

  /** Matches up to the number `to`, or all, and then those to come. */
  constructor(bus: Bus, filter: Filter, to: SeqNo | undefined, changed: () => void) {
    this.#bus = bus;
    this.#filter = filter;
    this.#changed = changed;
    this.#pages = new Pages(({ low, high }) => this.#read(low, high, PAGE), changed);
    if (to !== undefined) this.#newer = 0;
    void this.#find(to);
  }

  get count(): number {
    return this.#all - (this.#newer ?? 0);
  }

  get newer(): number {
    return this.#newer ?? 0;
  }

  get reading(): Reading {
    return { ...this.#reading, events: this.#inStored };
  }

  get held(): boolean {
    return this.#newer !== undefined;
  }

  set held(held: boolean) {
    this.#newer = held ? (this.#newer ?? 0) : undefined;
  }

  at(row: number): Cell {
    const index = row + this.newer;
    if (index < this.#head.length) {
      const envelope = this.#head[this.#head.length - 1 - index];
      return { envelope, seqNo: envelope?.seq_no };
    }
    const span = this.#spanAt(index);
    const page = span && this.#pages.get(span);
    if (page === undefined) return {};
    if (page.problem !== undefined) return { problem: page.problem };
    const envelope = page.events[(index - this.#head.length) % PAGE];
    return envelope === undefined ? { problem: "Trimmed: no longer stored." } : { envelope, seqNo: envelope.seq_no };
  }

  want(first: number, last: number): void {
    const missing = new Set<Span>();
    for (let row = first; row <= last; row += 1) {
      const { envelope, problem } = this.at(row);
      const span = this.#spanAt(row + this.newer);
      if (envelope === undefined && problem === undefined && span !== undefined) missing.add(span);
    }
    this.#pages.want([...missing]);
  }

  retry(row: number): void {
    const span = this.#spanAt(row + this.newer);
    if (span !== undefined) this.#pages.forget(span);
    this.#changed();
  }

  /** Forgets the pages before the log's first number. */
  trimmed(first: SeqNo): void {
    for (let last = this.#stored.at(-1); last !== undefined && last.high < first; last = this.#stored.at(-1)) {
      this.#inStored -= this.#sizeOfLast();
      this.#stored.pop();
    }
    const last = this.#stored.at(-1);
    if (last !== undefined && last.low < first) this.#pages.forget(last);
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#pages.want([]);
  }

  get #all(): number {
    return this.#head.length + this.#live.length * PAGE + this.#inStored;
  }

  #sizeOfLast(): number {
    return this.#inStored - (this.#stored.length - 1) * PAGE;
  }

  #spanAt(index: number): Span | undefined {
    return index < this.#head.length ? undefined : this.#span(Math.floor((index - this.#head.length) / PAGE));
  }

  /** The page of this index, from the newest on. */
  #span(page: number): Span | undefined {
    const live = this.#live.length;
    return page < live ? this.#live[live - 1 - page] : this.#stored[page - live];
  }

  /** Finds what is stored, from the newest on, and before that begins to listen, so that nothing comes in between. */
  async #find(to: SeqNo | undefined): Promise<void> {
    try {
      let high = to;
      if (high === undefined) {
        let stored = Infinity;
        const early: EventEnvelope[] = [];
        this.#unsubscribe = this.#bus.subscribe(this.#filter, (envelope) => {
          if (stored === Infinity) early.push(envelope);
          else if ((envelope.seq_no ?? 0) > stored) this.#receive(envelope);
        });
        stored = high = (await this.#bus.log.lastSeqNo()) ?? 0;
        for (const envelope of early) if ((envelope.seq_no ?? 0) > stored) this.#receive(envelope);
      }
      for (let limit = PAGE; high > 0 && !this.#closed; limit = STEP) {
        const found = await this.#read(1, high, limit);
        this.#store(found);
        if (found.length < limit) break;
        high = (found.at(-1)?.seq_no ?? 1) - 1;
        // The page draws between two steps.
        await new Promise((resolve) => setTimeout(resolve));
      }
    } catch (error) {
      this.#unsubscribe();
      this.#reading.problem = describe(error);
    }
    this.#reading.done = true;
    if (!this.#closed) this.#changed();
  }

  async #read(low: SeqNo, high: SeqNo, limit: number): Promise<EventEnvelope[]> {
    const started = performance.now();
    const events = await this.#bus.log.read({ filter: this.#filter, from: low, to: high, reverse: true, limit });
    if (!this.#reading.done) this.#reading.ms += performance.now() - started;
    return events;
  }

  #store(found: EventEnvelope[]): void {
    for (let at = 0; at < found.length; at += PAGE) {
      const events = found.slice(at, at + PAGE);
      const span = { high: events[0]?.seq_no ?? 0, low: events.at(-1)?.seq_no ?? 0 };
      if (this.#stored.length === 0) this.#pages.put(span, { events });
      this.#stored.push(span);
    }
    this.#inStored += found.length;
    this.#changed();
  }

  #receive(envelope: EventEnvelope): void {
    this.#head.push(envelope);
    if (this.#newer !== undefined) this.#newer += 1;
    if (this.#head.length < 2 * PAGE) return;
    const oldest = this.#head.slice(0, PAGE);
    this.#live.push({ high: oldest.at(-1)?.seq_no ?? 0, low: oldest[0]?.seq_no ?? 0 });
    this.#head = this.#head.slice(PAGE);
  }
}
