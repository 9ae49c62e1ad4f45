// Rows about one tab.
import * as everbus from "../log/everbus.js";
import { eventsOf } from "../page/events.js";
import { expect, timed } from "../page/work.js";

/** A burst until durable, and until a committed subscriber has got the last event too. */
export function sameTab(count) {
  const events = eventsOf(count);
  return {
    name: `burst of ${count.toLocaleString("en")} events in one tab`,
    contestants: [
      {
        ...contestant("one committed subscriber", events, 0),
        targets: [{ against: "nobody subscribes", atLeast: { chromium: 0.7, firefox: 0.7 } }],
      },
      {
        name: "nobody subscribes",
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

/** What subscribers cost that want something else. */
export function idle(count, subscribers) {
  const events = eventsOf(count);
  const alone = "one subscriber";
  return {
    name: `burst of ${count.toLocaleString("en")} events and subscribers that don't want them`,
    contestants: [
      {
        ...contestant(`one subscriber, and ${subscribers} with other filters`, events, subscribers),
        targets: [{ against: alone, atMost: { chromium: 1.1, firefox: 1.1 } }],
      },
      contestant(alone, events, 0),
    ],
  };
}

/** Publishes until one subscriber has got everything, while `idle` others get nothing. */
function contestant(name, events, idle) {
  return {
    name,
    events: events.length,
    open: everbus.openFresh,
    async measure(bus) {
      const last = delivered(bus, events.length);
      for (let i = 0; i < idle; i++) {
        bus.subscribe({ entity_type: `other ${i}` }, () => reportError(new Error("it got what it doesn't want")));
      }
      const time = await timed(() => Promise.all([everbus.publish(bus, events), last]));
      expect(await last, events.length, "the last delivered number");
      return time;
    },
    close: everbus.remove,
  };
}

/** Resolves to the last number once a subscriber has got `count` events. */
function delivered(bus, count) {
  let got = 0;
  return new Promise((resolve) => {
    bus.subscribe(({ seq_no }) => {
      if (++got === count) resolve(seq_no);
    });
  });
}
