// What the core offers, typed by hand: the generated types know no element types and no tuples.
import type { EverbusError } from "../api/errors.js";
import type { SeqNo, Uuid } from "../api/event.js";
import type { ConsumerInfo } from "../api/log.js";

/**
 * Stored events. Five numbers an event (number, milliseconds, shape, index of its type, 1 + index of its origin), and
 * the JSON text of the columns that are not numbers.
 */
export type Chunk = readonly [heads: Float64Array, text: string];

/** One atomic append under construction. `Log.append` consumes it. */
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

/** A reader of the log that waits for more at its end. */
export interface Cursor {
  /** The epoch of its claim, 0 if it isn't exclusive. */
  readonly epoch: number;
  /** The last number in the log when it was opened, 0 for none. */
  readonly last: SeqNo;
  /**
   * Resolves undefined once the cursor or the log is closed, and once null: when there is nothing more up to `last`. One call
   * at a time.
   */
  next(): Promise<Chunk | null | undefined>;
  close(): void;
}

/** A log in the core. */
export interface Log {
  /** Which log this is. */
  readonly id: Uuid;
  /** `expected` is -1 for no condition. Resolves to the first new number, then with `checkIds` each event's own. */
  append(batch: Batch, expected: number, checkIds: boolean, strict: boolean): Promise<Float64Array>;
  /**
   * Leaves a batch behind, at once: whoever looks at the log next appends it, unless its ids are stored by then. What is to be
   * kept elsewhere is only returned.
   */
  part(
    batch: Batch,
    expected: number,
    strict: boolean,
    elsewhere: boolean,
  ): [key: string, record: Uint8Array] | undefined;
  /** Undoes what is running, and does it anew once the page runs on: until then others would wait for it. */
  interrupt(): void;
  /**
   * Appends what was left behind, also what is kept elsewhere. Resolves to the first and the last number, 0 for none, whether
   * something was appended, and why what can't be.
   */
  look(
    keys: string[],
    records: Uint8Array[],
  ): Promise<[first: number, last: number, hasAdopted: boolean, ...refused: EverbusError[]]>;
  /** First and last number, 0 for none. */
  bounds(): Promise<Float64Array>;
  /** Events, bytes, segments, first and last number, 0 for none. */
  stats(): Promise<Float64Array>;
  /**
   * What is beyond these limits, -1 for none: the number to trim before, who would lose events, and whether all that may go
   * is too old.
   */
  surplus(
    maxEvents: number,
    maxBytes: number,
    maxAgeMs: number,
  ): Promise<[before: SeqNo, overtaken: ConsumerInfo[], isAllTooOld: boolean] | undefined>;
  /** Resolves to the first number that is left, 0 for none. */
  trim(before: number): Promise<number>;
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
  ): Promise<[resume: number, ...Chunk[]]>;
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
  ): Promise<Cursor>;
  /** Gives a claim up, if it is still the newest. */
  release(consumer: string, epoch: number, holder: Uuid): Promise<void>;
  /**
   * Acknowledges for each consumer the number beside it, in one transaction, under the claim beside it if the epoch isn't
   * 0. Resolves to each one's error, if it has one.
   */
  ack(
    consumers: string[],
    numbers: Float64Array,
    epochs: Float64Array,
    holders: Uuid[],
  ): Promise<(EverbusError | undefined)[]>;
  seek(consumer: string, position: unknown): Promise<void>;
  consumers(): Promise<ConsumerInfo[]>;
  deleteConsumer(name: string): Promise<boolean>;
  /** Whether there are small segments that should be merged. */
  needsMerge(): boolean;
  /** Whether `merge` would write a chapter, if nothing is to be merged. */
  needsChapter(): boolean;
  /** Does a part of that. */
  merge(): Promise<void>;
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
    memory(): Log;
    /** Calls `onClosed` at most once, when the database is deleted or closed for good from outside. */
    indexeddb(name: string, onClosed: (error: Error) => void): Promise<Log>;
  };
  /** Deletes a database. Rejects `blocked` while another tab keeps it open. */
  deleteLog(name: string): Promise<void>;
}
