import { equal, ok, rejects, same } from "./assert.js";
import { committed, created, many, numbers, take } from "./fixtures.js";
import { test } from "./registry.js";

async function filled(t, count = 5) {
  const bus = await t.open();
  await committed(bus.publishAll(many(count)));
  return bus;
}

async function resumesAt(bus, consumer) {
  const iterator = bus.log.subscribe(consumer, "last_acknowledged");
  const [first] = await take(iterator, 1);
  await iterator.return();
  return first.seq_no;
}

test("a consumer goes on after what it acknowledged", async (t) => {
  const bus = await filled(t);
  await bus.log.ack("c", 3);
  equal(await resumesAt(bus, "c"), 4, "first number");
  equal(await resumesAt(bus, "other"), 1, "first number of another consumer");
});

test("a consumer's position outlives its bus", async (t) => {
  let bus = await filled(t);
  await bus.log.ack("c", 3);
  bus = await t.reopen(bus);
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 3, lag: 2 }]);
  equal(await resumesAt(bus, "c"), 4, "first number");
});

test("an older acknowledgement changes nothing", async (t) => {
  const bus = await filled(t);
  await Promise.all([bus.log.ack("c", 4), bus.log.ack("c", 2), bus.log.ack("c", 4)]);
  await bus.log.ack("c", 1);
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 4, lag: 1 }]);
  equal(await resumesAt(bus, "c"), 5, "first number");
});

test("the last number may be acknowledged, the next may not", async (t) => {
  const bus = await filled(t);
  await bus.log.ack("c", 4);
  await rejects(() => bus.log.ack("c", 6), "invalid_position");
  await rejects(() => bus.log.ack("new", 6), "invalid_position");
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 4, lag: 1 }]);
  await bus.log.ack("c", 5);
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 5, lag: 0 }]);
});

test("nothing can be acknowledged on an empty log", async (t) => {
  const bus = await t.open();
  await rejects(() => bus.log.ack("c", 1), "invalid_position");
  same(await bus.log.consumers(), []);
});

for (const seqNo of [-1, 1.5, NaN, Infinity, "1", 1n, null, undefined, 2 ** 53]) {
  test(`ack refuses ${typeof seqNo} ${seqNo}`, async (t) => {
    const bus = await filled(t);
    await bus.log.ack("c", 2);
    await rejects(() => bus.log.ack("c", seqNo), "invalid_position");
    same(await bus.log.consumers(), [{ name: "c", lastAcked: 2, lag: 3 }]);
  });
}

test("lag counts the stored events after the last acknowledged one", async (t) => {
  const bus = await filled(t, 10);
  await bus.log.ack("half", 5);
  await bus.log.ack("done", 10);
  await committed(bus.publishAll(many(2)));
  const consumers = (await bus.log.consumers()).sort((a, b) => (a.name < b.name ? -1 : 1));
  same(consumers, [{ name: "done", lastAcked: 10, lag: 2 }, { name: "half", lastAcked: 5, lag: 7 }]);
});

const seeks = [
  ["the beginning", "beginning", 1],
  ["a number", { sequence: 3 }, 3],
  ["sequence 0, which is 1", { sequence: 0 }, 1],
  ["latest", "latest", 6],
  ["a number to come", { sequence: 8 }, 8],
];
for (const [name, position, first] of seeks) {
  test(`seek to ${name} moves where the consumer goes on`, async (t) => {
    let bus = await filled(t);
    await bus.log.ack("c", 4);
    await bus.log.seek("c", position);
    bus = await t.reopen(bus);
    await committed(bus.publishAll(many(5)));
    equal(await resumesAt(bus, "c"), first, "first number");
  });
}

test("after a seek back, acknowledging goes on from there", async (t) => {
  const bus = await filled(t);
  await bus.log.ack("c", 5);
  await bus.log.seek("c", "beginning");
  await bus.log.ack("c", 2);
  equal(await resumesAt(bus, "c"), 3, "first number");
});

test("seek makes a consumer that did not exist", async (t) => {
  const bus = await filled(t);
  await bus.log.seek("c", { sequence: 4 });
  equal(await resumesAt(bus, "c"), 4, "first number");
});

test("seek doesn't move a subscription that runs", async (t) => {
  const bus = await filled(t);
  const iterator = bus.log.subscribe("c", "beginning");
  const first = await take(iterator, 2);
  await bus.log.seek("c", { sequence: 5 });
  same(numbers([...first, ...(await take(iterator, 3))]), [1, 2, 3, 4, 5]);
  await iterator.return();
});

for (const position of ["the end", 3, null, {}, { sequence: -1 }, { sequence: 1.5 }, { sequence: "1" }]) {
  test(`seek refuses ${JSON.stringify(position)}`, async (t) => {
    const bus = await filled(t);
    await bus.log.ack("c", 2);
    await rejects(() => bus.log.seek("c", position), "invalid_position");
    equal(await resumesAt(bus, "c"), 3, "first number");
  });
}

test("a deleted consumer is forgotten", async (t) => {
  let bus = await filled(t);
  await bus.log.ack("c", 3);
  await bus.log.ack("d", 1);
  equal(await bus.log.deleteConsumer("c"), true, "deleted");
  equal(await bus.log.deleteConsumer("c"), false, "deleted again");
  same((await bus.log.consumers()).map(({ name }) => name), ["d"]);
  bus = await t.reopen(bus);
  equal(await resumesAt(bus, "c"), 1, "first number");
});

test("two buses of one name share consumers", async (t) => {
  const one = await filled(t);
  const two = await t.open();
  await one.log.ack("c", 2);
  equal(await resumesAt(two, "c"), 3, "first number");
});

test("consumer names of every kind are kept apart", async (t) => {
  const bus = await filled(t);
  const names = ["c", "C", " c", "é", "e\u0301", "😀", "a".repeat(255), "c\u0000"];
  for (const [i, name] of names.entries()) await bus.log.ack(name, (i % 5) + 1);
  const consumers = await bus.log.consumers();
  equal(consumers.length, names.length, "consumers");
  for (const [i, name] of names.entries()) equal(consumers.find((c) => c.name === name)?.lastAcked, (i % 5) + 1, JSON.stringify(name));
});

test("a worker that acknowledges what it did does everything once over a restart", async (t) => {
  let bus = await filled(t, 40);
  const done = [];
  for (let run = 0; run < 4; run++) {
    const iterator = bus.log.subscribe("worker", "last_acknowledged");
    for (const envelope of await take(iterator, 10)) {
      done.push(envelope.seq_no);
      await bus.log.ack("worker", envelope.seq_no);
    }
    await iterator.return();
    bus = await t.reopen(bus);
  }
  same(done, Array.from({ length: 40 }, (_, i) => i + 1));
  ok((await bus.log.consumers())[0].lag === 0, "the worker lags");
});

test("acknowledging while others publish loses nothing", async (t) => {
  const bus = await t.open();
  const acks = [];
  bus.subscribe((envelope) => acks.push(bus.log.ack("c", envelope.seq_no)));
  const receipts = many(200).map((event) => bus.publish(event));
  await committed(receipts);
  await bus.publish(created("last")).committed;
  await bus.flush();
  await Promise.all(acks);
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 201, lag: 0 }]);
});
