import { equal, hasCode, rejects, same } from "./assert.js";
import { collector, created, many, payloads, range, take } from "./fixtures.js";
import { test } from "./registry.js";

test("a bus without a log delivers at once and commits to nothing", async (t) => {
  const bus = await t.open({ log: "none" });
  equal(bus.storage, "none", "storage");
  const subscriber = collector();
  bus.subscribe(subscriber);
  const receipt = bus.publish(created({ a: 1 }), { meta: { by: "ann" } });
  equal(subscriber.got.length, 1, "deliveries");
  const [envelope] = subscriber.got;
  same(envelope, { id: receipt.id, timestamp: envelope.timestamp, event: created({ a: 1 }), origin: bus.origin, meta: { by: "ann" } });
  equal(await receipt.committed, undefined, "number");
  same(await Promise.all(bus.publishAll(many(3)).map((r) => r.committed)), [undefined, undefined, undefined]);
  equal(subscriber.got.length, 4, "deliveries");
  await bus.flush();
});

test("a bus without a log filters, counts and unsubscribes", async (t) => {
  const bus = await t.open({ log: "none" });
  const subscriber = collector();
  const leave = bus.subscribe({ entity_type: "order*" }, subscriber);
  equal(bus.publish(created(1, "orders")).receivers, 1, "receivers");
  bus.publish(created(2, "invoice"));
  leave();
  equal(bus.publish(created(3)).receivers, 0, "receivers");
  same(payloads(subscriber.got), [1]);
});

test("a bus without a log has nothing to read or to resume", async (t) => {
  const bus = await t.open({ log: "none" });
  bus.publish(created());
  for (const call of [() => bus.log.read(), () => bus.log.ack("c", 1), () => bus.log.append([])]) await rejects(call, ["unavailable", "unsupported"]);
});

test("a slow reader without a log is told once per episode how many it missed", async (t) => {
  const bus = await t.open({ log: "none", capacity: 4 });
  const missed = [];
  const iterator = bus.events(undefined, { onLagged: (count) => missed.push(count) });
  for (const event of many(10)) bus.publish(event);
  same(payloads(await take(iterator, 4)), range(7, 10).map((n) => ({ n })));
  same(missed, [6]);
  for (const event of many(3, 11)) bus.publish(event);
  same(payloads(await take(iterator, 3)), range(11, 13).map((n) => ({ n })));
  same(missed, [6]);
  for (const event of many(5, 14)) bus.publish(event);
  same(payloads(await take(iterator, 4)), range(15, 18).map((n) => ({ n })));
  same(missed, [6, 1]);
  await iterator.return();
});

test("an onLagged that throws reaches onError, and the reader goes on", async (t) => {
  const bus = await t.open({ log: "none", capacity: 2 });
  const mistake = new Error("mistake");
  const iterator = bus.events(undefined, { onLagged: () => { throw mistake; } });
  for (const event of many(5)) bus.publish(event);
  same(payloads(await take(iterator, 2)), [{ n: 4 }, { n: 5 }]);
  equal(hasCode(await t.nextError(), "subscriber").cause, mistake, "cause");
  await iterator.return();
});

test("a reader without a log that keeps up misses nothing", async (t) => {
  const bus = await t.open({ log: "none", capacity: 1 });
  const missed = [];
  const iterator = bus.events({ entity_type: "order" }, { onLagged: (count) => missed.push(count) });
  for (const n of range(1, 100)) {
    bus.publish(created(n));
    bus.publish(created(n, "invoice"));
    same(payloads(await take(iterator, 1)), [n]);
  }
  same(missed, []);
  await iterator.return();
});
