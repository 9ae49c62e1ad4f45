// What the core offers, typed by hand: the generated types know no element types and no tuples.
import type { EverbusError } from "../api/errors.js";
import type { SeqNo, Uuid } from "../api/event.js";
import type { ConsumerInfo } from "../api/log.js";
import type { Call } from "./store.js";

/**
 * Stored events. Five numbers an event (number, milliseconds, shape, index of its type, 1 + index of its origin), and
 * the JSON text of the columns that are not numbers.
 */
export type Chunk = readonly [heads: Float64Array, text: string];

/** One atomic append under construction. An append consumes it. */
export interface Batch {
  /** Makes room in WebAssembly's memory and returns where; earlier views of the memory may be gone afterwards. */
  reserve(bytes: number): number;
  /** Adds at most 1000 events, one segment; their text is in the room that was reserved. */
  push(
    written: number,
    shapes: Uint8Array,
    types: string[],
    typeCodes: Uint16Array,
    times: Float64Array,
    nanos: Uint32Array,
    lengths: Uint32Array,
    metaLengths: Uint32Array,
    origins: string[],
    originCodes: Uint16Array,
  ): void;
  /** Only for a batch that isn't appended after all. */
  free(): void;
}

/** A reader of the log. */
export interface CoreCursor {
  /** The epoch of its claim, 0 if it isn't exclusive. */
  readonly epoch: number;
  /** The last number in the log when it was opened, 0 for none. */
  readonly last: SeqNo;
  /**
   * What comes next. A call has to be run and concluded before it goes on. False: nothing before the next commit; null, once:
   * nothing more up to `last`; undefined: the log is closed.
   */
  next(): Chunk | Call | false | null | undefined;
  /** Gives its memory back. No call may follow. */
  free(): void;
}

/** A log in the core: what it has to find or to store is a call. */
export interface CoreLog {
  /** Which log this is. */
  readonly id: Uuid;
  /** Runs a call, of a log in memory. */
  run(call: Call): void;
  /** `expected` is -1 for no condition. Gives the first new number, then with `checkIds` each event's own. */
  append(batch: Batch, expected: number, checkIds: boolean, strict: boolean): Call<Float64Array>;
  /** What leaves a batch behind: whoever looks at the log next appends it, unless its ids are stored by then. */
  leave(batch: Batch, expected: number, strict: boolean): [table: number, key: string, record: Uint8Array];
  /**
   * Appends what was left behind, also what is kept elsewhere. Gives the first and the last number, 0 for none, whether
   * something was appended, and why what can't be.
   */
  look(
    keys: string[],
    records: Uint8Array[],
  ): Call<[first: number, last: number, hasAdopted: boolean, ...refused: EverbusError[]]>;
  /** First and last number, 0 for none. */
  bounds(): Call<Float64Array>;
  /** Events, bytes, segments, first and last number, 0 for none. */
  stats(): Call<Float64Array>;
  /**
   * What is beyond these limits, -1 for none: the number to trim before, who would lose events, and whether all that may go
   * is too old.
   */
  surplus(
    maxEvents: number,
    maxBytes: number,
    maxAgeMs: number,
  ): Call<[before: SeqNo, overtaken: ConsumerInfo[], isAllTooOld: boolean] | undefined>;
  /** Gives the first number that is left, 0 for none. */
  trim(before: number): Call<number>;
  /**
   * A page: where the next one starts, 0 if the range is read, and the events. It has at most `limit` events and a bounded
   * size, and none only if there are none.
   */
  read(
    from: number,
    to: number,
    limit: number,
    reverse: boolean,
    filter: object | undefined,
  ): Call<[resume: number, ...Chunk[]]>;
  /**
   * A position's time is `{ time, nanos }`: milliseconds since the epoch, and the nanoseconds above. `seen` is the last
   * number that the caller knows of: "latest" is after that, however long it takes to look. With a holder the consumer is
   * claimed: a new one starts at `position`, any other after what it acknowledged.
   */
  subscribe(
    consumer: string | undefined,
    holder: Uuid | undefined,
    position: unknown,
    filter: object | undefined,
    skipTrimmed: boolean,
    seen: SeqNo,
  ): Call<CoreCursor>;
  /** Gives a claim up, if it is still the newest. */
  release(consumer: string, epoch: number, holder: Uuid): Call<void>;
  /**
   * Acknowledges for each consumer the number beside it, in one transaction, under the claim beside it if the epoch isn't
   * 0. Gives each one's error, if it has one.
   */
  ack(
    consumers: string[],
    numbers: Float64Array,
    epochs: Float64Array,
    holders: Uuid[],
  ): Call<(EverbusError | undefined)[]>;
  seek(consumer: string, position: unknown): Call<void>;
  consumers(): Call<ConsumerInfo[]>;
  deleteConsumer(name: string): Call<boolean>;
  /** Whether there are small segments that should be merged. */
  needsMerge(): boolean;
  /** Whether `merge` would write a chapter, if nothing is to be merged. */
  needsChapter(): boolean;
  /** Does a part of that; undefined if there is nothing to do. */
  merge(): Call<void> | undefined;
  /** Takes note that a call has failed that may have been made all the same. */
  doubt(): void;
  /** Makes cursors read on: another tab may have appended. */
  wake(): void;
  /** What other tabs should be told of the last append. Once. */
  takeNotice(): Uint8Array | undefined;
  /**
   * Tells cursors what another tab has told. Undefined if it isn't a notice of this log; else the first and the last
   * number, and the events, if the notice has them and they are wanted.
   */
  hear(notice: Uint8Array, wantsEvents: boolean): [first: SeqNo, last: SeqNo, events: Chunk | undefined] | undefined;
  /** Ends every cursor. */
  close(): void;
  /** Gives its memory back. No call may follow. */
  free(): void;
}

/** What the glue exports. */
export interface Core {
  /** Starts the compiled module. */
  initSync(from: { module: WebAssembly.Module }): unknown;
  /** The started module's memory. */
  moduleMemory(): WebAssembly.Memory;
  /** Tells the core how to make errors and whom to tell that it panicked. Once, right after `initSync`. */
  setup(
    makeError: (code: string, message: string, cause: unknown) => Error,
    onPanic: (message: string) => void,
  ): void;
  Batch: new () => Batch;
  Log: {
    memory(): CoreLog;
    /** Opens the log in a store, and makes one if there is none. */
    open(): Call<CoreLog>;
  };
  /** The names of the tables that a store has, in the order of their codes. */
  tableNames(): string[];
  /** The record of a consumer's position; undefined if it can't be one. The epoch is 0 if there never was a claim. */
  consumerRecord(next: number, epoch: number, holder: string, isHeld: boolean, isNew: boolean): Uint8Array | undefined;
}
