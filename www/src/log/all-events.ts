/**
 * All events of a log, as rows. Its numbers are dense, so each row's number is known without reading; events are read a
 * page at a time where they are looked at. The newest ones come along live and are kept, so the top needs no reading.
 */
import type { Bus, EventEnvelope, SeqNo } from "everbus";
import { PAGE, Pages } from "./pages.ts";
import type { Cell, LogSource, Reading } from "./source.ts";

const NEWEST = 512;

export class AllEvents implements LogSource {
  readonly #bus: Bus;
  readonly #changed: () => void;
  readonly #pages: Pages<number>;
  /** The newest events, each at its number modulo the length. */
  readonly #newest = new Array<EventEnvelope | undefined>(NEWEST);
  #first: SeqNo = 1;
  #last: SeqNo = 0;
  /** The number in the first row while it is held. */
  #top: SeqNo | undefined;

  constructor(bus: Bus, changed: () => void) {
    this.#bus = bus;
    this.#changed = changed;
    this.#pages = new Pages((page) => this.#read(page), changed);
    void this.checkBounds();
  }

  get count(): number {
    return Math.max(0, (this.#top ?? this.#last) - this.#first + 1);
  }

  get first(): SeqNo {
    return this.#first;
  }

  get newer(): number {
    return this.#last - (this.#top ?? this.#last);
  }

  get reading(): Reading {
    return { ...this.#pages.lastRead, done: true };
  }

  get held(): boolean {
    return this.#top !== undefined;
  }

  set held(held: boolean) {
    this.#top = held ? (this.#top ?? this.#last) : undefined;
  }

  received(envelope: EventEnvelope): void {
    const { seq_no = 0 } = envelope;
    this.#newest[seq_no % NEWEST] = envelope;
    if (seq_no > this.#last) this.#last = seq_no;
  }

  /** Asks where the log begins and ends: trimming moves its first number, here or in another tab. */
  async checkBounds(): Promise<void> {
    // Where this fails, reading pages fails too, and says why.
    const stats = await this.#bus.log.stats().catch(() => undefined);
    if (stats === undefined) return;
    const { firstSeqNo, lastSeqNo = 0 } = stats;
    const first = firstSeqNo ?? lastSeqNo + 1;
    // Later the newest events bring their numbers along: one that is counted before it is here would have to be read.
    const last = this.#last === 0 ? lastSeqNo : this.#last;
    if (first === this.#first && last === this.#last) return;
    this.#first = first;
    this.#last = last;
    this.#changed();
  }

  at(row: number): Cell {
    const seqNo = this.#numberAt(row);
    const newest = this.#newest[seqNo % NEWEST];
    if (newest?.seq_no === seqNo) return { envelope: newest, seqNo };
    const page = this.#pages.get(pageOf(seqNo));
    if (page?.problem !== undefined) return { seqNo, problem: page.problem };
    if (page === undefined || isBehind(page.events, seqNo)) return { seqNo };
    const envelope = page.events[seqNo - (page.events[0]?.seq_no ?? 0)];
    return envelope === undefined ? { seqNo, problem: "Trimmed: no longer stored." } : { envelope, seqNo };
  }

  /** The row of an event, unless it came after the list was held, or isn't stored. */
  rowOf(seqNo: SeqNo): number | undefined {
    const row = (this.#top ?? this.#last) - seqNo;
    return row >= 0 && row < this.count ? row : undefined;
  }

  want(first: number, last: number): void {
    const missing = new Set<number>();
    for (let row = first; row <= last; row += 1) {
      const { envelope, problem } = this.at(row);
      if (envelope === undefined && problem === undefined) missing.add(pageOf(this.#numberAt(row)));
    }
    this.#pages.want([...missing]);
  }

  retry(row: number): void {
    this.#pages.forget(pageOf(this.#numberAt(row)));
    this.#changed();
  }

  close(): void {
    this.#pages.want([]);
  }

  #numberAt(row: number): SeqNo {
    return (this.#top ?? this.#last) - row;
  }

  async #read(page: number): Promise<EventEnvelope[]> {
    const [from, to] = [page * PAGE + 1, (page + 1) * PAGE];
    const events = await this.#bus.log.read({ from, to, limit: PAGE });
    if (events[0]?.seq_no !== Math.max(from, this.#first)) await this.checkBounds();
    return events;
  }
}

function pageOf(seqNo: SeqNo): number {
  return Math.floor((seqNo - 1) / PAGE);
}

/** Whether these were read before the event of this number was there. */
function isBehind(events: readonly EventEnvelope[], seqNo: SeqNo): boolean {
  const last = events.at(-1)?.seq_no;
  return last !== undefined && last < seqNo;
}
