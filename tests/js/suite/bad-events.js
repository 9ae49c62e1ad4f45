// A bad event is refused at the call, with the right code, and nothing has changed.
import { equal, same, throws } from "./assert.js";
import { ID, collector, created, deleted, linked } from "./fixtures.js";
import { test } from "./registry.js";

const without = (event, field) => Object.fromEntries(Object.entries(event).filter(([key]) => key !== field));
const cycle = { a: 1 };
cycle.self = cycle;

const bad = {
  ...Object.fromEntries(Object.keys(created()).map((field) => [`an entity event without ${field}`, without(created(1), field)])),
  ...Object.fromEntries(Object.keys(linked()).filter((field) => field !== "metadata").map((field) => [`a link event without ${field}`, without(linked(), field)])),
  "a deleted event without its id": without(deleted(), "entity_id"),
  "an unknown kind": { ...created(), kind: "node" },
  "an unknown action": { ...created(), action: "purged" },
  "a kind in capitals": { ...created(), kind: "Entity" },
  "an action that is a key of every object": { ...created(), action: "toString" },
  "a kind that is __proto__": { ...created(), kind: "__proto__" },
  "an id that is no UUID": { ...created(), entity_id: "order-1" },
  "an id without hyphens": { ...created(), entity_id: ID.ann.replaceAll("-", "") },
  "an id in braces": { ...created(), entity_id: `{${ID.ann}}` },
  "an id with a character beyond ASCII": { ...created(), entity_id: ID.ann.replace("a", "à") },
  "an id whose digits are fullwidth": { ...created(), entity_id: ID.ann.replace("4", "４") },
  "an id that is a String object": { ...created(), entity_id: new String(ID.ann) },
  "a link's source that is no UUID": { ...linked(), source_id: "a" },
  "a link's target that is null": { ...linked(), target_id: null },
  "an empty type": created(1, ""),
  "a type of 256 characters": created(1, "a".repeat(256)),
  "a type of 300 characters": created(1, "a".repeat(300)),
  "a type of 256 bytes in 128 characters": created(1, "é".repeat(128)),
  "a type with a lone surrogate": created(1, "a\ud800"),
  "a link type with a lone surrogate": linked(null, "\udc00b"),
  "a type that is a number": created(1, 7),
  "a type that is an array": created(1, ["order"]),
  "a payload that is undefined": { ...created(), data: undefined },
  "a payload that is a function": created(() => 1),
  "a payload that is a symbol": created(Symbol("a")),
  "a payload that is a bigint": created(1n),
  "a bigint deep in a payload": created({ a: [{ b: 2n }] }),
  "a payload with a cycle": created(cycle),
  "a payload whose getter throws": created({ get a() { throw new Error("getter"); } }),
  "a payload whose toJSON gives nothing": created({ toJSON() {} }),
  "a payload of 10 MB": created("x".repeat(10_000_000)),
  "a payload one byte over 1 MiB": created("x".repeat(1048576 - 1)),
  "a payload over 1 MiB in bytes only": created("é".repeat(1048576 / 2)),
  "link metadata with a cycle": linked(cycle),
  "link metadata that is a bigint": linked(1n),
  "link metadata that is a function": linked(() => 1),
  "undefined in place of an event": undefined,
  "null in place of an event": null,
  "text in place of an event": "created",
  "a number in place of an event": 5,
  "an array in place of an event": ["entity", "created", "order", ID.ann, null],
  "a function in place of an event": () => created(),
};
for (const [name, event] of Object.entries(bad)) {
  test(`publish refuses ${name}`, async (t) => {
    const bus = await t.open();
    const [now, later] = [collector(), collector()];
    bus.subscribe(now, { deliver: "immediate" });
    bus.subscribe(later);
    await bus.publish(created("before")).committed;
    throws(() => bus.publish(event), "invalid_event", "publish");
    throws(() => bus.publishAll([created("neighbour"), event]), "invalid_event", "publishAll");
    await bus.flush();
    equal(await bus.log.lastSeqNo(), 1, "last number");
    equal(await bus.publish(created("after")).committed, 2, "the next number");
    const expected = ["before", "after"];
    same((await later.until(2)).map((envelope) => envelope.event.data), expected);
    same(now.got.map((envelope) => envelope.event.data), expected);
  });
}

const badMeta = {
  "an array": [1],
  "text": "ann",
  "a number": 1,
  "null": null,
  "a function": () => 1,
  "an object with a cycle": cycle,
  "an object with a bigint": { a: 1n },
  "an object whose toJSON gives text": { toJSON: () => "text" },
  "2 MB": { text: "x".repeat(2_000_000) },
};
for (const [name, meta] of Object.entries(badMeta)) {
  test(`publish refuses meta that is ${name}`, async (t) => {
    const bus = await t.open();
    throws(() => bus.publish(created(), { meta }), ["invalid_event", "invalid_option"]);
    equal(await bus.publish(created()).committed, 1, "the next number");
  });
}

test("a bad event between good publishes of one moment fails only itself", async (t) => {
  const bus = await t.open();
  const one = bus.publish(created(1));
  throws(() => bus.publish(created(1n)), "invalid_event");
  const two = bus.publish(created(2));
  same([await one.committed, await two.committed], [1, 2]);
});

test("a bus without a log refuses bad events too", async (t) => {
  const bus = await t.open({ log: "none" });
  const subscriber = collector();
  bus.subscribe(subscriber);
  for (const name of ["an unknown kind", "an id that is no UUID", "an empty type", "a payload that is undefined", "null in place of an event"]) {
    throws(() => bus.publish(bad[name]), "invalid_event", name);
  }
  equal(subscriber.got.length, 0, "deliveries");
});
