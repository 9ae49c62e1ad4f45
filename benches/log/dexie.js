// Dexie, used as its documentation says: an auto-incremented key, bulkAdd, and pages by key.
import Dexie from "dexie";
import { inPieces } from "../page/work.js";

let count = 0;

/** `index` is a second key to find events by. */
export async function openFresh(index) {
  return open(`dexie ${++count}`, index);
}

export function open(name, index) {
  const db = new Dexie(name, { chromeTransactionDurability: "relaxed" });
  db.version(1).stores({ events: index === undefined ? "++seq_no" : `++seq_no, ${index}` });
  return db.open();
}

export async function add(db, envelopes) {
  for (const piece of inPieces(envelopes, 1000)) await db.events.bulkAdd(piece);
}

/** A database with these envelopes, opened again after they were written. */
export async function openFilled(envelopes) {
  const db = await openFresh();
  await add(db, envelopes);
  db.close();
  return open(db.name);
}

/** All rows in pages of 1000, in the order they were added. */
export async function* pages(db) {
  for (let last = 0; ; ) {
    const page = await db.events.where("seq_no").above(last).limit(1000).toArray();
    if (page.length === 0) return;
    yield page;
    last = page.at(-1).seq_no;
  }
}
