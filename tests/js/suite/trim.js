// Trimming, times and statistics.
import { equal, ok, rejects, same, throws } from "./assert.js";
import { created, many, numbers, range, take, withoutLocks } from "./fixtures.js";
import { test } from "./registry.js";

async function filled(t, count = 2500) {
  const bus = await t.open();
  bus.publishAll(many(count));
  await bus.flush();
  return bus;
}

test("stats count what is stored", async (t) => {
  const bus = await t.open();
  same(await bus.log.stats(), { events: 0, bytes: 0, segments: 0 });
  await bus.publishAll(many(1500)).at(-1).committed;
  const { bytes, ...stats } = await bus.log.stats();
  same(stats, { events: 1500, segments: 2, firstSeqNo: 1, lastSeqNo: 1500 });
  ok(bytes > 1500 * 40 && bytes < 1500 * 400, `${bytes} bytes`);
});

test("trimming forgets whole segments and never renumbers", async (t) => {
  const bus = await filled(t);
  equal(await bus.log.trim(1), 1, "nothing to forget");
  equal(await bus.log.trim(1500), 1001, "the first number after trimming into a segment");
  equal(await bus.log.firstSeqNo(), 1001, "first");
  same(numbers(await bus.log.read({ limit: 5000 })), range(1001, 2500));
  same(numbers(await bus.log.read({ from: 1, to: 1002 })), [1001, 1002]);
  const { message } = await rejects(() => bus.log.trim(2502), "invalid_position");
  equal(message, "2502 is past the end of the log, which is 2500");
  for (const before of [0, -1, 1.5, NaN, "3", null]) await rejects(() => bus.log.trim(before), "invalid_position");
  equal(await bus.log.trim(2501), undefined, "everything is forgotten");
  same(await bus.log.stats(), { events: 0, bytes: 0, segments: 0, lastSeqNo: 2500 });
  equal(await bus.publish(created()).committed, 2501, "the next number");
  equal(await bus.log.firstSeqNo(), 2501, "first");
});

test("a consumer before the first stored event is told both numbers, or skips", async (t) => {
  const bus = await filled(t);
  await bus.log.ack("c", 700);
  await bus.log.trim(1001);
  const error = await rejects(() => bus.log.subscribe("c", "last_acknowledged").next(), "trimmed");
  same(error.cause, { requested: 701, first: 1001 });
  const skipping = bus.log.subscribe("c", "last_acknowledged", { onTrimmed: "skip" });
  same(numbers(await take(skipping, 2)), [1001, 1002]);
  await skipping.return();
  const beginning = bus.log.subscribe("d", "beginning");
  same(numbers(await take(beginning, 1)), [1001]);
  await beginning.return();
});

test("a consumer that is new in a trimmed log begins at the first stored event", async (t) => {
  const bus = await filled(t);
  await bus.log.trim(1001);
  for (const [consumer, options] of [["c", {}], ["d", { exclusive: true }]]) {
    const iterator = bus.log.subscribe(consumer, "last_acknowledged", options);
    same(numbers(await take(iterator, 1)), [1001], consumer);
    await iterator.return();
  }
}, { skip: withoutLocks });

test("a conflict tells both numbers", async (t) => {
  const bus = await filled(t, 3);
  const error = await rejects(() => bus.publish(created(), { expectedLastSeqNo: 2 }).committed, "conflict");
  same(error.cause, { expected: 2, actual: 3 });
});

test("a subscription starts at a time, in any form of it", async (t) => {
  const bus = await t.open();
  const envelopes = range(0, 9).map((minute) => ({
    id: `00000000-0000-4000-8000-00000000000${minute}`,
    timestamp: `2026-01-01T00:0${minute}:00.500000001Z`,
    event: created(minute),
  }));
  await bus.log.append(envelopes);
  const ms = Date.parse("2026-01-01T00:04:00.500Z");
  const cases = [
    [new Date(ms), 5],
    [ms, 5],
    [ms + 0.5, 6],
    ["2026-01-01T00:04:00.500000001Z", 5],
    ["2026-01-01T00:04:00.500000002Z", 6],
    [0, 1],
    [new Date("1969-01-01T00:00:00Z"), 1],
  ];
  for (const [time, expected] of cases) {
    const iterator = bus.log.subscribe("c", { time });
    same(numbers(await take(iterator, 1)), [expected], `${time}`);
    await iterator.return();
    await bus.log.seek("c", { time });
    const next = bus.log.subscribe("c", "last_acknowledged");
    same(numbers(await take(next, 1)), [expected], `after seeking to ${time}`);
    await next.return();
  }
  const later = bus.log.subscribe("c", { time: "2027-01-01T00:00:00Z" });
  const waiting = take(later, 1);
  await bus.publish(created()).committed;
  same(numbers(await waiting), [11], "what comes next");
  await later.return();
});

test("a time that is none is invalid", async (t) => {
  const bus = await t.open();
  for (const time of [NaN, Infinity, new Date(NaN), "yesterday", "2026-01-01", "2026-01-01T00:00:00+01:00", null, undefined, {}, 1e20]) {
    throws(() => bus.log.subscribe("c", { time }), "invalid_position", `${time}`);
    await rejects(() => bus.log.seek("c", { time }), "invalid_position", `${time}`);
  }
  same(await bus.log.consumers(), []);
});
