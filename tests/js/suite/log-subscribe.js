import { equal, ok, same, throws } from "./assert.js";
import { committed, created, many, numbers, payloads, pseudoRandom, range, take, uuid } from "./fixtures.js";
import { test } from "./registry.js";

const starts = [
  ["beginning", "beginning", 1],
  ["latest", "latest", 11],
  ["nothing, which is latest", undefined, 11],
  ["last_acknowledged without any", "last_acknowledged", 1],
  ["a sequence number", { sequence: 4 }, 4],
  ["sequence 0, which is 1", { sequence: 0 }, 1],
  ["the last number", { sequence: 10 }, 10],
  ["the next number", { sequence: 11 }, 11],
  ["a number to come", { sequence: 13 }, 13],
  ["the end of time, as text", { time: "9999-12-31T23:59:59.999999999Z" }, 11],
  ["the end of time, in milliseconds", { time: 253_402_300_799_999.5 }, 11],
];
for (const [name, position, first] of starts) {
  test(`log.subscribe starts at ${name}`, async (t) => {
    const bus = await t.open();
    await committed(bus.publishAll(many(10)));
    const iterator = bus.log.subscribe("c", position);
    equal(iterator[Symbol.asyncIterator](), iterator, "its own iterator");
    bus.publishAll(many(5, 11));
    same(numbers(await take(iterator, 16 - first)), range(first, 15));
    bus.publish(created("live"));
    same(payloads(await take(iterator, 1)), ["live"]);
    await iterator.return();
  });
}

test("a subscription to a number to come waits for it on an empty log", async (t) => {
  const bus = await t.open();
  const next = bus.log.subscribe("c", { sequence: 3 }).next();
  for (const event of many(4)) bus.publish(event);
  equal((await next).value.seq_no, 3, "number");
});

test("replay goes over to live without gap or duplicate while others write", async (t) => {
  const writers = [await t.open(), await t.open()];
  const total = 4000;
  const random = pseudoRandom(7);
  const write = async () => {
    for (let sent = 0; sent < total; ) {
      const size = Math.min(1 + random(random(4) === 0 ? 300 : 10), total - sent);
      const receipts = writers[random(2)].publishAll(many(size));
      sent += size;
      if (random(3) > 0) await receipts[0].committed;
    }
  };
  const read = async (bus, position, first) => {
    const iterator = bus.log.subscribe(uuid(), position);
    const got = await take(iterator, total - first + 1);
    await iterator.return();
    same(numbers(got), range(first, total), `from ${JSON.stringify(position)}`);
  };
  const readers = [read(writers[0], "beginning", 1), read(writers[1], { sequence: 1500 }, 1500)];
  writers[0].subscribe(({ seq_no }) => {
    if (seq_no % 400 !== 1) return;
    const bus = writers[readers.length % 2];
    readers.push(read(bus, "beginning", 1), read(bus, { sequence: seq_no }, seq_no), read(bus, { sequence: Math.min(seq_no + 3, total) }, Math.min(seq_no + 3, total)));
  });
  await write();
  await Promise.all(writers.map((bus) => bus.flush()));
  equal(readers.length, 32, "readers");
  await Promise.all(readers);
});

test("replay and live are filtered alike", async (t) => {
  const bus = await t.open();
  const write = (from, to) => range(from, to).forEach((n) => bus.publish(created(n, n % 100 === 0 ? "rare" : "order")));
  write(1, 2500);
  await bus.flush();
  const iterator = bus.log.subscribe("c", "beginning", { filter: { entity_type: "rare" } });
  const replayed = await take(iterator, 20);
  write(2501, 3000);
  const got = [...replayed, ...(await take(iterator, 10))];
  same(numbers(got), range(1, 30).map((n) => n * 100));
  await iterator.return();
});

test("a subscriber that stays away for 5,000 events with capacity 2 misses nothing", async (t) => {
  const bus = await t.open({ capacity: 2 });
  const iterator = bus.log.subscribe("c", "latest");
  bus.publish(created("first"));
  await take(iterator, 1);
  for (const event of many(5000)) bus.publish(event);
  await bus.flush();
  same(numbers(await take(iterator, 5000)), range(2, 5001));
  await iterator.return();
});

test("break, return and the signal end log.subscribe", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(5)));
  const got = [];
  for await (const envelope of bus.log.subscribe("c", "beginning")) {
    got.push(envelope.seq_no);
    if (got.length === 2) break;
  }
  same(got, [1, 2]);
  const returned = bus.log.subscribe("c");
  const waiting = returned.next();
  same(await returned.return(), { value: undefined, done: true });
  same(await waiting, { value: undefined, done: true });
  const abort = new AbortController();
  const aborted = bus.log.subscribe("c", "latest", { signal: abort.signal });
  const next = aborted.next();
  abort.abort();
  same(await next, { value: undefined, done: true });
  same(await bus.log.subscribe("c", "beginning", { signal: AbortSignal.abort() }).next(), { value: undefined, done: true });
});

test("two subscriptions of one consumer both get everything", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(3)));
  const iterators = [bus.log.subscribe("c", "beginning"), bus.log.subscribe("c", "beginning")];
  for (const iterator of iterators) {
    same(numbers(await take(iterator, 3)), [1, 2, 3]);
    ok((await iterator.return()).done, "return()");
  }
});

const wrong = {
  "a position that is no word": "the end",
  "a position that is a number": 3,
  "a position that is null": null,
  "an empty position": {},
  "a negative sequence": { sequence: -1 },
  "sequence 1.5": { sequence: 1.5 },
  "a sequence beyond 2^53 - 1": { sequence: 2 ** 53 },
  "a sequence that is NaN": { sequence: NaN },
  "a sequence that is text": { sequence: "1" },
  "a sequence that is a bigint": { sequence: 1n },
};
for (const [name, position] of Object.entries(wrong)) {
  test(`log.subscribe refuses ${name}`, async (t) => {
    const bus = await t.open();
    throws(() => bus.log.subscribe("c", position), "invalid_position");
    equal(await bus.publish(created()).committed, 1, "number");
  });
}
