// Retention: the oldest whole segments go in the background, and nobody loses anything unheard.
import { equal, ok, rejects, same } from "./assert.js";
import { openBus } from "./everbus.js";
import { created, many, numbers, range, take, uuid } from "./fixtures.js";
import { test } from "./registry.js";

/** Publishes by the thousand until the log's first number is at least `first`. */
async function publishUntil(bus, first) {
  for (let batches = 0; batches < 100; batches++) {
    bus.publishAll(many(1000));
    await bus.flush();
    if ((await bus.log.firstSeqNo()) >= first) return;
  }
  throw new Error(`after ${await bus.log.lastSeqNo()} events the first is still ${await bus.log.firstSeqNo()}`);
}

test("the oldest segments go when there are too many events", async (t) => {
  const bus = await t.open({ retention: { maxEvents: 1500 } });
  await publishUntil(bus, 3001);
  let stats;
  for (let looks = 0; (stats = await bus.log.stats()).events >= 2500; looks++) ok(looks < 1000, "there is still too much");
  const { events, firstSeqNo, lastSeqNo } = stats;
  ok(events >= 1500, `${events} events are kept`);
  equal(events, lastSeqNo - firstSeqNo + 1, "events");
  same(numbers(await bus.log.read({ limit: 3 })), range(firstSeqNo, firstSeqNo + 2));
  equal(await bus.publish(created()).committed, lastSeqNo + 1, "the next number");
});

test("what is committed while the oldest segments go is looked at, too", async (t) => {
  const bus = await t.open({ retention: { maxEvents: 1000 } });
  for (let batch = 0; batch < 4; batch++) {
    bus.publishAll(many(1000));
    await bus.flush();
  }
  for (let looks = 0; (await bus.log.stats()).events > 1000; looks++) ok(looks < 1000, "there is still too much");
});

test("retention keeps up with who publishes for long", async (t) => {
  const bus = await t.open({ retention: { maxEvents: 2000 } });
  let most = 0;
  for (let batch = 0; batch < 30; batch++) {
    bus.publishAll(many(4000));
    await bus.flush();
    most = Math.max(most, (await bus.log.stats()).events);
  }
  ok(most <= 30_000, `${most} of 120,000 events were stored at once`);
});

test("the oldest segments go when there are too many bytes", async (t) => {
  const bus = await t.open({ retention: { maxBytes: 200_000 } });
  await publishUntil(bus, 3001);
  const { events, bytes, segments } = await bus.log.stats();
  ok(events >= 1000 && segments >= 1 && bytes > 0, `${events} events, ${bytes} bytes`);
});

test("old segments go, also when the log is only opened", async (t) => {
  const first = await t.open();
  const old = many(3).map((event, n) => ({ id: `00000000-0000-4000-8000-00000000000${n}`, timestamp: "2020-01-01T00:00:00Z", event }));
  await first.log.append(old);
  await first.publish(created()).committed;
  const second = await t.open({ retention: { maxAgeMs: 86_400_000 } });
  for (let looks = 0; (await second.log.firstSeqNo()) !== 4; looks++) ok(looks < 1000, "the old segment is still there");
  same(numbers(await second.log.read()), [4]);
  // All that may go is older than the limit: a clock that is wrong would look like that, too.
  equal((await t.nextError()).cause.first, 4, "the first number that is kept");
});

test("a consumer that would lose events is told of before, once", async (t) => {
  const bus = await t.open({ retention: { maxEvents: 1000 } });
  await bus.publish(created()).committed;
  await bus.log.ack("c", 1);
  await publishUntil(bus, 3001);
  const error = await t.nextError();
  equal(error.code, "trimmed", "code");
  equal(error.cause.requested, 2, "the first number that it loses");
  ok(error.cause.first > 2, "the first number that is kept");
  same(t.errors, []);
  await rejects(() => bus.log.subscribe("c", "last_acknowledged").next(), "trimmed");
  const skipping = bus.log.subscribe("c", "last_acknowledged", { onTrimmed: "skip" });
  const [next] = await take(skipping, 1);
  equal(next.seq_no, await bus.log.firstSeqNo(), "where it goes on");
  await skipping.return();
});

test("a consumer that has caught up and would lose events again is told of again", async (t) => {
  const bus = await t.open({ retention: { maxEvents: 1000 } });
  await bus.publish(created()).committed;
  await bus.log.ack("c", 1);
  await publishUntil(bus, 3001);
  const first = await t.nextError();
  equal(first.cause.requested, 2, "the first number that it loses at first");
  const caughtUp = await bus.log.lastSeqNo();
  await bus.log.ack("c", caughtUp);
  // At once, so that retention doesn't look before it is overtaken again.
  bus.publishAll(many(2001));
  await bus.flush();
  const second = await t.nextError();
  equal(second.code, "trimmed", "code");
  equal(second.cause.requested, caughtUp + 1, "the first number that it loses later");
});

test("an event with a time in the future keeps no others from getting old", async (t) => {
  const first = await t.open();
  const at = (timestamp, n) => many(n).map((event) => ({ id: uuid(), timestamp, event }));
  await first.log.append(at("2020-01-01T00:00:00Z", 1000));
  await first.log.append([...at("2099-01-01T00:00:00Z", 1), ...at("2020-01-01T00:00:00Z", 999)]);
  await first.log.append(at("2020-01-01T00:00:00Z", 1000));
  await first.publish(created()).committed;
  const second = await t.open({ retention: { maxAgeMs: 86_400_000 } });
  for (let looks = 0; (await second.log.firstSeqNo()) !== 3001; looks++) ok(looks < 1000, "the old segments are still there");
  const error = await t.nextError();
  equal(error.code, "trimmed", "code");
  equal(error.cause.first, 3001, "the first number that is kept");
  ok(error.message.includes(`says ${new Date().getUTCFullYear()}-`), error.message);
});

for (const retention of [{ maxEvents: 0 }, { maxEvents: -1 }, { maxBytes: 1.5 }, { maxAgeMs: "1" }, { maxEvent: 1 }, [], "all", null]) {
  test(`openBus refuses retention ${JSON.stringify(retention)}`, async (t) => {
    await rejects(() => openBus(t.busName, { log: t.log, retention }), "invalid_option");
  });
}
