// Rows about reading.
import { airportWithShare, envelopesOf, small } from "../page/events.js";
import { expect, timed } from "../page/work.js";
import * as dexie from "./dexie.js";
import * as everbus from "./everbus.js";

/** `count` stored events of a kind as objects; of the small ones also those that a filter lets through. */
export function replay(count, kind) {
  const events = kind.eventsOf(count);

  // Goes through events as they come, and makes sure that they are all there, in order and whole.
  const counter = () => {
    let last;
    return {
      take(envelope) {
        if (envelope.seq_no !== (last?.seq_no ?? 0) + 1) throw new Error(`${envelope.seq_no} after ${last?.seq_no}`);
        last = envelope;
        return envelope.seq_no === count;
      },
      check() {
        expect(last.seq_no, count, "the last number");
        expect(JSON.stringify(last.event), JSON.stringify(events.at(-1)), "the last event");
      },
    };
  };
  const inPages = (size) => async (bus) => {
    const { take, check } = counter();
    const time = await timed(async () => {
      for (let from = 1; from <= count; from += size) (await bus.log.read({ from, limit: size })).forEach(take);
    });
    check();
    return time;
  };
  const stored = { events: count, open: () => everbus.openFilled(events), close: everbus.remove };
  const atLeast = kind === small ? { chromium: 6, firefox: 3 } : { chromium: 2, firefox: 1 };
  const targets = [{ against: "Dexie, toArray in pages of 1000", atLeast }];

  return {
    name: `replay of ${count.toLocaleString("en")} events (${kind.name}), as objects`,
    contestants: [
      {
        ...stored,
        name: "everbus, log.subscribe",
        async measure(bus) {
          const { take, check } = counter();
          const time = await timed(async () => {
            for await (const envelope of bus.log.subscribe("bench", "beginning")) if (take(envelope)) break;
          });
          check();
          return time;
        },
        targets,
      },
      { ...stored, name: "everbus, log.read of 1000", measure: inPages(1000), targets },
      { ...stored, name: "everbus, log.read of 10,000", measure: inPages(10_000), targets },
      ...(kind === small ? [{ ...stored, ...filtering(events) }] : []),
      {
        name: "Dexie, toArray in pages of 1000",
        events: count,
        open: () => dexie.openFilled(envelopesOf(events)),
        async measure(db) {
          const { take, check } = counter();
          const time = await timed(async () => {
            for await (const page of dexie.pages(db)) page.forEach(take);
          });
          check();
          return time;
        },
        close: (db) => db.delete(),
      },
    ],
  };
}

/** What goes through all of them for the hundredth that a filter lets through. */
function filtering(events) {
  const filter = { source_id: airportWithShare(0.01) };
  const matching = events.filter(({ source_id }) => source_id === filter.source_id).length;
  const share = ((100 * matching) / events.length).toFixed(2);
  return {
    name: `everbus, a filter that ${share} % match`,
    async measure(bus) {
      let found;
      const time = await timed(async () => {
        found = await bus.log.read({ filter, limit: events.length });
      });
      expect(found.length, matching, "matching events");
      return time;
    },
    targets: [{ against: "everbus, log.read of 10,000", atLeast: { chromium: 1.5, firefox: 1.5 } }],
  };
}
