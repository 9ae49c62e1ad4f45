// What an actor can do. Each resolves once it is done.
import { eventOf, everyKind, exclusives, filters } from "./events.js";

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the consumers are there for: `kept` is only ever acknowledged. */
const readers = ["kept", "sought", "deleted"];

/** A payload: seldom too large for a notice to carry, often of letters that take more than one byte. */
const text = (actor) => {
  if (actor.chance(3)) return "x".repeat(33_000 + actor.random(60_000));
  return actor.chance(20) ? "é".repeat(actor.random(900)) : "";
};
const event = (actor) => {
  const kind = actor.pick(everyKind);
  return [eventOf(kind, text(actor)), kind];
};
const publish = (actor, { bus }) => {
  const [each, kind] = event(actor);
  return actor.published(bus.publish(each), kind);
};
/** Acknowledges, and tells the journal once that is durable. */
const acknowledge = (actor, { log }, about) =>
  actor.ask("acknowledge", log.ack(about.consumer, about.acknowledged).then(() => actor.tell(about)));
const expectation = (actor) => ({ expectedLastSeqNo: Math.max(0, actor.known - actor.random(2)) });
/** A worker is never frozen, and goes nowhere. */
const isPage = typeof document !== "undefined";

/** Calls `act` with one of the open buses, if there is one. */
const withABus = (act) => async (actor) => {
  const opened = actor.pick(actor.buses);
  if (opened !== undefined) await act(actor, opened);
};

export const actions = {
  async open(actor) {
    if (actor.buses.length === 3) return;
    const options = { crossTab: actor.chance(75) };
    if (actor.chance(15)) options.queue = { maxEvents: 1 + actor.random(40) };
    if (actor.chance(10)) options.retention = { maxEvents: 300 + actor.random(500) };
    if (actor.chance(20)) options.durability = "strict";
    await actor.ask("open", actor.open(options));
  },

  close: withABus((actor, opened) => {
    if (actor.buses.length > 1 || actor.chance(30)) return actor.close(opened);
  }),

  publish: withABus((actor, { bus }) => {
    const [each, kind] = event(actor);
    const options = actor.chance(7) ? expectation(actor) : {};
    if (actor.chance(10)) options.id = crypto.randomUUID();
    actor.published(bus.publish(each, options), kind);
  }),

  /** Publishes again what was published before. */
  retry: withABus((actor, { bus }) => {
    const before = actor.pick(actor.record.published);
    if (before === undefined) return;
    const { id, kind } = before;
    actor.published(bus.publish(eventOf(kind), { id }), kind, { isRetry: true });
  }),

  burst: withABus((actor, opened) => {
    for (let left = 1 + actor.random(40); left > 0; left--) publish(actor, opened);
  }),

  /** One after the other. */
  series: withABus(async (actor, opened) => {
    for (let left = 1 + actor.random(8); left > 0 && !opened.bus.closed; left--) await publish(actor, opened);
  }),

  batch: withABus((actor, { bus }) => {
    const events = Array.from({ length: 1 + actor.random(actor.chance(5) ? 1500 : 30) }, () => event(actor));
    const receipts = bus.publishAll(events.map(([each]) => each), actor.chance(10) ? expectation(actor) : undefined);
    receipts.forEach((receipt, i) => actor.published(receipt, events[i][1]));
  }),

  subscribe: withABus((actor, opened) => {
    const filter = actor.pick(filters);
    const subscription = actor.subscribed(opened, { kind: "handler", filter });
    const handler = (envelope) => {
      actor.got(subscription, envelope);
      actor.knows(envelope.seq_no);
    };
    actor.leaving.set(subscription, filter ? opened.bus.subscribe(filter, handler) : opened.bus.subscribe(handler));
  }),

  /** An iterator that is read fast, slowly or up to somewhere, or that nobody reads on. */
  iterate: withABus((actor, opened) => {
    const filter = actor.pick(filters);
    const isNeglected = actor.chance(25);
    const [delay, most] = [actor.pick([0, 0, 1 + actor.random(15)]), actor.chance(10) ? 1 + actor.random(10) : Infinity];
    const subscription = actor.subscribed(opened, { kind: "iterator", filter, ended: isNeglected ? "neglected" : undefined });
    void actor.read(subscription, opened.bus.events(filter), async () => {
      if (isNeglected) await new Promise(() => {});
      if (delay > 0 && !actor.hurries) await pause(delay);
      return subscription.got.length === most;
    });
  }),

  consume: withABus((actor, opened) => {
    const sometime = { sequence: actor.random(actor.known + 20) };
    const position = actor.pick(["beginning", "latest", "last_acknowledged", sometime, { time: Date.now() - actor.random(500) }]);
    const [consumer, filter, onTrimmed] = [actor.pick(readers), actor.pick(filters), actor.pick(["error", "skip"])];
    const delay = actor.pick([0, 1 + actor.random(10)]);
    const subscription = actor.subscribed(opened, { kind: "consumer", consumer, filter, position, onTrimmed });
    void actor.read(subscription, opened.bus.log.subscribe(consumer, position, { filter, onTrimmed }), async () => {
      if (delay > 0 && !actor.hurries) await pause(delay);
    });
  }),

  /** An exclusive consumer that acknowledges each event, and awaits that or doesn't. */
  work: withABus((actor, opened) => {
    if ([...actor.leaving.keys()].filter(({ kind }) => kind === "exclusive").length === 3) return;
    const consumer = actor.pick(Object.keys(exclusives));
    const filter = exclusives[consumer];
    const awaits = actor.chance(60);
    const subscription = actor.subscribed(opened, { kind: "exclusive", consumer, filter });
    const iterator = opened.bus.log.subscribe(consumer, "beginning", { exclusive: true, filter, onTrimmed: "skip" });
    void actor.read(subscription, iterator, async ({ seq_no: number }) => {
      actor.tell({ given: number, consumer });
      if (!actor.hurries && actor.chance(10)) await pause(actor.random(60));
      const done = acknowledge(actor, opened.bus, { consumer, acknowledged: number, bus: opened.number });
      if (awaits && !actor.hurries) await done;
    });
  }),

  async leave(actor) {
    const [subscription, leave] = actor.pick([...actor.leaving]) ?? [];
    if (subscription === undefined) return;
    actor.left(subscription, "left");
    await leave();
  },

  acknowledge: withABus((actor, { bus }) => {
    const [consumer, number] = [actor.pick(readers), 1 + actor.random(actor.known + 2)];
    return acknowledge(actor, bus, { consumer, acknowledged: number });
  }),

  seek: withABus((actor, { bus }) => {
    const position = actor.pick(["beginning", "latest", { sequence: actor.random(actor.known + 1) }, { time: Date.now() - 100 }]);
    return actor.ask("seek", bus.log.seek("sought", position));
  }),

  deleteConsumer: withABus((actor, { bus }) => actor.ask("delete a consumer", bus.log.deleteConsumer("deleted"))),

  trim: withABus((actor, { bus }) => actor.ask("trim", bus.log.trim(1 + actor.random(Math.max(1, actor.known - 100))))),

  flush: withABus((actor, { bus }) => actor.ask("flush", bus.flush())),

  async show() {
    if (isPage) document.dispatchEvent(new Event("visibilitychange"));
  },

  async freeze(actor) {
    if (!isPage) return;
    document.dispatchEvent(new Event("freeze"));
    await pause(actor.random(200));
    document.dispatchEvent(new Event("resume"));
  },

  /** Goes into the back/forward cache, and comes back. */
  async goAway(actor) {
    if (!isPage) return;
    dispatchEvent(new Event("pagehide"));
    await pause(actor.random(200));
    dispatchEvent(new Event("pageshow"));
  },

  async rest(actor) {
    await pause(actor.random(30));
  },
};

/** How often each is done, of all that is done: a bit of everything, or mostly what moves exclusive consumers. */
export const decks = {
  everything: {
    open: 5, close: 3, publish: 14, retry: 1, burst: 6, series: 8, batch: 6, subscribe: 6, iterate: 7, consume: 6, work: 4,
    leave: 7, acknowledge: 5, seek: 2, deleteConsumer: 1, trim: 1, flush: 2, show: 2, freeze: 1, goAway: 1, rest: 12,
  },
  exclusive: {
    open: 8, close: 8, publish: 10, series: 4, subscribe: 3, work: 14, leave: 4, acknowledge: 2, flush: 2, freeze: 4, goAway: 4,
    rest: 10,
  },
};
