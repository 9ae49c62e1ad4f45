import type { Receipt } from "../api/bus.js";
import type { EverbusError } from "../api/errors.js";
import type { SeqNo, Uuid } from "../api/event.js";
import type { Draft } from "../events/draft.js";
import { leaveUnproxied } from "../values/objects.js";
import { Outcome } from "./outcome.js";
import type { QueueShare } from "./queue.js";

/** Whoever a unit came from. */
export interface Owner {
  /** Whether its commits have to survive a power cut. */
  readonly strict: boolean;
  /** Counts what of it waits to be committed. */
  readonly queue: QueueShare;
  /** Learns of a failure that nobody asked for. Never throws. */
  report(error: EverbusError): void;
  /** Learns of events that found no room in the queue, and nobody asked for. */
  refused(events: number): void;
}

interface Waiter {
  readonly index: number;
  readonly outcome: Outcome<SeqNo>;
}

const NONE: readonly never[] = [];

/** What is committed together: the events of one `publish`, `publishAll` or `log.append`. */
export class Unit {
  /** The events, until they are settled: a receipt that is kept must not keep payloads. */
  drafts: readonly Draft[];
  /** How many they are. */
  readonly events: number;
  /** The memory of their texts, at most: an engine keeps a character in one byte or in two. */
  readonly bytes: number;
  readonly owner: Owner;
  /** The last number that the log has to have, -1 for no condition. */
  readonly expected: number;
  /** Whether the ids may be in the log already. */
  checkIds: boolean;
  /** Whether it has to have a transaction of its own. */
  readonly isAlone: boolean;
  /** Whether it was left behind for whoever looks next, too. */
  wasLeft = false;
  #numbers: SeqNo | Float64Array = 0;
  #error: EverbusError | undefined = undefined;
  #waiters: Waiter[] | undefined = undefined;

  constructor(drafts: readonly Draft[], owner: Owner, expected = -1, checkIds = false) {
    this.drafts = drafts;
    this.events = drafts.length;
    let length = 0;
    for (const draft of drafts) length += draft.textLength;
    this.bytes = length * 2;
    this.owner = owner;
    this.expected = expected;
    this.checkIds = checkIds;
    this.isAlone = checkIds || expected >= 0;
  }

  /** Takes note that it was left behind: it may be stored before it is committed here. */
  leave(): void {
    this.checkIds = this.wasLeft = true;
  }

  get isSettled(): boolean {
    return this.#numbers !== 0 || this.#error !== undefined;
  }

  /** Settles with the number of the first event, or with each one's. */
  resolve(numbers: SeqNo | Float64Array): void {
    if (this.isSettled) return;
    this.drafts = NONE;
    this.#numbers = numbers;
    for (const waiter of this.#waiters ?? NONE) waiter.outcome.resolve(this.seqNo(waiter.index));
    this.#waiters = undefined;
  }

  /** Settles with an error. Returns whether somebody awaits a number, and so is told. */
  reject(error: EverbusError): boolean {
    this.drafts = NONE;
    this.#error = error;
    let isTold = false;
    for (const { outcome } of this.#waiters ?? NONE) isTold = outcome.reject(error) || isTold;
    this.#waiters = undefined;
    return isTold;
  }

  /** Resolves to the number of the event at `index`. Its rejection needs no handler. */
  committed(index: number): Promise<SeqNo> {
    if (this.#error !== undefined) {
      const rejected = Promise.reject<SeqNo>(this.#error);
      rejected.catch(ignore);
      return rejected;
    }
    if (this.#numbers !== 0) return Promise.resolve(this.seqNo(index));
    const outcome = new Outcome<SeqNo>();
    (this.#waiters ??= []).push({ index, outcome });
    return outcome.promise;
  }

  /** The number of the event at `index`, once it is committed. */
  seqNo(index: number): SeqNo {
    return typeof this.#numbers === "number" ? this.#numbers + index : this.#numbers[index]!;
  }
}

function ignore(): void {}

/** What `publish` returns. The promise is made only if someone asks for it: many never do. */
export class PublishReceipt implements Receipt {
  static {
    leaveUnproxied(this.prototype);
  }

  readonly id: Uuid;
  readonly receivers: number;
  readonly #unit: Unit | undefined;
  readonly #index: number;
  #committed: Promise<SeqNo | undefined> | undefined = undefined;

  constructor(id: Uuid, receivers: number, unit: Unit | undefined, index: number) {
    this.id = id;
    this.receivers = receivers;
    this.#unit = unit;
    this.#index = index;
  }

  get committed(): Promise<SeqNo | undefined> {
    return (this.#committed ??= this.#unit?.committed(this.#index) ?? Promise.resolve(undefined));
  }
}
