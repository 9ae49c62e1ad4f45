import { equal, rejects, same } from "./assert.js";
import { collector, committed, created, many, numbers, payloads, range, uuid } from "./fixtures.js";
import { test } from "./registry.js";

export function envelope(event, extra = {}) {
  return { id: uuid(), timestamp: "2026-11-23T08:32:21.566Z", event, ...extra };
}

test("append numbers envelopes from elsewhere and ignores the numbers that they have", async (t) => {
  const bus = await t.open();
  await bus.publish(created("mine")).committed;
  const foreign = [envelope(created(1), { seq_no: 900 }), envelope(created(2), { seq_no: 7 }), envelope(created(3))];
  same(await bus.log.append(foreign), [2, 3, 4]);
  same((await bus.log.read({ from: 2 })), foreign.map((e, i) => ({ ...e, seq_no: i + 2 })));
});

test("appended envelopes keep origin and meta, and lack what they lacked", async (t) => {
  const bus = await t.open();
  const origin = uuid();
  const foreign = [envelope(created(1), { origin, meta: { actor: "ann", nested: { a: [1] } } }), envelope(created(2))];
  await bus.log.append(foreign);
  const stored = await bus.log.read();
  same(stored, foreign.map((e, i) => ({ ...e, seq_no: i + 1 })));
});

test("appended envelopes reach subscribers like published ones", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  await bus.log.append(many(1500).map((event) => envelope(event)));
  await bus.publish(created("after")).committed;
  same(numbers(await subscriber.until(1501)), range(1, 1501));
});

test("append stores a known id once, within one call too", async (t) => {
  const bus = await t.open();
  const [a, b, c] = [envelope(created("a")), envelope(created("b")), envelope(created("c"))];
  same(await bus.log.append([a, b, a]), [1, 2, 1]);
  const subscriber = collector();
  bus.subscribe(subscriber);
  same(await bus.log.append([b, c, a, c]), [2, 3, 1, 3]);
  same(payloads(await subscriber.until(1)), ["c"]);
  same(payloads(await bus.log.read()), ["a", "b", "c"]);
});

test("append of nothing resolves to nothing", async (t) => {
  const bus = await t.open();
  same(await bus.log.append([]), []);
  equal(await bus.log.lastSeqNo(), undefined, "last number");
});

test("a bus's events can be moved to another bus", async (t) => {
  const from = await t.open();
  await committed(from.publishAll(many(30), { meta: { v: 1 } }));
  const events = await from.log.read();
  const to = await t.open({}, `${t.busName} copy`);
  same(await to.log.append(events), range(1, 30));
  same(await to.log.read(), events);
});

const bad = {
  "an id that is no UUID": { id: "x" },
  "no id": { id: undefined },
  "no timestamp": { timestamp: undefined },
  "a timestamp that is a number": { timestamp: 1700000000000 },
  "a timestamp with an offset": { timestamp: "2026-11-23T08:32:21+00:00" },
  "a timestamp without a zone": { timestamp: "2026-11-23T08:32:21" },
  "a day that doesn't exist": { timestamp: "2026-02-30T08:32:21Z" },
  "a leap second": { timestamp: "2016-12-31T23:59:60Z" },
  "hour 24": { timestamp: "2026-11-23T24:00:00Z" },
  "ten fraction digits": { timestamp: "2026-11-23T08:32:21.1234567890Z" },
  "no event": { event: undefined },
  "an event that is none": { event: { kind: "entity" } },
  "an origin that is no UUID": { origin: "tab 1" },
  "a meta that is an array": { meta: [1] },
  "a meta that is a string": { meta: "ann" },
};
for (const [name, change] of Object.entries(bad)) {
  test(`append refuses ${name}, and appends none of its neighbours`, async (t) => {
    const bus = await t.open();
    const broken = envelope(created("broken"), change);
    await rejects(() => bus.log.append([envelope(created(1)), broken, envelope(created(3))]), "invalid_event");
    equal(await bus.log.lastSeqNo(), undefined, "last number");
    equal(await bus.publish(created()).committed, 1, "the next number");
  });
}

test("append refuses what is no array of envelopes", async (t) => {
  const bus = await t.open();
  for (const wrong of [undefined, null, "x", {}, [null], ["x"], [[]]]) await rejects(() => bus.log.append(wrong), ["invalid_event", "invalid_option"]);
  equal(await bus.log.lastSeqNo(), undefined, "last number");
});
