import { equal, same } from "./assert.js";
import { collector, committed, created, many, numbers, payloads, uuid } from "./fixtures.js";
import { test } from "./registry.js";

test("one id is stored once, and a retry resolves to the first number", async (t) => {
  const bus = await t.open();
  const id = uuid();
  const subscriber = collector();
  bus.subscribe(subscriber);
  equal(await bus.publish(created("first"), { id }).committed, 1, "first number");
  const retry = bus.publish(created("retry"), { id });
  equal(retry.id, id, "id");
  equal(await retry.committed, 1, "number of the retry");
  equal(await bus.publish(created("next")).committed, 2, "the next number");
  same(payloads(await subscriber.until(2)), ["first", "next"]);
  same(payloads(await bus.log.read()), ["first", "next"]);
});

test("one id published twice at once is stored once", async (t) => {
  const bus = await t.open();
  const id = uuid();
  same(await committed([bus.publish(created(1), { id }), bus.publish(created(2), { id }), bus.publish(created(3))]), [1, 1, 2]);
  same(payloads(await bus.log.read()), [1, 3]);
});

test("an id in upper case is the same id", async (t) => {
  const bus = await t.open();
  const id = uuid();
  const receipt = bus.publish(created(1), { id: id.toUpperCase() });
  equal(receipt.id, id, "id of the receipt");
  same(await committed([receipt, bus.publish(created(2), { id })]), [1, 1]);
  equal((await bus.log.read())[0].id, id, "stored id");
});

test("an id that the bus made itself is known too", async (t) => {
  let bus = await t.open();
  const receipt = bus.publish(created("first"));
  await receipt.committed;
  equal(await bus.publish(created("again"), { id: receipt.id }).committed, 1, "number");
  bus = await t.reopen(bus);
  equal(await bus.publish(created("after reopening"), { id: receipt.id }).committed, 1, "number after reopening");
  same(payloads(await bus.log.read()), ["first"]);
});

test("an id is still known 9,000 events later", async (t) => {
  let bus = await t.open();
  const id = uuid();
  await bus.publish(created("first"), { id }).committed;
  await committed(bus.publishAll(many(9000)));
  equal(await bus.publish(created("again"), { id }).committed, 1, "number");
  bus = await t.reopen(bus);
  equal(await bus.publish(created("after reopening"), { id }).committed, 1, "number after reopening");
  equal(await bus.log.lastSeqNo(), 9001, "last number");
});

test("importing what was exported adds nothing and gives the same numbers", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(1500)));
  const exported = await bus.log.read({ limit: 2000 });
  same(await bus.log.append(exported), numbers(exported));
  equal(await bus.log.lastSeqNo(), 1500, "last number");
});
