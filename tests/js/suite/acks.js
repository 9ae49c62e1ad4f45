// Acknowledgements that nobody waits for: few transactions, nothing lost, nothing out of turn.
import { equal, ok, rejects, same } from "./assert.js";
import { committed, many, range } from "./fixtures.js";
import { within } from "./raw.js";
import { test } from "./registry.js";

async function filled(t, count = 5) {
  const bus = await t.open();
  await committed(bus.publishAll(many(count)));
  return bus;
}

const positions = async (bus) => Object.fromEntries((await bus.log.consumers()).map(({ name, lastAcked }) => [name, lastAcked]));

test("acknowledgements of several consumers that nobody waits for take a few transactions", async (t) => {
  const bus = await filled(t, 1000);
  const transactions = [];
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (stores, mode, ...rest) {
    transactions.push(mode);
    return transaction.call(this, stores, mode, ...rest);
  };
  try {
    for (const n of range(1, 1000)) for (const name of ["a", "b", "c"]) bus.log.ack(name, n);
    await bus.flush();
    equal(transactions.length, 1, "transactions, for those of one turn");
    const acks = [];
    for (const n of range(1, 300)) {
      acks.push(bus.log.ack("d", n));
      await undefined;
    }
    await Promise.all(acks);
    ok(transactions.length < 10, `${transactions.length} transactions for those of 300 turns`);
  } finally {
    IDBDatabase.prototype.transaction = transaction;
  }
  same(await positions(bus), { a: 1000, b: 1000, c: 1000, d: 300 });
}, { skip: ({ log }) => (log === "indexeddb" ? undefined : "there are no transactions") });

test("an acknowledgement past the end is refused alone, and the others of its moment are made", async (t) => {
  const bus = await filled(t);
  const outcomes = await Promise.allSettled([2, 9, 4, 7, 3].map((n) => bus.log.ack("c", n)));
  same(outcomes.map(({ reason }) => reason?.code ?? "made"), ["made", "invalid_position", "made", "invalid_position", "made"]);
  same(await positions(bus), { c: 4 });
});

test("what another acknowledgement is refused for doesn't keep a later number from counting", async (t) => {
  const bus = await filled(t);
  await rejects(() => bus.log.ack("c", 6), "invalid_position");
  await committed(bus.publishAll(many(1)));
  await bus.log.ack("c", 6);
  same(await positions(bus), { c: 6 });
});

for (const [name, ack] of Object.entries({ "past the end": (bus) => bus.log.ack("c", 9), "of no number": (bus) => bus.log.ack("c", 0) })) {
  test(`an acknowledgement ${name} that nobody waits for reaches onError`, async (t) => {
    const bus = await filled(t);
    ack(bus);
    equal((await t.nextError()).code, "invalid_position", "code");
    await rejects(() => ack(bus), "invalid_position");
    same(await positions(bus), {});
  });
}

test("flush resolves when acknowledgements are in the storage", async (t) => {
  const bus = await filled(t);
  bus.log.ack("c", 3);
  await bus.flush();
  const record = await within(bus.name, "consumers", (store) => store.get("c"));
  equal(Number(new DataView(record.buffer).getBigUint64(8, true)), 4, "the number that it goes on with");
}, { skip: ({ log }) => (log === "indexeddb" ? undefined : "there is no storage") });

test("flush and close make acknowledgements durable", async (t) => {
  let bus = await filled(t);
  bus.log.ack("flushed", 3);
  await bus.flush();
  bus.log.ack("closed", 4);
  bus = await t.reopen(bus);
  same(await positions(bus), { closed: 4, flushed: 3 });
});

test("what subscribers acknowledge of the last events is durable after close", async (t) => {
  let bus = await t.open();
  bus.subscribe(({ seq_no }) => void bus.log.ack("c", seq_no));
  bus.publishAll(many(20));
  await bus.flush();
  bus = await t.reopen(bus);
  same(await positions(bus), { c: 20 });
});

test("what subscribers acknowledge of what close delivers is made when that resolves", async (t) => {
  const [keeper, bus] = [await t.open(), await t.open()];
  bus.subscribe(({ seq_no }) => void bus.log.ack("c", seq_no));
  bus.publishAll(many(20));
  await bus.close();
  same(await positions(keeper), { c: 20 });
});

test("flush tells of an acknowledgement that failed", async (t) => {
  const bus = await filled(t);
  const refused = rejects(() => bus.log.ack("c", 9), "invalid_position");
  await rejects(() => bus.flush(), "invalid_position");
  await refused;
  await bus.flush();
});

test("calls about consumers take effect in their order, also when nobody waits", async (t) => {
  const bus = await filled(t, 9);
  const calls = [
    bus.log.ack("c", 5),
    bus.log.seek("c", "beginning"),
    bus.log.ack("c", 2),
    bus.log.consumers(),
    bus.log.ack("c", 7),
    bus.log.subscribe("c", "last_acknowledged").next(),
    bus.log.deleteConsumer("c"),
    bus.log.ack("c", 1),
    bus.log.consumers(),
  ];
  const [, , , two, , next, deleted, , one] = await Promise.all(calls);
  same(two, [{ name: "c", lastAcked: 2, lag: 7 }]);
  equal(next.value.seq_no, 8, "where the subscription starts");
  equal(deleted, true, "deleted");
  same(one, [{ name: "c", lastAcked: 1, lag: 8 }]);
});

test("what is acknowledged before close is made when that resolves, what comes after is refused", async (t) => {
  const bus = await filled(t);
  // The log stays open.
  await t.open();
  let made = 0;
  for (const name of ["c", "d"]) void bus.log.ack(name, 3).then(() => made++);
  await bus.close();
  await rejects(() => bus.log.ack("c", 4), "closed");
  equal(made, 2, "acknowledgements made");
});

test("what nobody waits for and is acknowledged after close reaches onError", async (t) => {
  const bus = await filled(t);
  const iterator = bus.log.subscribe("c", "beginning");
  await iterator.next();
  await bus.close();
  const { value } = await iterator.next();
  void bus.log.ack("c", value.seq_no);
  equal((await t.nextError()).code, "closed", "code");
});
