// Rows about two tabs: this one writes, the other one listens.
import { median, quantile } from "../median.js";
import * as everbus from "../log/everbus.js";
import * as indexeddb from "../log/indexeddb.js";
import { eventsOf } from "../page/events.js";
import { expect, timed } from "../page/work.js";
import { answer, exchange } from "./clock.js";
import { closeBoth, openBoth } from "./peer.js";

const AFTER_PUT = "a raw message, each after a put's commit";
const IN_TURN = "a raw message, one after the other";

/**
 * From `committed` here to the handler there, one event at a time, and a raw message on the same way.
 *
 * A tab that waits for a commit goes to sleep, and so does the other one: what is sent then takes longer than in a row
 * of messages that keep both awake. So there are raw messages of both kinds.
 */
export function latency(count) {
  const events = eventsOf(count);
  // As long as the JSON of the median event.
  const text = "x".repeat(median(events.map((event) => JSON.stringify(event).length)));

  async function inTurn({ peer }, before) {
    await peer.ask("echo");
    return exchange(peer, count, text, before);
  }
  async function afterPut(opened) {
    const db = await indexeddb.openFresh();
    const { times } = await inTurn(opened, () => indexeddb.putOne(db, text));
    await indexeddb.remove(db);
    return times;
  }
  async function delivered({ bus, peer }) {
    const { ahead } = await inTurn({ peer });
    await peer.ask("rest");
    await peer.ask("follow", { name: bus.name });
    const times = [];
    for (const event of events) {
      const answered = answer(peer);
      await bus.publish(event).committed;
      const committed = performance.now();
      times.push((await answered).there - ahead - committed);
    }
    return times;
  }
  const both = { open: openBoth, close: closeBoth };
  const atMost = { chromium: 2, firefox: 2 };
  return {
    name: `from committed here to the handler in another tab, ${count} single events`,
    contestants: [
      {
        ...both,
        name: "everbus, median",
        measure: async (opened) => median(await delivered(opened)),
        targets: [AFTER_PUT, IN_TURN].map((against) => ({ against, atMost })),
      },
      {
        ...both,
        name: "everbus, 95th percentile",
        measure: async (opened) => quantile(await delivered(opened), 0.95),
        targets: [{ atMost: { chromium: 5, firefox: 5 } }],
      },
      { ...both, name: AFTER_PUT, measure: async (opened) => median(await afterPut(opened)) },
      { ...both, name: IN_TURN, measure: async (opened) => median((await inTurn(opened)).times) },
    ],
  };
}

/** A burst here, until the handler there has got the last event. */
export function across(count) {
  const events = eventsOf(count);
  return {
    name: `burst of ${count.toLocaleString("en")} events`,
    contestants: [
      {
        name: "until another tab's handler has got all",
        events: count,
        open: openBoth,
        async measure({ bus, peer }) {
          await peer.ask("follow", { name: bus.name, only: count });
          const answered = answer(peer);
          return timed(() => Promise.all([everbus.publish(bus, events), answered]));
        },
        close: closeBoth,
        targets: [{ atMost: { chromium: count / 100, firefox: count / 100 } }],
      },
      {
        name: "until durable here, while nobody listens",
        events: count,
        open: everbus.openFresh,
        async measure(bus) {
          const time = await timed(() => everbus.publish(bus, events));
          expect(await bus.log.lastSeqNo(), count, "stored events");
          return time;
        },
        close: everbus.remove,
      },
    ],
  };
}
