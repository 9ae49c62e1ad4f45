// IndexedDB through idb, used as its documentation says, and by hand.
import { deleteDB, openDB, unwrap } from "idb";
import { inPieces } from "../page/work.js";

const RELAXED = { durability: "relaxed" };
const STORE = "records";
let count = 0;

export function openFresh() {
  return openDB(`indexeddb ${++count}`, 1, {
    upgrade: (db) => void db.createObjectStore(STORE, { autoIncrement: true }),
  });
}

export async function remove(db) {
  db.close();
  await deleteDB(db.name);
}

export const countRecords = (db) => db.count(STORE);

/** One `put` an envelope, 1000 a transaction. */
export async function putEach(db, envelopes) {
  for (const piece of inPieces(envelopes, 1000)) {
    const tx = db.transaction(STORE, "readwrite", RELAXED);
    await Promise.all([...piece.map((envelope) => tx.store.put(envelope)), tx.done]);
  }
}

/** One `put`, one transaction, by hand, awaited to `complete`. */
export function putOne(db, value) {
  return new Promise((resolve, reject) => {
    const tx = unwrap(db).transaction(STORE, "readwrite", RELAXED);
    tx.oncomplete = resolve;
    tx.onabort = () => reject(tx.error);
    tx.objectStore(STORE).put(value);
  });
}

/** The segments that a bus has stored: its bytes, ready-made. */
export async function segmentsOf(busName) {
  const db = await openDB(`everbus:${busName}`);
  const segments = await db.getAll("segments");
  db.close();
  return segments;
}
