import { type EverbusError, everbusError } from "../api/errors.js";
import type { Clock } from "../clock.js";
import { callCore } from "../core/module.js";
import {
  ADD,
  type Begin,
  type Call,
  IN_DOUBT,
  type Key,
  NOTHING,
  READ,
  type Store,
  type Table,
  UNDONE,
  WRITE,
} from "../core/store.js";
import { Connection, deleted, type Lost } from "./connection.js";
import { meaningOf, nameOf } from "./failure.js";
import { pause } from "./patience.js";
import { rotateOnce, rotating } from "./rotation.js";
import { type End, notOpen, Transaction } from "./transaction.js";
import type { Tables } from "./upgrade.js";

/**
 * How long to wait before another try, in milliseconds. A platform that closes connections, to clear a site's data, may refuse
 * new ones or close them, too, until it is done.
 */
const PAUSES = [0, 100, 500];

/**
 * A store in IndexedDB: the database `everbus:NAME`, with an object store for each table. It is opened by the first call, and
 * made if it isn't there; opened anew when the platform has dropped it. This knows connections and transactions, and nothing of
 * what is in them.
 */
export class IndexedDbStore implements Store {
  onClosed: ((error: EverbusError) => void) | undefined = undefined;
  readonly #name: string;
  readonly #core: Tables;
  readonly #clock: Clock;
  readonly #tables: readonly string[];
  #connection: Connection | undefined = undefined;
  /** Whether it was open before: then it has to be there. */
  #wasOpen = false;
  /** What is running: none of it for long. */
  readonly #running = new Set<Transaction>();
  /** Resolves when what was not begun, because the page was about to stand still, may be. */
  #standing: Promise<void> | undefined = undefined;
  /** Whether the platform has failed the last call for good: the next one is tried only once. */
  #isFailing = false;
  /** Why it is closed, once it is. */
  #closed: EverbusError | undefined = undefined;

  /** The database of the log `name`. Nothing is opened yet. */
  constructor(name: string, core: Tables, clock: Clock) {
    this.#name = name;
    this.#core = core;
    this.#clock = clock;
    this.#tables = callCore(() => core.tableNames());
  }

  async run(call: Call): Promise<void> {
    let before: number = NOTHING;
    for (let failures = 0; ; ) {
      const begin = callCore(() => call.begin(before));
      let error: EverbusError;
      let transaction: Transaction | undefined;
      try {
        const begun = this.#standing === undefined ? this.#beginOnOpen(begin) : undefined;
        transaction = begun ?? (await this.#beginAnew(begin));
      } catch (thrown) {
        error = thrown as EverbusError;
        // Nothing was begun; what was in doubt before still is.
        if (before !== IN_DOUBT) before = UNDONE;
      }
      if (transaction !== undefined) {
        const end = await this.#runIn(transaction, call, begin);
        if (end.is === "made") return await this.#made(begin);
        if (end.is === "refused") throw end.error;
        if (end.is === "before another") {
          before = end.ended;
          continue;
        }
        ({ error } = end);
        before = error.code === "storage" ? IN_DOUBT : UNDONE;
      }
      if (!(await this.#mayTryAgain(error!, failures++))) throw error!;
    }
  }

  #made([access]: Begin): Promise<void> | undefined {
    this.#isFailing = false;
    if (!this.#wasOpen) {
      this.#wasOpen = true;
      // Not before: the platform would answer the first call after it.
      rotateOnce(this.#clock);
      return undefined;
    }
    return access === READ ? undefined : rotating();
  }

  /** Runs a call in a transaction that has begun. */
  async #runIn(transaction: Transaction, call: Call, [, , step]: Begin): Promise<End> {
    this.#running.add(transaction);
    try {
      return await transaction.run(call, step);
    } finally {
      this.#running.delete(transaction);
    }
  }

  /** Begins a transaction, on a new connection if the platform has dropped the old one; not while the page is about to stand still. */
  async #beginAnew(begin: Begin): Promise<Transaction> {
    while (this.#standing !== undefined) await this.#standing;
    const begun = this.#beginOnOpen(begin);
    if (begun !== undefined) return begun;
    const isNew = !this.#wasOpen;
    let connection: Connection;
    try {
      connection = await Connection.open(this.#name, isNew, this.#core, this.#clock, (lost) => this.#lost(connection, lost));
    } catch (thrown) {
      const error = thrown as EverbusError;
      if (!isNew && (error.code === "closed" || error.code === "unsupported")) this.#end(error);
      throw error;
    }
    // Another call may have opened it meanwhile, too; or it was closed.
    try {
      const begun = this.#beginOnOpen(begin);
      if (begun !== undefined) {
        connection.close();
        return begun;
      }
    } catch (error) {
      connection.close();
      throw error;
    }
    this.#connection?.close();
    this.#connection = connection;
    return this.#transaction(connection, begin);
  }

  /** A transaction on the connection that is open; undefined if there is none, or the platform has dropped it. */
  #beginOnOpen(begin: Begin): Transaction | undefined {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#connection === undefined) return undefined;
    try {
      return this.#transaction(this.#connection, begin);
    } catch (error) {
      if (nameOf((error as EverbusError).cause) === "InvalidStateError") return undefined;
      throw error;
    }
  }

  #transaction({ database }: Connection, [access, tables]: Begin): Transaction {
    try {
      return new Transaction(database, this.#tables, tables, access);
    } catch (thrown) {
      throw meaningOf("beginning a transaction", thrown);
    }
  }

  /** Whether to try again what the platform has failed so often before; waits until it is time to. */
  async #mayTryAgain({ code }: EverbusError, failures: number): Promise<boolean> {
    // What refuses to open at first mostly does so for good.
    const isPlatforms = code === "storage" || (code === "unavailable" && this.#wasOpen);
    if (!isPlatforms || this.#isFailing) return false;
    const ms = PAUSES[failures];
    if (ms === undefined) this.#isFailing = true;
    else if (ms > 0) await pause(this.#clock, ms);
    return ms !== undefined;
  }

  writeBlind(table: Table, key: Key, record: Uint8Array): void {
    const transaction = this.#beginOnOpen([WRITE, [table], [0]]);
    if (transaction === undefined) throw notOpen();
    try {
      transaction.write([[ADD, table, key, record]]);
    } catch (thrown) {
      throw meaningOf("a request", thrown);
    }
  }

  interrupt(): void {
    // No timer runs before the page does.
    const standing = pause(this.#clock, 0).then(() => {
      if (this.#standing === standing) this.#standing = undefined;
    });
    this.#standing = standing;
    for (const transaction of [...this.#running]) transaction.interrupt();
  }

  close(): void {
    this.onClosed = undefined;
    this.#end(everbusError("closed", "the log is closed: open it again"));
  }

  #lost(connection: Connection, lost: Lost): void {
    if (lost === "deleted") this.#end(deleted());
    else if (lost === "upgraded") this.#end(everbusError("closed", "a newer version of everbus took the log over: reload"));
    else if (this.#connection === connection) this.#disconnect();
  }

  /** The next call opens the database again. */
  #disconnect(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** Closes it for good, and tells so once. */
  #end(error: EverbusError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#disconnect();
    const tell = this.onClosed;
    this.onClosed = undefined;
    tell?.(error);
  }
}
