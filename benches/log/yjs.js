// Yjs with y-indexeddb, used as its documentation says: a shared array, and a transaction for what belongs together.
import { deleteDB } from "idb";
import { IndexeddbPersistence } from "y-indexeddb";
import { Doc } from "yjs";
import { inPieces, nextTask } from "../page/work.js";

let count = 0;

export const openFresh = () => open(`yjs ${++count}`);

/** It has loaded the whole document by then: there are no pages. */
export async function open(name) {
  const doc = new Doc();
  const stored = new IndexeddbPersistence(name, doc);
  await stored.whenSynced;
  return { name, doc, stored, events: doc.getArray("events") };
}

export async function add({ events, stored }, envelopes) {
  for (const piece of inPieces(envelopes, 1000)) {
    events.push(piece);
    await nextTask();
  }
  // It doesn't tell when it has stored an update. A transaction that begins later ends later.
  await new Promise((resolve, reject) => {
    const tx = stored.db.transaction("updates", "readwrite");
    tx.oncomplete = resolve;
    tx.onabort = () => reject(tx.error);
    tx.objectStore("updates").count();
  });
}

/** The name of a document with these envelopes, which is closed. */
export async function nameOfFilled(envelopes) {
  const opened = await openFresh();
  await add(opened, envelopes);
  await opened.stored.destroy();
  return opened.name;
}

/** `clearData` doesn't tell when the database is gone. */
export async function remove({ name, stored }) {
  await stored.destroy();
  await deleteDB(name);
}
