import { equal, ok, same } from "./assert.js";
import { envelope } from "./append.js";
import { ID, UUID_V7, collector, created, deleted, linked, ndjson, updated } from "./fixtures.js";
import { test } from "./registry.js";

test("a delivered envelope has exactly the fields of the wire", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  const events = [
    created({ a: 1 }), updated(null), deleted(), linked({ b: 2 }), linked(null),
    { ...linked([3]), action: "updated" },
    { kind: "link", action: "deleted", link_type: "owns", link_id: ID.owns, source_id: ID.ann, target_id: ID.cup },
  ];
  const before = Date.now();
  const receipts = events.map((event) => bus.publish(event));
  const after = Date.now();
  const got = await subscriber.until(events.length);
  got.forEach((found, i) => {
    const { id, timestamp } = found;
    same(found, { id, timestamp, event: events[i], seq_no: i + 1, origin: bus.origin });
    equal(id, receipts[i].id, "id");
    ok(UUID_V7.test(id), `${id} is no lower-case UUID v7`);
    ok(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(timestamp), `timestamp ${timestamp}`);
    ok(Date.parse(timestamp) >= before && Date.parse(timestamp) <= after, `timestamp ${timestamp} is not between ${before} and ${after}`);
    const born = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    ok(born >= before - 1000 && born <= after + 1000, `the id's time ${born} is not the event's`);
  });
  same(await bus.log.read(), got);
});

test("5,000 ids in a row are all different", async (t) => {
  const bus = await t.open();
  const ids = Array.from({ length: 5000 }, () => bus.publish(created()).id);
  await bus.flush();
  equal(new Set(ids).size, 5000, "distinct ids");
});

test("meta is carried verbatim, and is absent when not given", async (t) => {
  const bus = await t.open();
  const meta = { actor: "ann", trace: { id: "é☃", flags: [1, null, true, 0.5] }, "": "" };
  await bus.publish(created(1), { meta }).committed;
  await bus.publish(created(2)).committed;
  await bus.publish(created(3), { meta: {} }).committed;
  const [one, two, three] = await bus.log.read();
  same(one.meta, meta);
  ok(!("meta" in two), "meta of an event without");
  same(three.meta, {});
});

test("absent link metadata is null", async (t) => {
  const bus = await t.open();
  const { metadata, ...without } = linked();
  await bus.publish(without).committed;
  await bus.publish({ ...without, action: "updated", metadata: undefined }).committed;
  same((await bus.log.read()).map((e) => e.event), [linked(null), { ...linked(null), action: "updated" }]);
});

test("unknown fields of an event are ignored and not kept", async (t) => {
  const bus = await t.open();
  await bus.publish({ ...created(1), colour: "red", link_type: 7 }).committed;
  await bus.publish({ ...deleted(), data: { a: 1 } }).committed;
  same((await bus.log.read()).map((e) => e.event), [created(1), deleted()]);
});

test("upper-case ids are delivered in lower case", async (t) => {
  const bus = await t.open();
  const id = "ABCDEF00-0000-4000-8000-00000000ABCD";
  await bus.publish(created(1, "order", id)).committed;
  await bus.publish({ ...linked(), link_id: id, source_id: id, target_id: id }).committed;
  const lower = id.toLowerCase();
  same((await bus.log.read()).map((e) => e.event), [
    created(1, "order", lower),
    { ...linked(), link_id: lower, source_id: lower, target_id: lower },
  ]);
  equal((await bus.log.read({ filter: { entity_id: id } })).length, 2, "found by the upper-case id");
});

test("a timestamp from elsewhere keeps its nanoseconds, and is written with 3 or 9 digits", async (t) => {
  const bus = await t.open();
  const written = {
    "2026-11-23T08:32:21Z": "2026-11-23T08:32:21.000Z",
    "2026-11-23T08:32:21.1Z": "2026-11-23T08:32:21.100Z",
    "2026-11-23T08:32:21.123Z": "2026-11-23T08:32:21.123Z",
    "2026-11-23T08:32:21.1234Z": "2026-11-23T08:32:21.123400000Z",
    "2026-11-23T08:32:21.000000001Z": "2026-11-23T08:32:21.000000001Z",
    "2024-02-29T23:59:59.999999999Z": "2024-02-29T23:59:59.999999999Z",
    "1969-12-31T23:59:59.999999999Z": "1969-12-31T23:59:59.999999999Z",
    "1901-01-01T00:00:00.5Z": "1901-01-01T00:00:00.500Z",
    "9999-12-31T23:59:59.999Z": "9999-12-31T23:59:59.999Z",
  };
  await bus.log.append(Object.keys(written).map((timestamp) => envelope(created(), { timestamp })));
  same((await bus.log.read()).map((e) => e.timestamp), Object.values(written));
});

test("the golden events are published and read back as they are", async (t) => {
  const lines = ndjson(await t.readText("golden/wire.ndjson"));
  const events = lines.filter(({ value }) => value.kind === "entity" || value.kind === "link").map(({ value }) => value);
  equal(events.length, 6, "golden events");
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  for (const event of events) bus.publish(event);
  same((await subscriber.until(6)).map((e) => e.event), events);
  same((await bus.log.read()).map((e) => e.event), events);
});

test("the golden envelopes are appended and read back as they are", async (t) => {
  const lines = ndjson(await t.readText("golden/wire.ndjson"));
  const envelopes = lines.filter(({ name }) => name.startsWith("envelope.") || name === "server.event").map(({ value }) => value.data ?? value);
  equal(envelopes.length, 3, "golden envelopes");
  for (const [i, golden] of envelopes.entries()) {
    const bus = await t.open({}, `${t.busName} ${i}`);
    const subscriber = collector();
    bus.subscribe(subscriber);
    same(await bus.log.append([golden]), [1]);
    same(await bus.log.read(), [{ ...golden, seq_no: 1 }]);
    same(await subscriber.until(1), [{ ...golden, seq_no: 1 }]);
  }
});
