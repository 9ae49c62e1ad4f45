// RxDB on its free storage, Dexie, used as its documentation says: a collection with a schema, bulkInsert, and queries.
import { createRxDatabase } from "rxdb/plugins/core";
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie";
import { inPieces } from "../page/work.js";

const schema = {
  version: 0,
  primaryKey: "number",
  type: "object",
  properties: { number: { type: "string", maxLength: 12 }, envelope: { type: "object" } },
  required: ["number", "envelope"],
};
let count = 0;

const numberOf = (number) => String(number).padStart(12, "0");

export const openFresh = () => open(`rxdb${++count}`);

async function open(name) {
  const db = await createRxDatabase({ name, storage: getRxStorageDexie(), multiInstance: false });
  await db.addCollections({ events: { schema } });
  return db;
}

export async function add(db, envelopes) {
  let number = 0;
  for (const piece of inPieces(envelopes, 1000)) {
    const { error } = await db.events.bulkInsert(piece.map((envelope) => ({ number: numberOf(++number), envelope })));
    if (error.length > 0) throw new Error(`${error.length} events weren't inserted`);
  }
}

/** A database with these envelopes, opened again after they were written. */
export async function openFilled(envelopes) {
  const db = await openFresh();
  await add(db, envelopes);
  await db.close();
  return open(db.name);
}

/** All documents in pages of 1000, in the order they were added. */
export async function* pages(db) {
  for (let last = 0; ; last += 1000) {
    const query = { selector: { number: { $gt: numberOf(last) } }, sort: [{ number: "asc" }], limit: 1000 };
    const found = await db.events.find(query).exec();
    if (found.length === 0) return;
    yield found.map((document) => ({ ...document.envelope, seq_no: Number(document.number) }));
  }
}

export const countDocuments = (db) => db.events.count().exec();
export const remove = (db) => db.remove();
