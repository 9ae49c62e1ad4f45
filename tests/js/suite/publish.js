import { EverbusError } from "./everbus.js";
import { equal, hasCode, ok, rejects, same, throws } from "./assert.js";
import { UUID, UUID_V7, collector, committed, created, many, numbers, payloads, range } from "./fixtures.js";
import { test } from "./registry.js";

test("a receipt has the envelope's id and resolves to the event's number", async (t) => {
  const bus = await t.open();
  const receipt = bus.publish(created({ first: true }));
  ok(UUID_V7.test(receipt.id), `${receipt.id} is no lower-case UUID v7`);
  equal(receipt.receivers, 0, "receivers");
  equal(await receipt.committed, 1, "number");
  equal((await bus.log.read())[0].id, receipt.id, "id");
});

test("ids that differ in one digit are kept apart, however often they come", async (t) => {
  const bus = await t.open();
  const first = "0190a000-0000-7000-8000-00000000abcd";
  const others = [...first].flatMap((digit, i) => (digit === "-" ? [] : [first.slice(0, i) + (digit === "f" ? "e" : "f") + first.slice(i + 1)]));
  const ids = [first, ...others, first.toUpperCase()];
  for (let time = 0; time < 4; time++) {
    for (const id of ids) bus.publish({ kind: "entity", action: "created", entity_type: "thing", entity_id: id, data: null });
  }
  await bus.flush();
  const wanted = ids.map((id) => id.toLowerCase());
  same((await bus.log.read()).map(({ event }) => event.entity_id), [...wanted, ...wanted, ...wanted, ...wanted]);
  throws(() => bus.publish({ kind: "entity", action: "deleted", entity_type: "thing", entity_id: first.replace("abcd", "abcg") }), "invalid_event");
});

test("events are numbered 1, 2, 3 without a gap", async (t) => {
  const bus = await t.open();
  same(await committed([bus.publish(created(1)), bus.publish(created(2)), bus.publish(created(3))]), [1, 2, 3]);
  equal(await bus.publish(created(4)).committed, 4, "the next number");
  equal(await bus.log.lastSeqNo(), 4, "last number");
});

test("a subscriber gets each committed event once, in order, with its number", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  for (const event of many(2500)) bus.publish(event);
  bus.publish(created("last"));
  const got = await subscriber.until(2501);
  await bus.flush();
  same(numbers(got), range(1, 2501));
  same(payloads(got), [...range(1, 2500).map((n) => ({ n })), "last"]);
});

test("what a subscriber is given can be read back at that moment, and is the same", async (t) => {
  const bus = await t.open();
  const reads = [];
  bus.subscribe((envelope) => reads.push(bus.log.read({ from: envelope.seq_no, limit: 1 }).then(([stored]) => [envelope, stored])));
  const receipts = many(20).map((event) => bus.publish(event, { meta: { by: "ann" } }));
  equal((await committed(receipts)).at(-1), 20, "number");
  await bus.flush();
  const pairs = await Promise.all(reads);
  equal(pairs.length, 20, "deliveries");
  for (const [delivered, stored] of pairs) same(stored, delivered);
});

test("a subscriber is given nothing before it is committed", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  bus.publish(created());
  equal(subscriber.got.length, 0, "deliveries during publish");
  await subscriber.until(1);
});

test("a bus that is opened again has the same events", async (t) => {
  let bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  for (const event of many(50)) bus.publish(event, { meta: { n: event.data.n } });
  const delivered = await subscriber.until(50);
  bus = await t.reopen(bus);
  same(await bus.log.read(), delivered);
  equal(await bus.publish(created()).committed, 51, "the next number");
});

test("flush resolves when everything published before is durable", async (t) => {
  const bus = await t.open();
  await bus.flush();
  many(1500).forEach((event) => bus.publish(event));
  await bus.flush();
  equal(await bus.log.lastSeqNo(), 1500, "last number");
});

test("flush rejects when something published before failed, and the next one doesn't", async (t) => {
  const bus = await t.open();
  bus.publish(created(1));
  bus.publish(created(2), { expectedLastSeqNo: 77 });
  bus.publish(created(3));
  await rejects(() => bus.flush(), "conflict");
  bus.publish(created(4));
  await bus.flush();
  same(payloads(await bus.log.read()), [1, 3, 4]);
  equal((await t.nextError()).code, "conflict", "what onError got");
});

test("strict durability commits just the same", async (t) => {
  const bus = await t.open({ durability: "strict" });
  same(await committed(many(3).map((event) => bus.publish(event))), [1, 2, 3]);
});

test("two buses of one name share a log and have different origins", async (t) => {
  const [one, two] = [await t.open(), await t.open()];
  ok(UUID.test(one.origin) && UUID.test(two.origin), `origins ${one.origin} ${two.origin}`);
  ok(one.origin !== two.origin, "the origins are equal");
  const subscriber = collector();
  two.subscribe(subscriber);
  await committed([one.publish(created("one")), two.publish(created("two"))]);
  same(numbers(await subscriber.until(2)), [1, 2]);
  const [first, second] = await two.log.read();
  same([first.event.data, first.origin], ["one", one.origin]);
  same([second.event.data, second.origin], ["two", two.origin]);
});

test("two buses of one name that write at once give one dense order, each one's events in its order", async (t) => {
  const buses = [await t.open(), await t.open()];
  const receipts = range(1, 400).flatMap((n) => buses.map((bus) => bus.publish(created({ n }))));
  same((await committed(receipts)).sort((a, b) => a - b), range(1, 800));
  const stored = await buses[0].log.read();
  same(numbers(stored), range(1, 800));
  for (const { origin } of buses) same(payloads(stored.filter((e) => e.origin === origin)), range(1, 400).map((n) => ({ n })));
});

test("buses of different names have nothing in common", async (t) => {
  const one = await t.open();
  const two = await t.open({}, `${t.busName} two`);
  const subscriber = collector();
  two.subscribe(subscriber);
  await one.publish(created("one")).committed;
  equal(await two.publish(created("two")).committed, 1, "number");
  same(payloads(await subscriber.until(1)), ["two"]);
});

test("a bus says what it is", async (t) => {
  const bus = await t.open();
  equal(bus.name, t.busName, "name");
  equal(bus.storage, t.log === "indexeddb" ? "persistent" : "memory", "storage");
  equal(bus.closed, false, "closed");
  equal(bus.receiverCount, 0, "receivers");
});

test("expectedLastSeqNo lets one of two racing writers win and refuses the other", async (t) => {
  const [one, two] = [await t.open(), await t.open()];
  equal(await one.publish(created(), { expectedLastSeqNo: 0 }).committed, 1, "first on an empty log");
  const outcomes = await Promise.allSettled([
    one.publish(created("one"), { expectedLastSeqNo: 1 }).committed,
    two.publish(created("two"), { expectedLastSeqNo: 1 }).committed,
  ]);
  same(outcomes.map((outcome) => outcome.status).sort(), ["fulfilled", "rejected"]);
  hasCode(outcomes.find((outcome) => outcome.status === "rejected").reason, "conflict");
  equal(await one.log.lastSeqNo(), 2, "last number");
});

test("a conflict fails nothing but itself", async (t) => {
  const bus = await t.open();
  const [one, two, three] = [
    bus.publish(created("one")),
    bus.publish(created("two"), { expectedLastSeqNo: 77 }),
    bus.publish(created("three")),
  ];
  await rejects(() => two.committed, "conflict");
  same(await committed([one, three]), [1, 2]);
  same(payloads(await bus.log.read()), ["one", "three"]);
});

test("a rejected receipt may be ignored", async (t) => {
  const bus = await t.open();
  // The host turns an unhandled rejection into a failure.
  const early = bus.publish(created(), { expectedLastSeqNo: 5 }).committed;
  const [, late] = bus.publishAll(many(2), { expectedLastSeqNo: 5 });
  bus.publish(created(), { expectedLastSeqNo: 5 });
  equal(await bus.publish(created()).committed, 1, "number");
  ok(early instanceof Promise && late.committed instanceof Promise, "no promises");
  equal(await bus.publish(created()).committed, 2, "number");
  // To look at a promise is not to ask it.
  for (const _ of range(1, 3)) equal((await t.nextError()).code, "conflict", "what onError got");
});

test("without onError, errors without a caller go to console.error", async (t) => {
  const bus = await t.open({ onError: undefined });
  const { error } = console;
  const printed = new Promise((resolve) => (console.error = (...args) => resolve(args)));
  try {
    const mistake = new Error("handler's mistake");
    bus.subscribe(() => { throw mistake; });
    bus.publish(created());
    const found = (await printed).find((argument) => argument instanceof EverbusError);
    hasCode(found, "subscriber");
    equal(found.cause, mistake, "cause");
  } finally {
    console.error = error;
  }
});
