// The package's store in IndexedDB, for the crate's own suite: `scripts/test wasm` makes driver.js of it.
import { platformClock } from "../../pkg/src/clock.js";
import { deleteDatabase } from "../../pkg/src/indexeddb/connection.js";
import { IndexedDbStore } from "../../pkg/src/indexeddb/store.js";

/** The store of the log `name`. Its databases are new: none has records of the first version. */
export function openStore(name: string, tables: string[]): IndexedDbStore {
  return new IndexedDbStore(name, { tableNames: () => tables, consumerRecord: () => undefined }, platformClock);
}

export function deleteStore(name: string): Promise<void> {
  return deleteDatabase(name, platformClock);
}
