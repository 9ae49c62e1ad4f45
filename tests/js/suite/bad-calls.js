// Wrong options and arguments are refused at the call, and nothing has changed.
import { openBus } from "./everbus.js";
import { equal, rejects, throws } from "./assert.js";
import { collector, created } from "./fixtures.js";
import { test } from "./registry.js";

const badOptions = {
  "capacity 0": { capacity: 0 },
  "capacity -1": { capacity: -1 },
  "capacity 1.5": { capacity: 1.5 },
  "capacity NaN": { capacity: NaN },
  "a capacity without end": { capacity: Infinity },
  "a capacity that is text": { capacity: "10" },
  "a capacity that is a bigint": { capacity: 10n },
  "an unknown log": { log: "sqlite" },
  "a log that is null": { log: null },
  "an unknown durability": { durability: "paranoid" },
  "a crossTab that is text": { crossTab: "yes" },
  "an onError that is no function": { onError: "console" },
  "a misspelt option": { durabilty: "strict" },
  "options that are text": "memory",
  "options that are null": null,
};
for (const [name, options] of Object.entries(badOptions)) {
  test(`openBus refuses ${name}`, async (t) => {
    const whole = typeof options === "object" && options !== null ? { log: t.log, ...options } : options;
    await rejects(() => openBus(t.busName, whole), "invalid_option");
    const bus = await t.open();
    equal(await bus.publish(created()).committed, 1, "number");
  });
}

/** What a call refuses has no effect: the log has its one event, the bus its one subscriber, and both work. */
async function changesNothing(t, act) {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  await bus.publish(created(1)).committed;
  await act(bus);
  await bus.flush();
  equal(bus.receiverCount, 1, "receivers");
  equal(await bus.log.lastSeqNo(), 1, "last number");
  equal(await bus.publish(created(2)).committed, 2, "the next number");
  equal((await subscriber.until(2)).length, 2, "deliveries");
}

const badPublishOptions = {
  "a negative expectedLastSeqNo": { expectedLastSeqNo: -1 },
  "expectedLastSeqNo 0.5": { expectedLastSeqNo: 0.5 },
  "an expectedLastSeqNo that is NaN": { expectedLastSeqNo: NaN },
  "an expectedLastSeqNo that is text": { expectedLastSeqNo: "1" },
  "an expectedLastSeqNo that is a bigint": { expectedLastSeqNo: 1n },
  "an expectedLastSeqNo beyond 2^53 - 1": { expectedLastSeqNo: 2 ** 53 },
  "an id that is no UUID": { id: "retry-1" },
  "an id that is a number": { id: 1 },
  "a misspelt option": { expectedLastSeqno: 1 },
  "options that are text": "meta",
  "a promise of options": Promise.resolve({ expectedLastSeqNo: 7 }),
};
for (const [name, options] of Object.entries(badPublishOptions)) {
  test(`publish refuses among its options ${name}`, (t) =>
    changesNothing(t, (bus) => {
      throws(() => bus.publish(created(), options), ["invalid_option", "invalid_event", "invalid_position"], "publish");
      throws(() => bus.publishAll([created()], options), ["invalid_option", "invalid_event", "invalid_position"], "publishAll");
    }));
}

test("publishAll refuses what is no array", (t) =>
  changesNothing(t, (bus) => {
    for (const events of [undefined, null, created(), "events", 3]) throws(() => bus.publishAll(events), ["invalid_event", "invalid_option"], String(events));
  }));

const badSubscribeOptions = {
  "an unknown deliver": { deliver: "eventually" },
  "a signal that is none": { signal: {} },
  "a signal that can't be left": { signal: { aborted: false, addEventListener() {} } },
  "an onLagged that is no function": { onLagged: 1 },
  "a misspelt option": { delivery: "immediate" },
  "a map of options": new Map([["deliver", "immediate"]]),
};
for (const [name, options] of Object.entries(badSubscribeOptions)) {
  test(`subscribe and events refuse ${name}`, (t) =>
    changesNothing(t, (bus) => {
      throws(() => bus.subscribe(() => {}, options), "invalid_option", "subscribe");
      throws(() => bus.subscribe({ kind: "entity" }, () => {}, options), "invalid_option", "subscribe with a filter");
      throws(() => bus.events({}, options), "invalid_option", "events");
    }));
}

test("subscribe refuses to go without a handler", (t) =>
  changesNothing(t, (bus) => {
    const codes = ["invalid_option", "invalid_filter"];
    throws(() => bus.subscribe(), codes, "nothing");
    throws(() => bus.subscribe({ kind: "entity" }), codes, "only a filter");
    throws(() => bus.subscribe({ kind: "entity" }, "handler"), codes, "text for a handler");
    throws(() => bus.subscribe("entity", () => {}), "invalid_filter", "text for a filter");
  }));

// Beyond what JSON can say, which the sample filters cover.
const badFilters = {
  "a misspelt field": { entity_typ: "order" },
  "a misspelt field without a value": { entity_typ: undefined },
  "a pattern in place of text": { entity_type: /order/ },
  "a function": () => true,
  "a bigint": { entity_id: 1n },
  "a set in place of an array": { entity_type: new Set(["order"]) },
  "an undefined in an array": { entity_type: [undefined] },
  "a prefix that ends in half a character": { entity_type: "\ud83d*" },
  "a lone surrogate in an array": { link_type: ["owns", "a\udc00"] },
  "an array with a hole": { entity_type: ["order", , "invoice"] },
  "a String object": { entity_type: new String("order") },
  "null": null,
  "a map": new Map([["entity_type", "order"]]),
  "a promise of a filter": Promise.resolve({ entity_type: "order" }),
  "fields that are inherited": Object.create({ entity_type: "order" }),
};
for (const [name, filter] of Object.entries(badFilters)) {
  test(`a filter refuses ${name}`, (t) =>
    changesNothing(t, async (bus) => {
      if (typeof filter !== "function") throws(() => bus.subscribe(filter, () => {}), "invalid_filter", "subscribe");
      throws(() => bus.events(filter), "invalid_filter", "events");
      throws(() => bus.log.subscribe("c", "beginning", { filter }), "invalid_filter", "log.subscribe");
      await rejects(() => bus.log.read({ filter }), "invalid_filter", "log.read");
    }));
}

const consumerNames = { "an empty name": "", "a name of 256 bytes": "a".repeat(256), "a lone surrogate": "\ud800", "a number": 7, "nothing": undefined, "null": null };
for (const [what, name] of Object.entries(consumerNames)) {
  test(`a consumer is not called by ${what}`, (t) =>
    changesNothing(t, async (bus) => {
      throws(() => bus.log.subscribe(name, "beginning"), "invalid_option", "log.subscribe");
      await rejects(() => bus.log.ack(name, 1), "invalid_option", "ack");
      await rejects(() => bus.log.seek(name, "beginning"), "invalid_option", "seek");
      await rejects(() => bus.log.deleteConsumer(name), "invalid_option", "deleteConsumer");
      equal((await bus.log.consumers()).length, 0, "consumers");
    }));
}

const badConsumerOptions = {
  "a signal that is none": { signal: "now" },
  "an exclusive that is text": { exclusive: "yes" },
  "an unknown onTrimmed": { onTrimmed: "ignore" },
  "a misspelt option": { filters: {} },
  "options that are text": "filter",
  "a map of options": new Map([["exclusive", true]]),
};
for (const [name, options] of Object.entries(badConsumerOptions)) {
  test(`log.subscribe refuses ${name}`, (t) =>
    changesNothing(t, (bus) => {
      throws(() => bus.log.subscribe("c", "beginning", options), "invalid_option");
    }));
}
