import { equal, ok, rejects, same, throws } from "./assert.js";
import { UUID_V7, collector, committed, created, deleted, linked, many, numbers, payloads, range } from "./fixtures.js";
import { test } from "./registry.js";

test("publishAll gives consecutive numbers and a receipt for each event", async (t) => {
  const bus = await t.open();
  const other = await t.open();
  const receipts = bus.publishAll([created(1), linked(), deleted()]);
  const between = other.publish(created("other"));
  equal(receipts.length, 3, "receipts");
  for (const { id } of receipts) ok(UUID_V7.test(id), `${id} is no UUID v7`);
  const given = await committed(receipts);
  same(given, range(given[0], given[0] + 2));
  await between.committed;
  same((await bus.log.read({ from: given[0], to: given[2] })).map((envelope) => envelope.id), receipts.map((receipt) => receipt.id));
});

test("publishAll takes 2,500 events in one append", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  const before = bus.publish(created("before"));
  const receipts = bus.publishAll(many(2500));
  same(await committed([before, ...receipts]), range(1, 2501));
  const got = await subscriber.until(2501);
  same(numbers(got), range(1, 2501));
  same(payloads(got).slice(1), range(1, 2500).map((n) => ({ n })));
});

test("publishAll of nothing does nothing", async (t) => {
  const bus = await t.open();
  same(bus.publishAll([]), []);
  await bus.flush();
  equal(await bus.publish(created()).committed, 1, "number");
});

test("publishAll with one bad event throws and publishes none", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  bus.subscribe(subscriber, { deliver: "immediate" });
  throws(() => bus.publishAll([created(1), { ...created(2), entity_id: "two" }, created(3)]), "invalid_event");
  throws(() => bus.publishAll([created(1), undefined]), "invalid_event");
  await bus.flush();
  equal(await bus.log.lastSeqNo(), undefined, "last number");
  equal(subscriber.got.length, 0, "deliveries");
});

test("publishAll with a conflict commits none, and rejects every receipt", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  await bus.publish(created("first")).committed;
  const receipts = bus.publishAll(many(1200), { expectedLastSeqNo: 0 });
  for (const receipt of receipts) await rejects(() => receipt.committed, "conflict");
  same(await committed(bus.publishAll(many(2), { expectedLastSeqNo: 1 })), [2, 3]);
  same(payloads(await subscriber.until(3)), ["first", { n: 1 }, { n: 2 }]);
});

test("publishAll gives every event its meta", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(3), { meta: { tenant: "a" } }));
  same((await bus.log.read()).map((envelope) => envelope.meta), [{ tenant: "a" }, { tenant: "a" }, { tenant: "a" }]);
});
