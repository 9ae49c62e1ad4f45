import type { EventEnvelope, Logged } from "../api/envelope.js";
import { type EverbusError, everbusError } from "../api/errors.js";
import type { SeqNo, Uuid } from "../api/event.js";
import type { Chunk } from "../core/binding.js";
import type { Log } from "../core/log.js";
import { ACTIONS, type Draft, LINK } from "../events/draft.js";
import { decode, decodeSound } from "./chunk.js";
import { type Delivery, Fanout, type Subscriber } from "./fanout.js";

/** How many events it reads at once. */
const PAGE = 1000;
/** How many committed events may wait for an earlier one to be read. More are read from the log too. */
const MOST_WAITING = 4096;
/** And how long their texts may be, in UTF-16 units. */
const MOST_TEXT_WAITING = 8 << 20;

interface Commit {
  readonly first: SeqNo;
  readonly deliveries: readonly Delivery[];
  readonly textLength: number;
}

/** How far somebody waits for delivery to get. */
interface Goal {
  readonly last: SeqNo;
  reached(): void;
}

/**
 * Delivers what is committed, in the order of the log and without a gap.
 *
 * What this realm has appended is delivered from the drafts at hand. If another tab has appended in between, the
 * numbers show it: then what is missing is read from the log first, and later commits wait.
 */
export class Dispatcher {
  readonly #log: Log;
  readonly #lookAt: () => ReturnType<Log["look"]>;
  readonly #report: (error: EverbusError) => void;
  readonly #fanout = new Fanout();
  /** The last number that is known to be in the log. */
  #last: SeqNo;
  /** Everything up to here has been delivered, or concerns nobody. */
  #delivered: SeqNo;
  #waiting: Commit[] = [];
  #waitingEvents = 0;
  #waitingText = 0;
  #catchingUp: Promise<void> | undefined;
  /** In the order of their numbers. */
  readonly #goals: Goal[] = [];
  #looking: Promise<boolean> | undefined;
  #lookAgain = false;
  #closed = false;

  constructor(log: Log, last: SeqNo, look: () => ReturnType<Log["look"]>, report: (error: EverbusError) => void) {
    this.#log = log;
    this.#lookAt = look;
    this.#last = last;
    this.#delivered = last;
    this.#report = report;
  }

  /** The position after which a new subscriber starts. */
  get position(): SeqNo {
    return this.#last;
  }

  get size(): number {
    return this.#fanout.size;
  }

  add(subscriber: Subscriber): void {
    if (this.#fanout.size === 0 && this.#catchingUp === undefined) this.#passOverAll();
    this.#fanout.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#fanout.remove(subscriber);
  }

  /**
   * Looks whether another tab has appended, or left something behind, and delivers what it has. Asked again meanwhile, it
   * looks again. Resolves to whether something was appended that was left behind.
   */
  look(): Promise<boolean> {
    if (this.#looking !== undefined) this.#lookAgain = true;
    return (this.#looking ??= this.#look());
  }

  async #look(): Promise<boolean> {
    let hasAdopted = false;
    do {
      this.#lookAgain = false;
      try {
        const [, last, isAdopted, ...refused] = await this.#lookAt();
        hasAdopted ||= isAdopted;
        for (const error of refused) this.#report(error);
        this.extendTo(last);
      } catch (error) {
        if (!this.#closed) this.#report(error as EverbusError);
      }
    } while (this.#lookAgain && !this.#closed);
    this.#looking = undefined;
    return hasAdopted;
  }

  /** Takes note of how far the log goes, and reads what is missing: also what couldn't be read before. */
  extendTo(last: SeqNo): void {
    if (this.#closed) return;
    this.#last = Math.max(this.#last, last);
    if (this.#catchingUp !== undefined || this.#delivered >= this.#last) return;
    if (this.#fanout.size === 0) this.#passOverAll();
    else this.#catchingUp = this.#catchUp();
  }

  /** Takes note of a commit of another tab, and delivers it if its events were told and follow. */
  heard(first: SeqNo, last: SeqNo, events: Chunk | undefined): void {
    const envelopes = events !== undefined && last > this.#delivered ? decodeTold(events) : undefined;
    if (envelopes === undefined) this.extendTo(last);
    else this.#take(first, envelopes.map((envelope) => new Stored(envelope)), () => events![1].length);
  }

  /** Takes note of a commit of this realm, and delivers it unless earlier events are still missing. */
  committed(first: SeqNo, drafts: readonly Draft[]): void {
    this.#take(first, drafts, () => drafts.reduce((sum, draft) => sum + draft.textLength, 0));
  }

  #take(first: SeqNo, deliveries: readonly Delivery[], textLength: () => number): void {
    const last = first + deliveries.length - 1;
    // What was read from the log already is older than what was delivered.
    if (this.#closed || last <= this.#delivered) return;
    this.#last = Math.max(this.#last, last);
    if (this.#catchingUp !== undefined) {
      this.#wait(first, deliveries, textLength());
    } else if (this.#fanout.size === 0) {
      this.#passOverAll();
    } else if (first === this.#delivered + 1) {
      this.#deliver(first, deliveries);
    } else {
      this.#wait(first, deliveries, textLength());
      this.#catchingUp = this.#catchUp();
    }
  }

  /** Resolves when what was committed before the call has been delivered, or can't be. */
  idle(): Promise<void> {
    if (this.#catchingUp === undefined) return Promise.resolve();
    return new Promise((reached) => this.#goals.push({ last: this.#last, reached }));
  }

  close(): void {
    this.#closed = true;
    this.#forgetWaiting();
  }

  #deliver(first: SeqNo, deliveries: readonly Delivery[]): void {
    for (let i = 0; i < deliveries.length; i++) {
      this.#delivered = first + i;
      this.#fanout.deliver(deliveries[i]!, this.#delivered, this.#delivered);
    }
  }

  #wait(first: SeqNo, deliveries: readonly Delivery[], textLength: number): void {
    // A later commit that isn't kept is found by its number.
    if (this.#waitingEvents > MOST_WAITING || this.#waitingText > MOST_TEXT_WAITING) return;
    this.#waiting.push({ first, deliveries, textLength });
    this.#waitingEvents += deliveries.length;
    this.#waitingText += textLength;
  }

  #shiftWaiting(): void {
    const { deliveries, textLength } = this.#waiting.shift()!;
    this.#waitingEvents -= deliveries.length;
    this.#waitingText -= textLength;
  }

  /** What has come so far concerns nobody. */
  #passOverAll(): void {
    this.#forgetWaiting();
    this.#delivered = this.#last;
  }

  #forgetWaiting(): void {
    this.#waiting = [];
    this.#waitingEvents = this.#waitingText = 0;
  }

  async #catchUp(): Promise<void> {
    // It may have nothing to wait for, but must not end before its caller has noted that it runs.
    await undefined;
    try {
      while (!this.#closed && this.#delivered < this.#last) {
        const next = this.#waiting[0];
        if (next !== undefined && next.first <= this.#delivered) {
          // It was read from the log already.
          this.#shiftWaiting();
        } else if (this.#fanout.size === 0) {
          this.#passOverAll();
        } else if (next !== undefined && next.first === this.#delivered + 1) {
          this.#shiftWaiting();
          this.#deliver(next.first, next.deliveries);
        } else {
          await this.#readTo(next === undefined ? this.#last : next.first - 1);
        }
        this.#reach(this.#delivered);
      }
    } catch (error) {
      // Nothing is skipped: the next commit, and the next look, try again.
      this.#report(error as EverbusError);
    } finally {
      // In this very turn: a commit that comes next must not wait for a loop that has ended.
      this.#catchingUp = undefined;
      this.#reach(Infinity);
    }
  }

  #reach(delivered: SeqNo): void {
    while (this.#goals.length > 0 && this.#goals[0]!.last <= delivered) this.#goals.shift()!.reached();
  }

  async #readTo(end: SeqNo): Promise<void> {
    const from = this.#delivered + 1;
    const to = Math.min(end, from + PAGE - 1);
    let chunks: Chunk[];
    try {
      [, ...chunks] = await this.#log.read(from, to, PAGE, false, undefined);
    } catch (error) {
      return this.#passOver(error as EverbusError, from);
    }
    if (chunks.length === 0) {
      const [first] = await this.#log.bounds();
      if (!this.#closed) this.#skipTo(Math.min(Math.max(first || Infinity, to + 1), end + 1));
    }
    for (const chunk of chunks) {
      const [envelopes, damage] = await decodeSound(this.#log, chunk);
      for (const envelope of envelopes) {
        if (this.#closed) return;
        this.#skipTo(envelope.seq_no);
        this.#delivered = envelope.seq_no;
        this.#fanout.deliver(new Stored(envelope), this.#delivered, this.#delivered);
      }
      if (damage !== undefined) return this.#passOver(damage, this.#delivered + 1);
    }
  }

  /** Passes over damaged events, and says so; but first gives what comes before them. */
  async #passOver(error: EverbusError, from: SeqNo): Promise<void> {
    const damaged = error.cause as { first: SeqNo; last: SeqNo } | undefined;
    if (error.code !== "corrupt" || damaged === undefined) throw error;
    if (damaged.first > from) return this.#readTo(damaged.first - 1);
    this.#delivered = damaged.last;
    this.#report(error);
  }

  /** Passes over what another tab has trimmed before it was delivered here, and says so. */
  #skipTo(first: SeqNo): void {
    const requested = this.#delivered + 1;
    if (requested === first) return;
    this.#delivered = first - 1;
    const message = `events ${requested} to ${first - 1} were trimmed before they were delivered`;
    this.#report(everbusError("trimmed", message, { requested, first }));
  }
}

/** What was told of a commit; undefined if it can't be read as a whole. */
function decodeTold(events: Chunk): Logged[] | undefined {
  try {
    return decode(events);
  } catch {
    return undefined;
  }
}

/** A stored event, as the fan-out wants it. */
class Stored implements Delivery {
  readonly shape: number;
  readonly type: string;
  readonly subject: Uuid;
  readonly source: Uuid;
  readonly target: Uuid;
  readonly #envelope: EventEnvelope;

  constructor(envelope: EventEnvelope) {
    const { event } = envelope;
    const isLink = event.kind === "link";
    this.shape = ACTIONS.indexOf(event.action) + (isLink ? LINK : 0);
    this.type = isLink ? event.link_type : event.entity_type;
    this.subject = isLink ? event.link_id : event.entity_id;
    this.source = isLink ? event.source_id : "";
    this.target = isLink ? event.target_id : "";
    this.#envelope = envelope;
  }

  envelope(): EventEnvelope {
    return this.#envelope;
  }
}
