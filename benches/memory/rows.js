// Rows about publishing to handlers of the same page.
import { entity } from "everbus";
import { eventsOf } from "../page/events.js";
import { mean, median } from "../median.js";
import { expect, nextTask } from "../page/work.js";
import { broadcastChannel, contestants } from "./contestants.js";

// Airports; few enough to be in the processor's cache: it is delivery that is measured.
const events = eventsOf(1000);
const types = ["airport", "runway", "airline", "aircraft", "crew"];
const typedEvents = events.map(({ data }, i) => entity.created(types[i % types.length], data ?? null));

/** Pieces of about a millisecond: what interrupts one of them, such as collecting garbage, doesn't count. */
const undisturbed = { pieces: 50, average: median };
/** So many that the engine collects their garbage again and again, with time for it between them: all of it counts. */
const throughout = { pieces: 25, average: mean, between: nextTask };

const EVENT_TARGET = "EventTarget, CustomEvent";
const slow = new Set([EVENT_TARGET]);

/** What everbus has to reach with so many subscribers. */
const targetsOf = {
  1: [
    { atMost: both(0.00025) },
    { against: "mitt", atMost: both(8) },
    { against: EVENT_TARGET, atLeast: both(5) },
  ],
  10: [
    { against: "mitt", atMost: both(2.5) },
    { against: EVENT_TARGET, atLeast: both(20) },
  ],
  100: [
    { against: "mitt", atMost: both(1) },
    { against: "RxJS Subject", atLeast: both(2) },
  ],
  types: [{ against: "mitt", atMost: both(1.5) }],
};

/** The same for the mean, garbage included. */
const meansOf = { 1: 4, 10: 1.5, 100: 0.7 };

function both(target) {
  return { chromium: target, firefox: target };
}

/** Events of one type, `size` of them a piece, to subscribers that want every one. */
export function toAll(subscribers, size) {
  const work = { events, subscribe: subscribeAll(subscribers), deliveries: subscribers };
  const others = subscribers > 1 ? [] : [contestant("BroadcastChannel, same page", broadcastChannel, work, size / 10)];
  return {
    name: `${publishTo(subscribers)}, each event, undisturbed`,
    contestants: [...everyone(false, work, size, targetsOf[subscribers]), ...others],
  };
}

/** The same in the mean of all pieces, each of `size` events in a row. */
export function inARow(subscribers, size) {
  const work = { events, subscribe: subscribeAll(subscribers), deliveries: subscribers };
  return {
    name: `${publishTo(subscribers)}, each event, mean of ${size.toLocaleString("en")} in a row`,
    contestants: ["everbus", "mitt"].map((name) => ({
      ...contestant(name, () => contestants[name](false), work, size, throughout),
      targets: name === "everbus" ? [{ against: "mitt", atMost: both(meansOf[subscribers]) }] : [],
    })),
  };
}

const publishTo = (subscribers) => `publish to ${subscribers} ${subscribers === 1 ? "subscriber" : "subscribers"}`;

const subscribeAll = (subscribers) => (bus, handlerOf) => {
  for (let i = 0; i < subscribers; i++) bus.subscribe(handlerOf());
};

/** Events of five types in turn, as many, to `each` subscribers of each type. */
export function byType(each, size) {
  const subscribe = (bus, handlerOf) => {
    for (let i = 0; i < each; i++) for (const type of types) bus.subscribeTo(type, handlerOf());
  };
  const work = { events: typedEvents, subscribe, deliveries: each };
  return {
    name: `publish to ${each * types.length} subscribers of ${types.length} types, each event, undisturbed`,
    contestants: everyone(true, work, size, targetsOf.types),
  };
}

function everyone(isTyped, work, size, targets) {
  return Object.entries(contestants).map(([name, open]) => ({
    ...contestant(name, () => open(isTyped), work, slow.has(name) ? size / 10 : size),
    targets: name === "everbus" ? targets : [],
  }));
}

/** Publishes pieces of `size` events. Its value is what one of them took, on the average of the pieces; each delivery is counted. */
function contestant(name, openBus, { events, subscribe, deliveries }, size, { pieces, average, between } = undisturbed) {
  return {
    name,
    async open() {
      const counter = { got: 0, letters: 0 };
      const bus = await openBus();
      // It reads the event and doesn't keep it: to keep what was just made is dearer than to keep what is old.
      subscribe(bus, () => (event) => {
        counter.got++;
        counter.letters += event.entity_type.length;
      });
      return { bus, counter };
    },
    async measure({ bus, counter }) {
      const times = [];
      for (let piece = 0; piece < pieces; piece++) {
        const started = performance.now();
        for (let i = 0; i < size; i++) bus.publish(events[i % events.length]);
        await (bus.idle ?? between)?.();
        times.push((performance.now() - started) / size);
      }
      expect(counter.got, pieces * size * deliveries, "deliveries");
      const letters = Array.from({ length: size }, (_, i) => events[i % events.length].entity_type.length);
      expect(counter.letters, pieces * deliveries * letters.reduce((a, b) => a + b), "what handlers read");
      return average(times);
    },
    close: ({ bus }) => bus.close(),
  };
}
