// Rows about stores of documents: they sync or merge, and can be made to keep events.
import { envelopesOf, eventsOf } from "../page/events.js";
import { expect, timed } from "../page/work.js";
import * as everbus from "./everbus.js";
import * as pouchdb from "./pouchdb.js";
import * as rxdb from "./rxdb.js";
import * as yjs from "./yjs.js";

/** `count` events until the last one is durable. */
export function appendDocuments(count) {
  const events = eventsOf(count);
  const contestant = (name, { openFresh, add, remove }, countStored) => ({
    name,
    events: count,
    open: async () => ({ db: await openFresh(), envelopes: envelopesOf(events) }),
    async measure({ db, envelopes }) {
      const time = await timed(() => add(db, envelopes));
      expect(await countStored(db), count, "stored events");
      return time;
    },
    close: ({ db }) => remove(db),
  });
  return {
    name: `append of ${count.toLocaleString("en")} events, until durable, against stores of documents`,
    contestants: [
      {
        name: "everbus",
        events: count,
        open: everbus.openFresh,
        async measure(bus) {
          const time = await timed(() => everbus.publish(bus, events));
          expect(await bus.log.lastSeqNo(), count, "stored events");
          return time;
        },
        close: everbus.remove,
      },
      contestant("PouchDB, bulkDocs of 1000", pouchdb, pouchdb.countDocuments),
      contestant("RxDB on Dexie, bulkInsert of 1000", rxdb, rxdb.countDocuments),
      contestant("Yjs in y-indexeddb, 1000 an update", yjs, ({ events }) => events.length),
    ],
  };
}

/** `count` stored events as objects, in order. */
export function replayDocuments(count) {
  const events = eventsOf(count);
  const lastEvent = JSON.stringify(events.at(-1));

  const contestant = (name, open, pages, close) => ({
    name,
    events: count,
    open,
    async measure(opened) {
      let got = 0;
      let last;
      const time = await timed(async () => {
        for await (const page of pages(opened)) {
          got += page.length;
          last = page.at(-1);
        }
      });
      expect(got, count, "events");
      expect(JSON.stringify(last.event), lastEvent, "the last event");
      return time;
    },
    close,
  });
  const ownPages = async function* (bus) {
    for (let from = 1; from <= count; from += 1000) yield bus.log.read({ from, limit: 1000 });
  };
  // To load the document is to replay it.
  const loaded = async function* (own) {
    own.doc = await yjs.open(own.name);
    yield own.doc.events.toArray();
  };
  const filled = (store) => () => store.openFilled(envelopesOf(events));
  return {
    name: `replay of ${count.toLocaleString("en")} events, as objects, against stores of documents`,
    contestants: [
      contestant("everbus, log.read of 1000", () => everbus.openFilled(events), ownPages, everbus.remove),
      contestant("PouchDB, allDocs in pages of 1000", filled(pouchdb), pouchdb.pages, pouchdb.remove),
      contestant("RxDB on Dexie, find in pages of 1000", filled(rxdb), rxdb.pages, rxdb.remove),
      contestant(
        "Yjs in y-indexeddb, the whole document",
        async () => ({ name: await yjs.nameOfFilled(envelopesOf(events)) }),
        loaded,
        ({ doc }) => yjs.remove(doc),
      ),
    ],
  };
}
