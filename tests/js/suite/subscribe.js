import { equal, hasCode, same } from "./assert.js";
import { ID, collector, created, deleted, linked, many, payloads } from "./fixtures.js";
import { test } from "./registry.js";

test("a subscriber gets only later events", async (t) => {
  const bus = await t.open();
  await bus.publish(created("before")).committed;
  const subscriber = collector();
  bus.subscribe(subscriber);
  bus.publish(created("after"));
  same(payloads(await subscriber.until(1)), ["after"]);
});

test("a filter's fields must all match", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe({ kind: "entity", event_type: ["created", "deleted"], entity_type: "order", entity_id: ID.ann }, subscriber);
  bus.publish(created("yes"));
  bus.publish(created("other type", "invoice"));
  bus.publish(created("other id", "order", ID.bob));
  bus.publish({ ...created("other action"), action: "updated" });
  bus.publish(linked());
  bus.publish(deleted());
  const [one, two] = await subscriber.until(2);
  same([one.event, two.event], [created("yes"), deleted()]);
  await bus.flush();
  equal(subscriber.got.length, 2, "deliveries");
});

test("a filter changed after the call changes nothing", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  const filter = { entity_type: ["order"] };
  bus.subscribe(filter, subscriber);
  filter.entity_type.push("invoice");
  filter.kind = "link";
  bus.publish(created("invoice", "invoice"));
  bus.publish(created("order"));
  same(payloads(await subscriber.until(1)), ["order"]);
});

test("unsubscribing ends delivery; doing it twice is safe", async (t) => {
  const bus = await t.open();
  const [leaver, stayer] = [collector(), collector()];
  const leave = bus.subscribe(leaver);
  bus.subscribe(stayer);
  await bus.publish(created(1)).committed;
  await stayer.until(1);
  leave();
  leave();
  bus.publish(created(2));
  await stayer.until(2);
  same(payloads(leaver.got), [1]);
});

test("unsubscribing twice doesn't end another subscription of the same handler", async (t) => {
  const bus = await t.open();
  const handler = collector();
  const leave = bus.subscribe(handler);
  bus.subscribe(handler);
  leave();
  leave();
  equal(bus.receiverCount, 1, "receivers");
  bus.publish(created(1));
  same(payloads(await handler.until(1)), [1]);
});

test("one handler subscribed twice is called twice", async (t) => {
  const bus = await t.open();
  const handler = collector();
  bus.subscribe(handler);
  bus.subscribe(handler);
  bus.publish(created(1));
  same(payloads(await handler.until(2)), [1, 1]);
});

test("receivers are counted", async (t) => {
  const bus = await t.open();
  const leave = bus.subscribe(() => {});
  const abort = new AbortController();
  bus.subscribe({ entity_type: "order" }, () => {}, { deliver: "immediate", signal: abort.signal });
  equal(bus.receiverCount, 2, "receivers");
  equal(bus.publish(created()).receivers, 2, "receivers in the receipt");
  leave();
  abort.abort();
  equal(bus.receiverCount, 0, "receivers after they left");
  equal(bus.publish(created()).receivers, 0, "receivers in the receipt after they left");
});

test("a signal ends a subscription, and one that is aborted already never begins it", async (t) => {
  const bus = await t.open();
  const [early, aborted, all] = [collector(), collector(), collector()];
  const abort = new AbortController();
  bus.subscribe(early, { signal: abort.signal });
  bus.subscribe(aborted, { signal: AbortSignal.abort() });
  bus.subscribe(all);
  bus.publish(created(1));
  await all.until(1);
  abort.abort();
  bus.publish(created(2));
  await all.until(2);
  same(payloads(early.got), [1]);
  same(payloads(aborted.got), []);
});

for (const deliver of ["committed", "immediate"]) {
  // Who is looked for by ids is called in a loop of its own.
  for (const [whose, filter] of Object.entries({ everything: {}, "one entity": { entity_id: ID.ann } })) {
    test(`a subscriber to ${whose} that throws reaches onError and stops nobody: ${deliver}`, async (t) => {
      const bus = await t.open();
      const [first, last] = [collector(), collector()];
      const mistake = { not: "even an Error" };
      bus.subscribe(first, { deliver });
      bus.subscribe(filter, () => { throw mistake; }, { deliver });
      bus.subscribe(last, { deliver });
      bus.publishAll(many(2));
      for (const subscriber of [first, last]) same(payloads(await subscriber.until(2)), [{ n: 1 }, { n: 2 }]);
      for (const error of [await t.nextError(), await t.nextError()]) {
        hasCode(error, "subscriber");
        equal(error.cause, mistake, "cause");
      }
      equal(await bus.publish(created()).committed, 3, "the next number");
      hasCode(await t.nextError(), "subscriber");
    });

    test(`a subscriber to ${whose} that rejects reaches onError and stops nobody: ${deliver}`, async (t) => {
      const bus = await t.open();
      const [first, last] = [collector(), collector()];
      const mistake = new Error("too late");
      let reject;
      bus.subscribe(first, { deliver });
      bus.subscribe(filter, async ({ event }) => {
        if (event.data.n === 1) await new Promise((_, fail) => (reject = fail));
        throw mistake;
      }, { deliver });
      bus.subscribe(last, { deliver });
      bus.publishAll(many(3));
      // Nobody waits for the first event's: the others come, and fail, before it does.
      for (const subscriber of [first, last]) same(payloads(await subscriber.until(3)), [{ n: 1 }, { n: 2 }, { n: 3 }]);
      for (const error of [await t.nextError(), await t.nextError()]) equal(hasCode(error, "subscriber").cause, mistake, "cause");
      const late = { not: "an Error" };
      reject(late);
      equal(hasCode(await t.nextError(), "subscriber").cause, late, "cause");
    });
  }
}

test("a subscriber that throws undefined reaches onError all the same", async (t) => {
  const bus = await t.open();
  bus.subscribe(() => { throw undefined; });
  bus.publish(created());
  const error = hasCode(await t.nextError(), "subscriber");
  equal(error.cause, undefined, "cause");
});

test("a hundred subscribers with filters of their own get their own", async (t) => {
  const bus = await t.open();
  const subscribers = Array.from({ length: 100 }, (_, i) => {
    const subscriber = collector();
    bus.subscribe({ entity_type: `type${i}` }, subscriber);
    return subscriber;
  });
  for (let n = 0; n < 1000; n++) bus.publish(created(n, `type${n % 100}`));
  for (const [i, subscriber] of subscribers.entries()) {
    const expected = Array.from({ length: 10 }, (_, k) => k * 100 + i);
    same(payloads(await subscriber.until(10)), expected, `subscriber ${i}`);
  }
});

test("a filter may be an object of a class, if its fields are its own", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(Object.assign(new (class Orders {})(), { entity_type: "order" }), subscriber);
  for (const type of ["invoice", "order"]) await bus.publish(created(type, type)).committed;
  same(payloads(await subscriber.until(1)), ["order"]);
});
