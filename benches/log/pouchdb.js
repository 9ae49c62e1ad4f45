// PouchDB, used as its documentation says: ids that sort as the events do, bulkDocs, and pages by key.
import PouchDB from "pouchdb-browser";
import { inPieces } from "../page/work.js";

let count = 0;

const idOf = (number) => String(number).padStart(12, "0");

export const openFresh = () => open(`pouchdb ${++count}`);
const open = (name) => new PouchDB(name);

export async function add(db, envelopes) {
  let number = 0;
  for (const piece of inPieces(envelopes, 1000)) {
    const written = await db.bulkDocs(piece.map((envelope) => ({ _id: idOf(++number), envelope })));
    for (const { error } of written) if (error) throw new Error(error);
  }
}

/** A database with these envelopes, opened again after they were written. */
export async function openFilled(envelopes) {
  const db = openFresh();
  await add(db, envelopes);
  await db.close();
  return open(db.name);
}

/** All documents in pages of 1000, in the order they were added. */
export async function* pages(db) {
  for (let last = 0; ; last += 1000) {
    const { rows } = await db.allDocs({ startkey: idOf(last + 1), limit: 1000, include_docs: true });
    if (rows.length === 0) return;
    yield rows.map(({ doc }) => ({ ...doc.envelope, seq_no: Number(doc._id) }));
  }
}

export const countDocuments = async (db) => (await db.info()).doc_count;
export const remove = (db) => db.destroy();
