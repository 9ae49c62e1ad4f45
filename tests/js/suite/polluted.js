// What somebody has given to every object is no option, no filter and no part of an event.
import { equal, rejects, same, throws } from "./assert.js";
import { ID, collector, created, deleted, linked, numbers, range, take, withoutLocks } from "./fixtures.js";
import { test } from "./registry.js";

const pollution = {
  kind: "link", event_type: ["deleted"], entity_type: ["nothing"], entity_id: [ID.bob], link_type: ["nothing"], source_id: [ID.bob],
  target_id: [ID.bob], touches: [ID.bob], filter: { kind: "link" }, deliver: "immediate", onLagged: "none",
  exclusive: true, onTrimmed: "skip", onCaughtUp: "none", from: 3, to: 2, limit: 1, reverse: true, expectedLastSeqNo: 7, id: ID.cup,
  meta: { tenant: "everybody" }, origin: ID.bob, data: "everybody's", metadata: "everybody's", sequence: 9, time: 0, nanos: 0, log: "none",
  capacity: 0, durability: "none", crossTab: "none", retention: { maxEvents: 0 }, maxEvents: 0, maxBytes: 0, maxAgeMs: 0, queue: {}, onError: "none",
};

/** Gives every object these fields; returns the way back. */
function pollute(fields) {
  const descriptor = (value) => ({ value, configurable: true, writable: true, enumerable: false });
  const given = Object.entries(fields).map(([field, value]) => [field, descriptor(value)]);
  Object.defineProperties(Object.prototype, Object.fromEntries(given));
  return () => given.forEach(([field]) => delete Object.prototype[field]);
}

async function whilePolluted(act) {
  const restore = pollute(pollution);
  try {
    return await act();
  } finally {
    restore();
  }
}

test("what every object has is no option and no filter", async (t) => {
  const subscriber = collector();
  const results = await whilePolluted(async () => {
    const bus = await t.open();
    bus.subscribe({}, subscriber, {});
    const events = bus.events({ entity_type: "order" }, {});
    const consumer = bus.log.subscribe("c", { sequence: 2 }, {});
    const exclusive = bus.log.subscribe("e", "beginning", { exclusive: true });
    const follower = bus.log.follow({ sequence: 3 }, {});
    const timed = bus.log.subscribe("d", { time: "2020-01-01T00:00:00Z" });
    const receipts = [bus.publish(created(1), {}), ...bus.publishAll([created(2), created(3)], {})];
    await Promise.all(receipts.map(({ committed }) => committed));
    return [numbers(await bus.log.read({})), numbers(await bus.log.read({ filter: { entity_type: "order" } })), ...(await Promise.all([take(events, 3), take(consumer, 2), take(timed, 3), take(exclusive, 3), take(follower, 1)])).map(numbers)];
  });
  same(results, [range(1, 3), range(1, 3), range(1, 3), range(2, 3), range(1, 3), range(1, 3), [3]]);
  const [envelope] = await subscriber.until(3);
  same(envelope.event, created(1));
  equal(Object.hasOwn(envelope, "meta"), false, "a meta of its own");
}, { skip: withoutLocks });

test("a signal that every object has ends nothing", async (t) => {
  const bus = await t.open();
  // Only during the calls: the platform itself takes it for a signal that its listeners were given.
  const restore = pollute({ signal: AbortSignal.abort() });
  const subscriber = collector();
  bus.subscribe(subscriber, {});
  const iterators = [bus.events({}, {}), bus.events({}, { deliver: "immediate" }), bus.log.subscribe("c", "latest", {})];
  restore();
  equal(bus.receiverCount, 4, "receivers");
  await bus.publish(created(1)).committed;
  equal((await subscriber.until(1)).length, 1, "deliveries");
  for (const iterator of iterators) await take(iterator, 1);
});

test("what every object has is no part of an event or an envelope", async (t) => {
  const bus = await t.open();
  const { metadata, ...bare } = linked();
  const { data, ...empty } = created();
  await whilePolluted(async () => {
    throws(() => bus.publish(empty), "invalid_event", "an event without data");
    await bus.publish(bare).committed;
    await bus.log.append([{ id: ID.ann, timestamp: "2026-01-01T00:00:00Z", event: deleted() }]);
    await rejects(() => bus.log.append([{ id: ID.bob, timestamp: "2026-01-01T00:00:00Z", event: empty }]), "invalid_event");
  });
  const [link, appended] = await bus.log.read();
  same(link.event, linked(null));
  same(appended, { id: ID.ann, timestamp: "2026-01-01T00:00:00.000Z", event: deleted(), seq_no: 2 });
});
