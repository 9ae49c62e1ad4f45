import { deleteBus, openBus } from "./everbus.js";
import { equal, ok, rejects, same, throws } from "./assert.js";
import { collector, committed, created, many, nextTask, payloads, range } from "./fixtures.js";
import { test } from "./registry.js";

test("close commits what was published before", async (t) => {
  const keeper = await t.open();
  const bus = await t.open();
  const receipts = many(1200).map((event) => bus.publish(event));
  await bus.close();
  const settled = await Promise.race([committed(receipts), nextTask().then(() => "not committed when close() was done")]);
  same(settled, range(1, 1200));
  equal(await keeper.log.lastSeqNo(), 1200, "last number");
});

test("close commits what was published before, also when nobody else has the bus open", async (t) => {
  let bus = await t.open();
  const committing = committed(many(1200).map((event) => bus.publish(event)));
  await bus.close();
  same(await committing, range(1, 1200));
  bus = await t.open();
  equal(await bus.log.lastSeqNo(), t.log === "indexeddb" ? 1200 : undefined, "last number");
});

test("close delivers what it commits to the other buses", async (t) => {
  const [keeper, bus] = [await t.open(), await t.open()];
  const subscriber = collector();
  keeper.subscribe(subscriber);
  bus.publish(created("last words"));
  await bus.close();
  same(payloads(await subscriber.until(1)), ["last words"]);
});

test("closing again is the same as closing once", async (t) => {
  const bus = await t.open();
  bus.publish(created());
  const [once, again] = [bus.close(), bus.close()];
  ok(bus.closed, "not closed at once");
  same([await once, await again, await bus.close()], [undefined, undefined, undefined]);
});

test("a closed bus says so at every call", async (t) => {
  const bus = await t.open();
  await bus.publish(created()).committed;
  await bus.close();
  equal(bus.closed, true, "closed");
  equal(bus.receiverCount, 0, "receivers");
  throws(() => bus.publish(created()), "closed", "publish");
  throws(() => bus.publishAll([created()]), "closed", "publishAll");
  throws(() => bus.subscribe(() => {}), "closed", "subscribe");
  throws(() => bus.events(), "closed", "events");
  throws(() => bus.log.subscribe("c"), "closed", "log.subscribe");
  const calls = {
    read: () => bus.log.read(),
    append: () => bus.log.append([]),
    firstSeqNo: () => bus.log.firstSeqNo(),
    lastSeqNo: () => bus.log.lastSeqNo(),
    ack: () => bus.log.ack("c", 1),
    seek: () => bus.log.seek("c", "beginning"),
    consumers: () => bus.log.consumers(),
    deleteConsumer: () => bus.log.deleteConsumer("c"),
  };
  for (const [name, call] of Object.entries(calls)) await rejects(call, "closed", name);
});

test("unsubscribing after the close is safe", async (t) => {
  const bus = await t.open();
  const leave = bus.subscribe(() => {});
  await bus.close();
  leave();
  equal(bus.closed, true, "closed");
});

test("one bus's close leaves the other of its name at work", async (t) => {
  const [one, two] = [await t.open(), await t.open()];
  const subscriber = collector();
  two.subscribe(subscriber);
  await one.publish(created("one")).committed;
  await one.close();
  equal(await two.publish(created("two")).committed, 2, "number");
  same(payloads(await subscriber.until(2)), ["one", "two"]);
  same(payloads(await two.log.read()), ["one", "two"]);
});

test("closing ends subscriptions: nothing is delivered after it", async (t) => {
  const [keeper, bus] = [await t.open(), await t.open()];
  const [subscriber, others] = [collector(), collector()];
  bus.subscribe(subscriber);
  keeper.subscribe(others);
  await bus.close();
  await keeper.publish(created()).committed;
  await others.until(1);
  equal(subscriber.got.length, 0, "deliveries");
});

test("a bus can be disposed of with await using", async (t) => {
  const bus = await t.open();
  const receipt = bus.publish(created());
  await bus[Symbol.asyncDispose]();
  ok(bus.closed, "not closed");
  const settled = await Promise.race([receipt.committed, nextTask().then(() => "not committed when it was disposed of")]);
  equal(settled, 1, "number");
}, { skip: () => (Symbol.asyncDispose ? undefined : "this platform has no Symbol.asyncDispose") });

const names = { "an empty name": "", "a name of 256 bytes": "é".repeat(128), "a lone surrogate in the name": "a\ud800", "a name that is no string": 7, "no name": undefined };
for (const [what, name] of Object.entries(names)) {
  test(`openBus and deleteBus refuse ${what}`, async (t) => {
    await rejects(() => openBus(name, { log: t.log }), "invalid_option", "openBus");
    await rejects(() => deleteBus(name), "invalid_option", "deleteBus");
  });
}

test("a name may have 255 bytes of any characters", async (t) => {
  for (const name of ["a".repeat(255), "😀".repeat(63), "a/b\\c:d*e?f\"g<h>i|j", "..", " "]) {
    const bus = await t.open({}, name);
    equal(await bus.publish(created()).committed, 1, `number in ${name}`);
  }
});

test("many buses may be opened and closed in a row", async (t) => {
  const keeper = await t.open();
  for (let n = 1; n <= 40; n++) {
    const bus = await t.open();
    equal(await bus.publish(created(n)).committed, n, "number");
    await bus.close();
  }
  equal((await keeper.log.read()).length, 40, "events");
});
