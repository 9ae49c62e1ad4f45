// Clocks that tests and libraries put in the place of the platform's: whatever they say, what is published can be stored.
import { entity } from "./everbus.js";
import { equal, ok, same } from "./assert.js";
import { UUID_V7, created, many, range, replace, uuid, whereFixed } from "./fixtures.js";
import { test } from "./registry.js";

const LAST = "9999-12-30T22:00:00.000Z";
const clocks = {
  "a fraction of a millisecond": [1_750_000_000_000.75, "2025-06-15T15:06:40.000Z"],
  "a fraction before the epoch": [-0.25, "1969-12-31T23:59:59.999Z"],
  "no number": [NaN, "1970-01-01T00:00:00.000Z"],
  "a year of five digits": [Date.UTC(10000, 0), LAST],
  "the end of time": [Infinity, LAST],
  "a year before the first": [-1e15, "0000-01-01T00:00:00.000Z"],
};
for (const [what, [time, timestamp]] of Object.entries(clocks)) {
  test(`a clock that says ${what} keeps nothing from being made, published, read and appended again`, async (t) => {
    const restore = replace(Date, "now", { value: () => time, writable: true });
    try {
      const bus = await t.open();
      const event = entity.created("order", { total: 1 });
      ok(UUID_V7.test(event.entity_id), event.entity_id);
      equal(await bus.publish(event).committed, 1, "number");
      bus.publishAll(many(2));
      await bus.flush();
      const stored = await bus.log.read();
      same(stored.map((envelope) => envelope.timestamp), Array(3).fill(timestamp), "timestamps");
      const copy = await t.open({}, `${t.busName} copy`);
      same(await copy.log.append(stored), range(1, 3), "what append takes");
    } finally {
      restore();
    }
  });
}

test("a time that is a little before a millisecond is one", async (t) => {
  const bus = await t.open();
  const envelope = { id: uuid(), timestamp: "1970-01-01T00:00:00Z", event: created() };
  await bus.log.append([envelope]);
  const iterator = bus.log.subscribe("c", { time: -1e-20 });
  equal((await iterator.next()).value.seq_no, 1, "number");
  await iterator.return();
});

test("without performance, retention goes on", async (t) => {
  const restore = replace(globalThis, "performance", { value: undefined });
  try {
    const bus = await t.open({ retention: { maxEvents: 1000 } });
    for (let batches = 0; batches < 4; batches++) {
      bus.publishAll(many(1000));
      await bus.flush();
    }
    for (let looks = 0; (await bus.log.stats()).events > 1000; looks++) ok(looks < 1000, "there is still too much");
    equal(await bus.publish(created()).committed, 4001, "number");
  } finally {
    restore();
  }
}, { skip: whereFixed("performance") });
