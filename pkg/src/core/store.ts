// What the core asks of a store, as it crosses: `log/store.rs` says what it means.
import type { EverbusError } from "../api/errors.js";

/** What is stored under it is bytes. */
export type Key = number | string;

/** One key, the first and the last of some, or all of them. */
export type Keys = Key | readonly [first: number, last: number] | undefined;

/** The table's place among the names that the core has. */
export type Table = number;

export const GET = 0;
export const SCAN = 1;
export const PUT = 2;
export const ADD = 3;
export const DELETE = 4;

/** What a scan wants of each record: its key, its key and its size, or what is stored. */
export const KEYS = 0;
export const SIZES = 1;
export const VALUES = 2;

export type Get = readonly [kind: typeof GET, table: Table, key: Key];
export type Scan = readonly [
  kind: typeof SCAN,
  table: Table,
  keys: Keys,
  reverse: boolean,
  limit: number,
  want: typeof KEYS | typeof SIZES | typeof VALUES,
];
export type Write =
  | readonly [kind: typeof PUT | typeof ADD, table: Table, key: Key, value: Uint8Array]
  | readonly [kind: typeof DELETE, table: Table, keys: Keys];
export type Request = Get | Scan | Write;

/** Makes requests, and goes on with what those find that read. */
export const ASK = 0;
/** Undoes all, and begins anew in another transaction. */
export const AGAIN = 1;
/** Makes the last writes and commits; with `NEXT` another transaction follows. */
export const COMMIT = 2;
export const NEXT = 3;

export type Step = readonly [
  kind: typeof ASK | typeof AGAIN | typeof COMMIT | typeof NEXT,
  ...requests: readonly Request[],
];

export const READ = 0;
export const WRITE = 1;
export const WRITE_STRICT = 2;

/** How the transaction before ended: there was none, it is durable, it was undone, or nobody knows. */
export const NOTHING = 0;
export const COMMITTED = 1;
export const UNDONE = 2;
export const IN_DOUBT = 3;

/** How a transaction begins: what it may do, the tables that it needs, and its first step. */
export type Begin = readonly [
  access: typeof READ | typeof WRITE | typeof WRITE_STRICT,
  tables: readonly Table[],
  step: Step,
];

/**
 * A call of a log: what its transactions ask of the store is decided step by step. It throws what keeps it from being made,
 * which undoes the transaction.
 */
export interface Call<T = unknown> {
  begin(before: number): Begin;
  /** What was found, in the order of the requests that read: a value, or an array of keys, of pairs or of values. */
  goOn(found: readonly unknown[]): Step;
  /** What came of it, once it was run. Ends it. */
  conclude(): T;
  /** Only for a call that isn't concluded. */
  free(): void;
}

/** Where a log keeps its records. */
export interface Store {
  /**
   * Runs a call, a transaction after the other; resolves once all is durable. What the platform fails in passing is tried again
   * in here.
   *
   * @throws EverbusError (it rejects) what the call threw, `quota_exceeded`, `closed`, `unavailable`: then nothing has changed.
   * `storage`: then it may have been made all the same.
   */
  run(call: Call): Promise<void>;
  /**
   * Adds a record at once, without a look at what is there and without waiting: for those who stop running. Nobody is told
   * whether it has come to anything.
   *
   * @throws EverbusError
   */
  writeBlind(table: Table, key: Key, record: Uint8Array): void;
  /** Undoes what is running, and begins it anew once the page runs on. */
  interrupt(): void;
  /** Is told, once, if the store is closed for good from outside. */
  onClosed: ((error: EverbusError) => void) | undefined;
  /** Gives free what it holds, once what is running has ended. Nothing is run afterwards. */
  close(): void;
}
