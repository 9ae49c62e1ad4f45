import { equal, ok, same } from "./assert.js";
import { collector, committed, created, many, nextTask, numbers, payloads, range, take, withoutLocks } from "./fixtures.js";
import { test } from "./registry.js";

test("events() gives what is published after the call", async (t) => {
  const bus = await t.open();
  await bus.publish(created("before")).committed;
  const iterator = bus.events();
  equal(iterator[Symbol.asyncIterator](), iterator, "its own iterator");
  bus.publish(created("after"));
  const { value, done } = await iterator.next();
  equal(done, false, "done");
  same([value.event.data, value.seq_no], ["after", 2]);
  await iterator.return();
});

test("iterators and consumers start where a handler does, also while something is being committed", async (t) => {
  const bus = await t.open();
  for (const ticks of range(0, 40)) {
    bus.publish(created("under way"));
    for (let tick = 0; tick < ticks; tick++) await undefined;
    const handler = collector();
    const leave = bus.subscribe(handler);
    const iterators = [bus.events(), bus.log.subscribe("c"), bus.log.subscribe(`exclusive ${ticks}`, "latest", { exclusive: true })];
    const last = await bus.publish(created("last")).committed;
    const got = numbers(handler.got);
    equal(got.at(-1), last, "the last number that the handler got");
    for (const iterator of iterators) {
      same(numbers(await take(iterator, got.length)), got, `after ${ticks} microtasks`);
      await iterator.return();
    }
    leave();
  }
}, { skip: withoutLocks });

test("events() takes a filter", async (t) => {
  const bus = await t.open();
  const iterator = bus.events({ entity_type: "order" });
  bus.publish(created(1, "invoice"));
  bus.publish(created(2));
  same(payloads(await take(iterator, 1)), [2]);
  await iterator.return();
});

test("events() delivers immediately when asked to", async (t) => {
  const bus = await t.open();
  const iterator = bus.events({}, { deliver: "immediate" });
  bus.publish(created(1));
  const [envelope] = await take(iterator, 1);
  same([envelope.event.data, "seq_no" in envelope], [1, false]);
  await iterator.return();
});

for (const deliver of ["committed", "immediate"]) {
  test(`break ends an iterator, whatever it still has: ${deliver}`, async (t) => {
    const bus = await t.open();
    const iterator = bus.events(undefined, { deliver });
    bus.publishAll(many(3));
    const got = [];
    for await (const { event } of iterator) {
      got.push(event.data);
      if (got.length === 2) break;
    }
    same(got, [{ n: 1 }, { n: 2 }]);
    same(await iterator.next(), { value: undefined, done: true });
    equal(bus.receiverCount, 0, "receivers");
  });
}

test("return() ends an iterator, also one that waits, and may be called again", async (t) => {
  const bus = await t.open();
  const iterator = bus.events();
  const waiting = iterator.next();
  same(await iterator.return(), { value: undefined, done: true });
  same(await waiting, { value: undefined, done: true });
  same(await iterator.return(), { value: undefined, done: true });
  same(await iterator.next(), { value: undefined, done: true });
});

test("return() ends an iterator for good, whatever is on its way to it", async (t) => {
  const bus = await t.open();
  // An event takes some microtasks from its commit to an iterator.
  for (const ticks of range(0, 40)) {
    const iterator = bus.events();
    const waiting = iterator.next();
    await bus.publish(created(ticks)).committed;
    for (let tick = 0; tick < ticks; tick++) await undefined;
    await iterator.return();
    await waiting;
    await bus.flush();
    await nextTask();
    same(await iterator.next(), { value: undefined, done: true }, `next() after ${ticks} microtasks`);
  }
});

test("a signal ends an iterator, also one that waits", async (t) => {
  const bus = await t.open();
  const abort = new AbortController();
  const iterator = bus.events(undefined, { signal: abort.signal });
  bus.publish(created(1));
  await take(iterator, 1);
  const waiting = iterator.next();
  abort.abort();
  same(await waiting, { value: undefined, done: true });
  same(await iterator.next(), { value: undefined, done: true });
  const never = bus.events(undefined, { signal: AbortSignal.abort() });
  same(await never.next(), { value: undefined, done: true });
});

test("several next() at once get consecutive events", async (t) => {
  const bus = await t.open();
  const iterator = bus.events();
  const waiting = range(1, 5).map(() => iterator.next());
  bus.publishAll(many(5));
  same((await Promise.all(waiting)).map(({ value }) => value.seq_no), range(1, 5));
  // The same when they come one by one.
  const next = range(6, 8).map(() => iterator.next());
  for (const n of range(6, 8)) await bus.publish(created(n)).committed;
  same((await Promise.all(next)).map(({ value }) => value.seq_no), range(6, 8));
  await iterator.return();
});

test("a slow reader with a log misses nothing", async (t) => {
  const bus = await t.open({ capacity: 4 });
  const missed = [];
  const onLagged = (count) => missed.push(count);
  const iterator = bus.events(undefined, { onLagged });
  const filtered = bus.events({ entity_type: "rare" }, { onLagged });
  for (const n of range(1, 5000)) bus.publish(created(n, n % 1000 === 0 ? "rare" : "order"));
  await bus.flush();
  const got = await take(iterator, 5000);
  same(numbers(got), range(1, 5000));
  same(payloads(got), range(1, 5000));
  same(payloads(await take(filtered, 5)), [1000, 2000, 3000, 4000, 5000]);
  bus.publish(created("live again", "rare"));
  for (const each of [iterator, filtered]) same(payloads(await take(each, 1)), ["live again"]);
  same(missed, []);
  await iterator.return();
  await filtered.return();
});

test("a slow reader of immediate events is told how many it missed, with a log, too", async (t) => {
  const bus = await t.open({ capacity: 4 });
  const missed = [];
  const iterator = bus.events(undefined, { deliver: "immediate", onLagged: (count) => missed.push(count) });
  for (const event of many(10)) bus.publish(event);
  same(payloads(await take(iterator, 4)), range(7, 10).map((n) => ({ n })));
  same(missed, [6]);
  await iterator.return();
});

test("an iterator can be disposed of with await using", async (t) => {
  const bus = await t.open();
  const iterators = [bus.events(), bus.events(undefined, { deliver: "immediate" }), bus.log.subscribe("c"), bus.log.subscribe("d", "latest", { exclusive: true })];
  for (const iterator of iterators) {
    await iterator[Symbol.asyncDispose]();
    same(await iterator.next(), { value: undefined, done: true });
  }
  equal(bus.receiverCount, 0, "receivers");
}, { skip: (host) => withoutLocks(host) ?? (Symbol.asyncDispose ? undefined : "this platform has no Symbol.asyncDispose") });

test("a reader that pauses now and then while others write misses nothing", async (t) => {
  const bus = await t.open({ capacity: 3 });
  const iterator = bus.events();
  const got = [];
  let sent = 0;
  for (let round = 0; round < 60; round++) {
    const receipts = many(1 + (round % 7), 0).map((event) => bus.publish(event));
    sent += receipts.length;
    if (round % 3 === 0) await committed(receipts);
    if (round % 4 === 0) got.push(...(await take(iterator, Math.min(5, sent - got.length))));
  }
  await bus.flush();
  got.push(...(await take(iterator, sent - got.length)));
  same(numbers(got), range(1, sent));
  await iterator.return();
});

for (const deliver of ["committed", "immediate"]) {
  test(`iterators that nobody reads to the end hold up nothing: ${deliver}`, async (t) => {
    const [keeper, bus] = [await t.open(), await t.open({ capacity: 8 })];
    const unread = range(1, 20).map(() => bus.events(undefined, { deliver }));
    const halfRead = range(1, 20).map(() => bus.events(undefined, { deliver }));
    const read = bus.events(undefined, { deliver: "committed" });
    const consumers = range(1, 20).map((n) => bus.log.subscribe(`unread ${n}`, "beginning"));
    bus.publish(created(1));
    for (const iterator of halfRead) same(payloads(await take(iterator, 1)), [1]);
    for (const n of range(2, 3000)) bus.publish(created(n));
    await bus.flush();
    same(payloads(await take(read, 3000)), range(1, 3000));
    equal(bus.receiverCount, 61, "receivers");
    await bus.close();
    equal(keeper.receiverCount, 0, "receivers after the close");
    // What they have is theirs: at most what they may keep, and then the end.
    const most = deliver === "immediate" ? 8 : 1000;
    for (const [iterators, mayKeep] of [[unread, most], [halfRead, most], [consumers, 1000]]) {
      for (const iterator of iterators) {
        let [last, count] = [0, 0];
        for await (const { event } of iterator) {
          ok(event.data > last, `${event.data} after ${last}`);
          last = event.data;
          count++;
        }
        ok(count <= mayKeep, `${count} events were kept`);
      }
    }
  });
}

for (const deliver of ["committed", "immediate"]) {
  test(`what an iterator has when its bus closes is still given out: ${deliver}`, async (t) => {
    const bus = await t.open();
    const iterator = bus.events(undefined, { deliver });
    bus.publishAll(many(3));
    same(payloads(await take(iterator, 1)), [{ n: 1 }]);
    await bus.close();
    same(payloads(await take(iterator, 2)), [{ n: 2 }, { n: 3 }]);
    same(await iterator.next(), { value: undefined, done: true });
  });
}

test("closing the bus ends iterators", async (t) => {
  const bus = await t.open();
  const iterators = [bus.events(), bus.log.subscribe("c", "beginning")];
  const waiting = iterators.map((iterator) => iterator.next());
  await bus.close();
  for (const next of waiting) same(await next, { value: undefined, done: true });
  for (const iterator of iterators) {
    same(await iterator.next(), { value: undefined, done: true });
    ok((await iterator.return()).done, "return() of an ended iterator");
  }
});
