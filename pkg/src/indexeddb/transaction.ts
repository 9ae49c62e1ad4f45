import { type EverbusError, everbusError } from "../api/errors.js";
import { callCore } from "../core/module.js";
import {
  ADD,
  AGAIN,
  ASK,
  type Call,
  COMMITTED,
  DELETE,
  GET,
  KEYS,
  type Keys,
  NEXT,
  PUT,
  READ,
  type Request,
  SCAN,
  type Scan,
  SIZES,
  type Step,
  type Table,
  UNDONE,
  WRITE_STRICT,
  type Write,
} from "../core/store.js";
import { meaningOf } from "./failure.js";

/** How a transaction ended. */
export type End =
  /** It is durable, and the call is made. */
  | { readonly is: "made" }
  /** It is durable, or undone if the call wanted that; another one follows. */
  | { readonly is: "before another"; readonly ended: typeof COMMITTED | typeof UNDONE }
  /** It was undone, because the call failed with this. */
  | { readonly is: "refused"; readonly error: EverbusError }
  /** The platform has failed it, and may have made it all the same. */
  | { readonly is: "failed"; readonly error: EverbusError };

/**
 * Does what a call asks for, by requests that are chained by callbacks.
 *
 * Only the transaction's `complete` means durable, only its `abort` means undone; a request's success means neither. If the
 * connection closes first, nothing more may be told, and only the log knows what is stored.
 */
export class Transaction {
  readonly #raw: IDBTransaction;
  readonly #tables: readonly string[];
  #call: Call | undefined = undefined;
  /** Whether another one follows. */
  #goesOn = false;
  /** Why it is undone, if it is. */
  #undone: End | undefined = undefined;

  /** Throws what the platform does: `InvalidStateError` if the connection is gone. */
  constructor(database: IDBDatabase, names: readonly string[], tables: readonly Table[], access: number) {
    this.#tables = names;
    const mode = access === READ ? "readonly" : "readwrite";
    const durability = access === READ ? "default" : access === WRITE_STRICT ? "strict" : "relaxed";
    this.#raw = database.transaction(tables.map((table) => names[table]!), mode, { durability });
  }

  /** Does what `call` asks for, which begins with this step. Resolves to how it ended. */
  run(call: Call, begin: Step): Promise<End> {
    const raw = this.#raw;
    const database = raw.db;
    return new Promise<End>((resolve) => {
      const end = (fallBack: () => End) => (): void => {
        database.removeEventListener("close", closed);
        this.#call = undefined;
        resolve(this.#undone ?? fallBack());
      };
      const failed = end(() => ({ is: "failed", error: meaningOf("the transaction", raw.error) }));
      // Not every engine tells more: WebKit forgets to tell that a transaction was aborted which hadn't started.
      const closed = (): void => {
        failed();
        this.#abort();
      };
      raw.addEventListener("complete", end(() => (this.#goesOn ? { is: "before another", ended: COMMITTED } : { is: "made" })));
      raw.addEventListener("abort", failed);
      database.addEventListener("close", closed);
      this.#call = call;
      this.#advance(begin);
    });
  }

  /** Makes writes, and commits without waiting for what becomes of them. */
  write(writes: readonly Request[]): void {
    for (const write of writes) this.#issue(write as Write);
    try {
      // Saves a round trip.
      this.#raw.commit();
    } catch {
      // The transaction commits by itself when nothing is left to do.
    }
  }

  /** Undoes it, unless it is committing, and has its call begin anew. */
  interrupt(): void {
    if (this.#abort()) this.#undone ??= { is: "before another", ended: UNDONE };
  }

  #advance([kind, ...requests]: Step): void {
    try {
      if (kind === AGAIN) return this.#undo({ is: "before another", ended: UNDONE });
      if (kind === ASK) return this.#ask(requests);
      this.#goesOn = kind === NEXT;
      this.write(requests);
    } catch (thrown) {
      this.#undo({ is: "failed", error: meaningOf("a request", thrown) });
    }
  }

  /** Makes requests at once, and goes on when all of those are answered that read. */
  #ask(requests: readonly Request[]): void {
    const found: unknown[] = [];
    let open = 1;
    const answer = (): void => {
      if (--open > 0 || this.#call === undefined) return;
      const call = this.#call;
      let step: Step;
      try {
        step = callCore(() => call.goOn(found));
      } catch (error) {
        return this.#undo({ is: "refused", error: error as EverbusError });
      }
      this.#advance(step);
    };
    for (const request of requests) {
      if (request[0] !== GET && request[0] !== SCAN) {
        this.#issue(request);
        continue;
      }
      const place = found.push([]) - 1;
      const gathered = (value: unknown): void => {
        found[place] = value;
        answer();
      };
      open++;
      if (request[0] === GET) this.#then(this.#store(request[1]).get(request[2]), gathered);
      else this.#scan(request, gathered);
    }
    answer();
  }

  /** Looks at records. */
  #scan([, table, keys, reverse, limit, want]: Scan, gathered: (found: unknown[]) => void): void {
    if (isEmpty(keys)) return gathered([]);
    const [store, range] = [this.#store(table), rangeOf(keys)];
    if (reverse) {
      const walk = want === KEYS ? store.openKeyCursor(range, "prev") : store.openCursor(range, "prev");
      this.#walk(walk as IDBRequest<IDBCursorWithValue | null>, want, limit, gathered);
    } else if (want === KEYS) {
      this.#then(store.getAllKeys(range, limit), gathered);
    } else if (want === SIZES) {
      const keys = store.getAllKeys(range, limit);
      this.#then(store.getAll(range, limit), (values) => gathered(values.map((value, i) => [keys.result[i], value])));
    } else {
      this.#then(store.getAll(range, limit), gathered);
    }
  }

  /** Looks at records one after the other. */
  #walk(
    request: IDBRequest<IDBCursorWithValue | null>,
    want: Scan[5],
    limit: number,
    gathered: (found: unknown[]) => void,
  ): void {
    const found: unknown[] = [];
    this.#then(request, (cursor) => {
      if (cursor === null) return gathered(found);
      const { key, value } = cursor;
      found.push(want === KEYS ? key : want === SIZES ? [key, value] : value);
      if (found.length === limit) return gathered(found);
      cursor.continue();
    });
  }

  /** Makes a request that writes: its failure aborts the transaction. */
  #issue(request: Write): void {
    const store = this.#store(request[1]);
    switch (request[0]) {
      case PUT:
        store.put(request[3], request[2]);
        break;
      case ADD:
        store.add(request[3], request[2]);
        break;
      case DELETE:
        if (request[2] === undefined) store.clear();
        else if (!isEmpty(request[2])) store.delete(rangeOf(request[2])!);
    }
  }

  /** Calls `then` with each result of `request`. A failed request aborts the transaction. */
  #then<T>(request: IDBRequest<T>, then: (result: T) => void): void {
    request.addEventListener("success", () => {
      try {
        then(request.result);
      } catch (thrown) {
        this.#undo({ is: "failed", error: meaningOf("a request", thrown) });
      }
    });
  }

  #store(table: Table): IDBObjectStore {
    return this.#raw.objectStore(this.#tables[table]!);
  }

  #undo(why: End): void {
    this.#undone ??= why;
    this.#abort();
  }

  /** Whether it could still be undone. */
  #abort(): boolean {
    try {
      this.#raw.abort();
      return true;
    } catch {
      return false;
    }
  }
}

function isEmpty(keys: Keys): boolean {
  return typeof keys === "object" && keys[0] > keys[1];
}

function rangeOf(keys: Keys): IDBValidKey | IDBKeyRange | undefined {
  return typeof keys === "object" ? IDBKeyRange.bound(keys[0], keys[1]) : keys;
}

/** What it means that the database isn't open. */
export const notOpen = (): EverbusError => everbusError("storage", "the database isn't open at the moment");
