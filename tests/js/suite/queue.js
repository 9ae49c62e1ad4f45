// The queue in front of the log: what one bus may have published and not yet committed.
import { equal, rejects, same } from "./assert.js";
import { openBus } from "./everbus.js";
import { collector, committed, created, many, numbers, payloads, range } from "./fixtures.js";
import { test } from "./registry.js";

test("what doesn't fit into the queue is refused, and nobody gets it", async (t) => {
  const bus = await t.open({ queue: { maxEvents: 3 } });
  const [subscriber, immediate] = [collector(), collector()];
  bus.subscribe(subscriber);
  bus.subscribe(immediate, { deliver: "immediate" });
  const receipts = [1, 2, 3, 4, 5].map((n) => bus.publish(created(n)));
  equal(receipts[4].receivers, 2, "receivers");
  const outcomes = await Promise.allSettled(receipts.map((receipt) => receipt.committed));
  same(outcomes.map(({ value, reason }) => value ?? [reason.code, reason.cause.events]), [1, 2, 3, ["queue_full", 1], ["queue_full", 1]]);
  // There is room again.
  equal(await bus.publish(created(6)).committed, 4, "the next number");
  same(payloads(await subscriber.until(4)), [1, 2, 3, 6]);
  same(payloads(immediate.got), [1, 2, 3, 6]);
  same(payloads(await bus.log.read()), [1, 2, 3, 6]);
});

test("onError is told of what didn't fit and nobody asked for, together", async (t) => {
  const bus = await t.open({ queue: { maxEvents: 1 } });
  const [fitting, asked] = [bus.publish(created(1)), bus.publish(created(2))];
  bus.publishAll(many(2));
  bus.publish(created(5));
  const refused = rejects(() => asked.committed, "queue_full");
  const told = await t.nextError();
  equal(told.code, "queue_full", "code");
  same(told.cause, { events: 3 });
  await refused;
  equal(await fitting.committed, 1, "number");
});

test("what is being committed still counts", async (t) => {
  const bus = await t.open({ queue: { maxEvents: 2 } });
  const [first, second] = [bus.publish(created(1)), bus.publish(created(2))];
  // The writer has taken them by now, and is at it.
  await Promise.resolve();
  await rejects(() => bus.publish(created(3)).committed, "queue_full");
  same(await committed([first, second]), [1, 2]);
  equal(await bus.publish(created(4)).committed, 3, "the next number");
});

test("the text that waits is limited, too", async (t) => {
  const bus = await t.open({ queue: { maxBytes: 4000 } });
  const text = "x".repeat(900);
  const [a, b, c] = [bus.publish(created(text)), bus.publish(created(text)), bus.publish(created(text))];
  const withMeta = bus.publish(created("small"), { meta: { text } });
  const small = bus.publish(created("small"));
  await Promise.all([c, withMeta].map((refused) => rejects(() => refused.committed, "queue_full")));
  same(await committed([a, b, small]), [1, 2, 3]);
});

test("publishAll is refused whole", async (t) => {
  const bus = await t.open({ queue: { maxEvents: 10 } });
  const immediate = collector();
  bus.subscribe(immediate, { deliver: "immediate" });
  const fitting = bus.publishAll(many(6));
  const refused = bus.publishAll(many(5));
  same((await rejects(() => refused[3].committed, "queue_full")).cause, { events: 5 });
  same(await committed(fitting), range(1, 6));
  equal(immediate.got.length, 6, "immediate deliveries");
  equal(await bus.log.lastSeqNo(), 6, "last number");
});

test("one call fits into an empty queue, however large it is", async (t) => {
  const bus = await t.open({ queue: { maxEvents: 2, maxBytes: 1 } });
  const receipts = bus.publishAll(many(30));
  await rejects(() => bus.publish(created("no room")).committed, "queue_full");
  same(await committed(receipts), range(1, 30));
  equal(await bus.publish(created("x".repeat(5000))).committed, 31, "number");
});

test("each open bus has its own room in the queue that they share", async (t) => {
  const small = await t.open({ queue: { maxEvents: 1 } });
  const large = await t.open();
  const others = large.publishAll(many(5));
  const own = small.publish(created("own"));
  small.publish(created("no room"));
  const more = large.publish(created("more"));
  same(await committed([...others, own, more]), range(1, 7));
  // Only the bus that published is told: the context hears both, so there is one error.
  equal((await t.nextError()).code, "queue_full", "what onError got");
  same(t.errors, []);
});

test("log.append waits in the queue as well", async (t) => {
  const bus = await t.open({ queue: { maxEvents: 1 } });
  const envelope = (n) => ({ id: `00000000-0000-4000-8000-00000000000${n}`, timestamp: "2026-01-01T00:00:00Z", event: created(n) });
  const first = bus.log.append([envelope(1), envelope(2)]);
  await rejects(() => bus.log.append([envelope(3)]), "queue_full");
  same(await first, [1, 2]);
  same(await bus.log.append([envelope(3)]), [3]);
});

test("events that fail make room", async (t) => {
  const bus = await t.open({ queue: { maxEvents: 1 } });
  for (let n = 0; n < 3; n++) await rejects(() => bus.publish(created(), { expectedLastSeqNo: 7 }).committed, "conflict");
  equal(await bus.publish(created()).committed, 1, "number");
});

test("flush tells of a refusal before it", async (t) => {
  const bus = await t.open({ queue: { maxEvents: 1 } });
  const first = bus.publish(created(1));
  bus.publish(created(2));
  await rejects(() => bus.flush(), "queue_full");
  equal(await first.committed, 1, "number");
  equal((await t.nextError()).code, "queue_full", "what onError got");
  await bus.flush();
  bus.publish(created(3));
  await bus.flush();
  equal(await bus.log.lastSeqNo(), 2, "last number");
});

test("waiting for a flush in between, everything fits", async (t) => {
  const bus = await t.open({ queue: { maxEvents: 100 } });
  for (let n = 1; n <= 1000; n++) {
    bus.publish(created(n));
    if (n % 100 === 0) await bus.flush();
  }
  same(numbers(await bus.log.read()), range(1, 1000));
});

test("an onError that publishes to a full queue ends", async (t) => {
  const calls = collector();
  const onError = (error) => {
    calls(error);
    bus.publish(created("about the error"));
  };
  const bus = await t.open({ queue: { maxEvents: 1 }, onError });
  const first = bus.publish(created(1));
  bus.publish(created(2));
  await first.committed;
  // Once for the event above, and once for its own, when there is room again.
  same((await calls.until(2)).map(({ code }) => code), ["queue_full", "queue_full"]);
  await bus.flush();
  await bus.publish(created(3)).committed;
  equal(calls.got.length, 2, "calls");
  same(payloads(await bus.log.read()), [1, "about the error", 3]);
});

for (const queue of [{ maxEvents: 0 }, { maxEvents: -1 }, { maxBytes: 1.5 }, { maxBytes: "1" }, { maxEvent: 1 }, [], "all", null]) {
  test(`openBus refuses queue ${JSON.stringify(queue)}`, async (t) => {
    await rejects(() => openBus(t.busName, { log: t.log, queue }), "invalid_option");
  });
}
