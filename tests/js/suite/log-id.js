// Which log it is, and positions that say which log they are in.
import { deleteBus } from "./everbus.js";
import { equal, ok, rejects, same, throws } from "./assert.js";
import { UUID, committed, created, many, numbers, take } from "./fixtures.js";
import { test } from "./registry.js";

const OTHER = "00000000-0000-4000-8000-0000000000ff";

test("a log has an id, as long as it is that log", async (t) => {
  let bus = await t.open();
  const { id } = bus.log;
  ok(UUID.test(id), id);
  equal((await t.open()).log.id, id, "another bus of that name");
  ok((await t.open({}, `${t.busName} other`)).log.id !== id, "another name has another log");
  bus = await t.reopen(bus);
  equal(bus.log.id, id, "after opening it again");
  await deleteBus(bus.name);
  equal(bus.log.id, id, "of a bus that is closed");
  ok((await t.open()).log.id !== id, "a log that is made anew is another one");
});

test("a bus without a log has no id of one", async (t) => {
  const bus = await t.open({ log: "none" });
  throws(() => bus.log.id, "unsupported");
});

test("a position may say which log it is in", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(5)));
  const { id } = bus.log;
  for (const log of [id, id.toUpperCase(), undefined]) {
    for (const iterator of [bus.log.follow({ sequence: 4, log }), bus.log.subscribe("c", { sequence: 4, log }), bus.log.subscribe("e", { sequence: 4, log }, { exclusive: true })]) {
      same(numbers(await take(iterator, 1)), [4]);
      await iterator.return();
    }
    await bus.log.seek("c", { sequence: 3, log });
    same(numbers(await take(bus.log.subscribe("c", "last_acknowledged"), 1)), [3]);
    await bus.log.deleteConsumer("e");
  }
});

const ways = {
  "log.follow": (bus, position) => bus.log.follow(position).next(),
  "log.subscribe": (bus, position) => bus.log.subscribe("new", position).next(),
  "an exclusive log.subscribe": (bus, position) => bus.log.subscribe("new", position, { exclusive: true }).next(),
  "log.seek": (bus, position) => bus.log.seek("new", position),
  "log.seek of a consumer": (bus, position) => bus.log.seek("c", position),
};
for (const [name, way] of Object.entries(ways)) {
  test(`${name} to a position in another log is a conflict, and changes nothing`, async (t) => {
    const bus = await t.open();
    await committed(bus.publishAll(many(5)));
    await bus.log.ack("c", 2);
    for (const sequence of [0, 3, 100]) await rejects(() => way(bus, { sequence, log: OTHER }), "conflict");
    same(await bus.log.consumers(), [{ name: "c", lastAcked: 2, lag: 3 }]);
    equal(bus.receiverCount, 0, "receivers");
  });
}

test("after a restart a position in the log that was is a conflict, not a wait", async (t) => {
  const before = await t.open();
  await committed(before.publishAll(many(99)));
  const saved = { sequence: 100, log: before.log.id };
  await deleteBus(before.name);
  const bus = await t.open();
  await bus.publish(created()).committed;
  await rejects(() => bus.log.follow(saved).next(), "conflict");
});

const wrong = {
  "that is no UUID": { sequence: 1, log: "shop" },
  "that is null": { sequence: 1, log: null },
  "beside a time": { time: 0, log: OTHER },
  "alone": { log: OTHER },
  "beside something unknown": { sequence: 1, log: OTHER, name: "shop" },
};
for (const [name, position] of Object.entries(wrong)) {
  test(`a position refuses a log ${name}`, async (t) => {
    const bus = await t.open();
    throws(() => bus.log.follow(position), "invalid_position");
    throws(() => bus.log.subscribe("c", position), "invalid_position");
    await rejects(() => bus.log.seek("c", position), "invalid_position");
  });
}
