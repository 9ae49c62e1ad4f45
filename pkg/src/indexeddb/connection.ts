import { EverbusError, everbusError } from "../api/errors.js";
import type { Clock } from "../clock.js";
import { meaningOf } from "./failure.js";
import { afterRunning } from "./patience.js";
import { type Tables, upgrade } from "./upgrade.js";

/** The version of the database. */
const VERSION = 2;

/** How long the platform may take to open a database, in milliseconds. Some never answer in private modes. */
const OPEN_TIMEOUT = 10_000;
/** How long others may take to close their connections once they were asked to, in milliseconds. */
const BLOCKED_TIMEOUT = 3_000;

/**
 * Why a database is no longer there: the platform closed the connection, and a new one may work; somebody deletes the database;
 * a newer version of everbus changes the tables.
 */
export type Lost = "disconnected" | "deleted" | "upgraded";

/** An open database. */
export class Connection {
  readonly database: IDBDatabase;

  private constructor(database: IDBDatabase, onLost: (lost: Lost) => void) {
    this.database = database;
    database.onversionchange = ({ newVersion }) => {
      // Closing here, at once, is what keeps the other side from being blocked.
      database.close();
      onLost(newVersion === null ? "deleted" : "upgraded");
    };
    database.onclose = () => onLost("disconnected");
  }

  /**
   * Opens the database of the log `name`, and makes it if it isn't there and `mayCreate` says so. `onLost` is called when the
   * database is taken away; the connection has then given it free.
   *
   * @throws EverbusError (it rejects) `unavailable` if there is no IndexedDB, or it refuses or doesn't answer in time;
   * `blocked`; `unsupported` if a newer everbus wrote the database; `closed` if it isn't there and may not be made.
   */
  static async open(name: string, mayCreate: boolean, core: Tables, clock: Clock, onLost: (lost: Lost) => void): Promise<Connection> {
    const request = attempt("open", () => factory().open(databaseName(name), VERSION));
    // Why nothing is to be opened after all.
    let refused: EverbusError | undefined;
    request.addEventListener("upgradeneeded", ({ oldVersion }) => {
      try {
        if (oldVersion === 0 && !mayCreate) throw deleted();
        upgrade(request, core);
      } catch (thrown) {
        // What the platform has failed it tells itself.
        refused = thrown instanceof EverbusError ? thrown : undefined;
        undo(request);
      }
    });
    try {
      const blocked = "another connection keeps the log from being upgraded: close the other tabs";
      const database = await outcome<IDBDatabase>(request, blocked, clock, OPEN_TIMEOUT);
      return new Connection(database, onLost);
    } catch (thrown) {
      const error = refused ?? (thrown as EverbusError);
      if (error.code !== "storage") throw error;
      throw unavailable("IndexedDB refuses to open a database", error.cause);
    }
  }

  /** Gives the database free once its transactions have ended. */
  close(): void {
    this.database.onversionchange = this.database.onclose = null;
    this.database.close();
  }
}

/** The log was deleted. */
export function deleted(): EverbusError {
  return everbusError("closed", "the log was deleted: open it again to start anew");
}

/**
 * Deletes the database of the log `name`. Open connections of everbus give it free.
 *
 * @throws EverbusError (it rejects) `blocked` if another connection doesn't: the database is deleted when it ends.
 */
export async function deleteDatabase(name: string, clock: Clock): Promise<void> {
  const request = attempt("delete", () => factory().deleteDatabase(databaseName(name)));
  const blocked = "another connection keeps the log from being deleted: it is deleted when that one closes";
  await outcome(request, blocked, clock, Infinity);
}

function databaseName(log: string): string {
  return `everbus:${log}`;
}

function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw thrown instanceof EverbusError ? thrown : unavailable(`IndexedDB refuses to ${what} a database`, thrown);
  }
}

/** The platform's IndexedDB: looking for it may throw, and there may be none. */
export function factory(): IDBFactory {
  let found: IDBFactory | undefined;
  try {
    found = globalThis.indexedDB;
  } catch (thrown) {
    throw unavailable("IndexedDB is forbidden here", thrown);
  }
  if (found == null) throw unavailable("there is no IndexedDB here");
  return found;
}

function unavailable(message: string, thrown?: unknown): EverbusError {
  return everbusError("unavailable", message, thrown ?? undefined);
}

/**
 * How a request to open or to delete ends.
 *
 * A connection that is closing, but still has a transaction, blocks the request for a moment; one that doesn't close blocks it
 * for good. Only after some time is it the second.
 */
function outcome<T>(request: IDBOpenDBRequest, blocked: string, clock: Clock, limit: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stops: (() => void)[] = [];
    const settle = (run: () => void): void => {
      for (const stop of stops) stop();
      run();
    };
    const giveUp = (error: EverbusError): void =>
      settle(() => {
        // Nobody is left to close what it opens after all, which would block who deletes it.
        closeWhenOpen(request);
        reject(error);
      });
    request.addEventListener("success", () => settle(() => resolve(request.result as T)));
    request.addEventListener("error", () => settle(() => reject(meaningOf("opening the database", request.error))));
    request.addEventListener(
      "blocked",
      () => void stops.push(afterRunning(clock, BLOCKED_TIMEOUT, () => giveUp(everbusError("blocked", blocked)))),
    );
    if (limit === Infinity) return;
    const late = (): void => {
      // The answer is there, and this page was only too busy to be told.
      if (request.readyState !== "done") giveUp(unavailable("IndexedDB didn't open a database in 10 s"));
    };
    stops.push(afterRunning(clock, limit, late));
  });
}

/** Closes the database that a request has opened, or opens after all. */
export function closeWhenOpen(request: IDBOpenDBRequest): void {
  const close = (): void => void (request.result as IDBDatabase | undefined)?.close();
  if (request.readyState === "done" && request.error === null) close();
  else request.addEventListener("success", close);
}

/** Makes the upgrade and the request for it fail, so that nothing is changed. */
function undo(request: IDBOpenDBRequest): void {
  try {
    request.transaction?.abort();
  } catch {
    // It has failed already.
  }
}
