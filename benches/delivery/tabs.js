// Rows about two tabs: this one writes, the other one listens.
import { median, quantile } from "../median.js";
import * as everbus from "../log/everbus.js";
import { eventsOf } from "../page/events.js";
import { expect, timed } from "../page/work.js";
import { answer, exchange } from "./clock.js";
import { closeBoth, openBoth } from "./peer.js";

const RAW = "a raw message";

/**
 * From `committed` here to the handler there, one event at a time, and a raw message on the same way.
 *
 * The raw messages are sent one after the other, so that both tabs stay awake; everbus's come after a commit.
 */
export function latency(count) {
  const events = eventsOf(count);
  // As long as the JSON of the median event.
  const text = "x".repeat(median(events.map((event) => JSON.stringify(event).length)));

  async function raw({ peer }) {
    await peer.ask("echo");
    return exchange(peer, count, text);
  }
  async function delivered({ bus, peer }) {
    const { ahead } = await raw({ peer });
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
  return {
    name: `from committed here to the handler in another tab, ${count} single events`,
    contestants: [
      {
        ...both,
        name: "everbus, median",
        measure: async (opened) => median(await delivered(opened)),
        targets: [{ against: RAW, atMost: { chromium: 2, firefox: 2 } }],
      },
      {
        ...both,
        name: "everbus, 95th percentile",
        measure: async (opened) => quantile(await delivered(opened), 0.95),
        targets: [{ atMost: { chromium: 5, firefox: 5 } }],
      },
      { ...both, name: RAW, measure: async (opened) => median((await raw(opened)).times) },
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
