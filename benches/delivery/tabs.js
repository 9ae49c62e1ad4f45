// Rows about two tabs: this one writes, the other one listens.
import { median, quantile } from "../median.js";
import * as everbus from "../log/everbus.js";
import { eventsOf } from "../page/events.js";
import { expect, timed } from "../page/work.js";
import { closeBoth, openBoth } from "./peer.js";

const RAW = "a raw message there, and one back";

/** The other tab's next raw message. */
const nextRaw = ({ raw }) => new Promise((resolve) => (raw.onmessage = resolve));

/**
 * From `committed` here to the handler there, and a raw message back, one event at a time. Clocks of two tabs aren't
 * compared: the same way back is in both contestants. So 1.5 times is twice as long for the way there.
 */
export function latency(count) {
  const events = eventsOf(count);
  // As long as the JSON of the median event.
  const text = "x".repeat(median(events.map((event) => JSON.stringify(event).length)));

  async function echoed({ peer }) {
    await peer.ask("echo");
    const times = [];
    for (let i = 0; i < count; i++) {
      const answered = nextRaw(peer);
      times.push(await timed(() => (peer.raw.postMessage(text), answered)));
    }
    return times;
  }
  async function delivered({ bus, peer }) {
    await peer.ask("follow", { name: bus.name, text });
    const times = [];
    for (const event of events) {
      const answered = nextRaw(peer);
      await bus.publish(event).committed;
      times.push(await timed(() => answered));
    }
    return times;
  }
  const both = { open: openBoth, close: closeBoth };
  return {
    name: `from committed here to the handler in another tab, and a raw message back, ${count} single events`,
    contestants: [
      {
        ...both,
        name: "everbus, median",
        measure: async (opened) => median(await delivered(opened)),
        targets: [{ against: RAW, atMost: { chromium: 1.5, firefox: 1.5 } }],
      },
      {
        ...both,
        name: "everbus, 95th percentile",
        measure: async (opened) => quantile(await delivered(opened), 0.95),
        targets: [{ atMost: { chromium: 5, firefox: 5 } }],
      },
      { ...both, name: RAW, measure: async (opened) => median(await echoed(opened)) },
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
          await peer.ask("follow", { name: bus.name, text: "done", only: count });
          const answered = nextRaw(peer);
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
