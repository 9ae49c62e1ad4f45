// Rows about writing.
import { envelopesOf, eventsOf, small } from "../page/events.js";
import { median } from "../median.js";
import { expect, inPieces, nextTask, timed } from "../page/work.js";
import * as dexie from "./dexie.js";
import * as everbus from "./everbus.js";
import * as indexeddb from "./indexeddb.js";

/** `count` events of a kind until the last one is durable. */
export function burst(count, kind) {
  const events = kind.eventsOf(count);
  // The larger an event is, the more of the time is its own JSON, whoever stores it.
  const [dexieTarget, idbTarget] = kind === small ? [20, 18] : [10, 9];
  return {
    name: `burst append of ${count.toLocaleString("en")} events (${kind.name}), until durable`,
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
        targets: [
          { against: "Dexie, bulkAdd of 1000", atLeast: { chromium: dexieTarget, firefox: dexieTarget } },
          { against: "idb, put, 1000 a transaction", atLeast: { chromium: idbTarget, firefox: idbTarget } },
          { against: "by hand, ready-made blocks", atLeast: { chromium: 0.6, firefox: 0.5 } },
        ],
      },
      {
        name: "everbus, one committed subscriber",
        events: count,
        open: everbus.openFresh,
        async measure(bus) {
          let last;
          const delivered = new Promise((resolve) => {
            bus.subscribe(({ seq_no }) => {
              last = seq_no;
              if (seq_no === count) resolve();
            });
          });
          const time = await timed(() => Promise.all([everbus.publish(bus, events), delivered]));
          expect(last, count, "the last delivered number");
          return time;
        },
        close: everbus.remove,
        targets: [{ against: "everbus", atLeast: { chromium: 0.7, firefox: 0.7 } }],
      },
      {
        name: "Dexie, bulkAdd of 1000",
        events: count,
        open: async () => ({ db: await dexie.openFresh(), envelopes: envelopesOf(events) }),
        async measure({ db, envelopes }) {
          const time = await timed(() => dexie.add(db, envelopes));
          expect(await db.events.count(), count, "stored rows");
          return time;
        },
        close: ({ db }) => db.delete(),
      },
      {
        name: "idb, put, 1000 a transaction",
        events: count,
        open: async () => ({ db: await indexeddb.openFresh(), envelopes: envelopesOf(events) }),
        async measure({ db, envelopes }) {
          const time = await timed(() => indexeddb.putEach(db, envelopes));
          expect(await indexeddb.countRecords(db), count, "stored records");
          return time;
        },
        close: ({ db }) => indexeddb.remove(db),
      },
      {
        name: "by hand, ready-made blocks",
        events: count,
        async open() {
          const bus = await everbus.openFresh();
          await everbus.publish(bus, events);
          const blocks = await indexeddb.segmentsOf(bus.name);
          await everbus.remove(bus);
          return { db: await indexeddb.openFresh(), blocks };
        },
        async measure({ db, blocks }) {
          const time = await timed(async () => {
            for (const block of blocks) await indexeddb.putOne(db, block);
          });
          expect(await indexeddb.countRecords(db), Math.ceil(count / 1000), "stored blocks");
          return time;
        },
        close: ({ db }) => indexeddb.remove(db),
      },
    ],
  };
}

/** The median of `count` appends, each awaited before the next one. */
export function single(count) {
  const events = eventsOf(count);
  return {
    name: `a single awaited append, median of ${count}`,
    contestants: [
      {
        name: "everbus",
        open: everbus.openFresh,
        async measure(bus) {
          const times = [];
          for (const event of events) times.push(await timed(() => bus.publish(event).committed));
          expect(await bus.log.lastSeqNo(), count, "stored events");
          return median(times);
        },
        close: everbus.remove,
        targets: [{ against: "by hand, put", atMost: { chromium: 1.4, firefox: 1.4 } }],
      },
      {
        name: "by hand, put",
        open: async () => ({ db: await indexeddb.openFresh(), envelopes: envelopesOf(events) }),
        async measure({ db, envelopes }) {
          const times = [];
          for (const envelope of envelopes) times.push(await timed(() => indexeddb.putOne(db, envelope)));
          expect(await indexeddb.countRecords(db), count, "stored records");
          return median(times);
        },
        close: ({ db }) => indexeddb.remove(db),
      },
    ],
  };
}

/** What the call of publish itself takes, in 1000s between which everything queued is written. */
export function publishCall(count) {
  const events = eventsOf(count);
  const timeEach = async (call, afterwards) => {
    let time = 0;
    for (const piece of inPieces(events, 1000)) {
      const started = performance.now();
      for (const event of piece) call(event);
      time += performance.now() - started;
      await afterwards();
    }
    return time / count;
  };
  return {
    name: "publish, the synchronous part of the call",
    contestants: [
      {
        name: "everbus",
        open: everbus.openFresh,
        async measure(bus) {
          const time = await timeEach((event) => bus.publish(event), () => bus.flush());
          expect(await bus.log.lastSeqNo(), count, "stored events");
          return time;
        },
        close: everbus.remove,
        targets: [{ against: "JSON.stringify of the event", atMost: { chromium: 1.5, firefox: 1.5 } }],
      },
      {
        name: "JSON.stringify of the event",
        open() {},
        async measure() {
          let length = 0;
          const time = await timeEach((event) => (length += JSON.stringify(event).length), nextTask);
          expect(length > count * 100, true, "events were written");
          return time;
        },
        close() {},
      },
    ],
  };
}
