import { equal, ok, same } from "./assert.js";
import { collector, created, many, payloads, range } from "./fixtures.js";
import { test } from "./registry.js";

test("immediate delivery happens during publish, without a number", async (t) => {
  const bus = await t.open();
  const now = collector();
  bus.subscribe(now, { deliver: "immediate" });
  const receipt = bus.publish(created({ a: 1 }), { meta: { by: "ann" } });
  equal(now.got.length, 1, "deliveries");
  const [envelope] = now.got;
  same(envelope, { id: receipt.id, timestamp: envelope.timestamp, event: created({ a: 1 }), origin: bus.origin, meta: { by: "ann" } });
  ok(!("seq_no" in envelope), "it has a seq_no");
  equal(receipt.receivers, 1, "receivers");
  await receipt.committed;
  equal(now.got.length, 1, "deliveries after the commit");
  const [stored] = await bus.log.read();
  same(stored, { ...envelope, seq_no: 1 });
});

test("immediate delivery of publishAll is in its order", async (t) => {
  const bus = await t.open();
  const now = collector();
  bus.subscribe(now, { deliver: "immediate" });
  bus.publishAll(many(100));
  same(payloads(now.got), range(1, 100).map((n) => ({ n })));
});

test("nested publishes are delivered first in, first out, the same to each subscriber", async (t) => {
  const bus = await t.open();
  const [first, second] = [collector(), collector()];
  bus.subscribe(first, { deliver: "immediate" });
  bus.subscribe(({ event }) => {
    if (event.data === "a") {
      bus.publish(created("b"));
      bus.publish(created("c"));
    }
    if (event.data === "b") bus.publish(created("d"));
  }, { deliver: "immediate" });
  bus.subscribe(second, { deliver: "immediate" });
  bus.publish(created("a"));
  same(payloads(first.got), ["a", "b", "c", "d"]);
  same(payloads(second.got), ["a", "b", "c", "d"]);
  bus.publish(created("e"));
  same(payloads(first.got), ["a", "b", "c", "d", "e"]);
  same(payloads(second.got), ["a", "b", "c", "d", "e"]);
  await bus.flush();
  same(payloads(await bus.log.read()), ["a", "b", "c", "d", "e"]);
});

test("immediate and committed subscribers each get an event once", async (t) => {
  const bus = await t.open();
  const [now, later] = [collector(), collector()];
  bus.subscribe(now, { deliver: "immediate" });
  bus.subscribe(later, { deliver: "committed" });
  bus.publishAll(many(10));
  equal(now.got.length, 10, "immediate deliveries");
  equal(later.got.length, 0, "committed deliveries during publish");
  same(payloads(await later.until(10)), payloads(now.got));
  await bus.flush();
  same([now.got.length, later.got.length], [10, 10]);
});
