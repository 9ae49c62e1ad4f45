// Everything may be called inside a handler.
import { equal, ok, same, throws } from "./assert.js";
import { collector, created, many, numbers, payloads, range } from "./fixtures.js";
import { test } from "./registry.js";

for (const deliver of ["committed", "immediate"]) {
  test(`a handler may unsubscribe itself: ${deliver}`, async (t) => {
    const bus = await t.open();
    const got = [];
    const all = collector();
    const leave = bus.subscribe((envelope) => {
      got.push(envelope.event.data);
      leave();
    }, { deliver });
    bus.subscribe(all, { deliver });
    bus.publishAll(many(3));
    await all.until(3);
    same(got, [{ n: 1 }]);
    same(payloads(all.got), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test(`a handler may unsubscribe others, which get nothing more, not even this event: ${deliver}`, async (t) => {
    const bus = await t.open();
    const [before, after, last] = [collector(), collector(), collector()];
    const leaves = [];
    leaves.push(bus.subscribe(before, { deliver }));
    bus.subscribe(() => leaves.forEach((leave) => leave()), { deliver });
    leaves.push(bus.subscribe(after, { deliver }));
    bus.subscribe(last, { deliver });
    bus.publishAll(many(2));
    await last.until(2);
    same(payloads(before.got), [{ n: 1 }]);
    same(payloads(after.got), []);
    same(payloads(last.got), [{ n: 1 }, { n: 2 }]);
  });

  test(`a handler may subscribe another, which gets only later events: ${deliver}`, async (t) => {
    const bus = await t.open();
    const late = collector();
    let subscribed = false;
    bus.subscribe(() => {
      if (!subscribed) bus.subscribe(late, { deliver });
      subscribed = true;
    }, { deliver });
    await bus.publish(created(1)).committed;
    await bus.flush();
    bus.publish(created(2));
    same(payloads(await late.until(1)), [2]);
  });

  test(`a handler may subscribe another, which gets nothing that was published before: ${deliver}`, async (t) => {
    const bus = await t.open();
    const [late, all] = [collector(), collector()];
    bus.subscribe(({ event }) => {
      if (event.data.n === 1) bus.subscribe(late, { deliver });
    }, { deliver });
    bus.subscribe(all, { deliver });
    bus.publishAll(many(3));
    await all.until(3);
    bus.publish(created("later"));
    await all.until(4);
    same(payloads(await late.until(1)), ["later"]);
  });

  test(`a handler may publish: ${deliver}`, async (t) => {
    const bus = await t.open();
    const all = collector();
    bus.subscribe(({ event }) => {
      if (event.data < 5) bus.publish(created(event.data + 1));
    }, { deliver });
    bus.subscribe(all, { deliver });
    bus.publish(created(1));
    same(payloads(await all.until(5)), [1, 2, 3, 4, 5]);
    await bus.flush();
    same(payloads(await bus.log.read()), [1, 2, 3, 4, 5]);
  });

  test(`a handler may close the bus: ${deliver}`, async (t) => {
    const bus = await t.open();
    const keeper = await t.open();
    const [first, second] = [collector(), collector()];
    const closed = new Promise((resolve) => {
      bus.subscribe((envelope) => {
        first(envelope);
        resolve(bus.close());
      }, { deliver });
    });
    bus.subscribe(second, { deliver });
    const receipts = bus.publishAll(many(3));
    await closed;
    ok(bus.closed, "it is not closed");
    throws(() => bus.publish(created()), "closed");
    same(await Promise.all(receipts.map((receipt) => receipt.committed)), [1, 2, 3]);
    same(numbers(await keeper.log.read()), [1, 2, 3]);
    // While it closes, what was published before may still be delivered: in order, once, and nothing later.
    await keeper.publish(created(4)).committed;
    for (const { got } of [first, second]) same(payloads(got), range(1, got.length).map((n) => ({ n })));
    ok(first.got.length >= 1 && first.got.length <= 3 && second.got.length <= 3, `${first.got.length} and ${second.got.length} deliveries`);
  });
}

test("a handler may read, acknowledge and wait for the flush", async (t) => {
  const bus = await t.open();
  const results = [];
  bus.subscribe((envelope) => {
    results.push(Promise.all([bus.log.read({ to: envelope.seq_no }), bus.log.ack("c", envelope.seq_no), bus.flush()]));
  });
  bus.publishAll(many(3));
  await bus.flush();
  const pages = (await Promise.all(results)).map(([page]) => numbers(page));
  same(pages, [[1], [1, 2], [1, 2, 3]]);
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 3, lag: 0 }]);
});

test("events published in handlers of two buses keep one dense order", async (t) => {
  const [ping, pong] = [await t.open(), await t.open()];
  const all = collector();
  const answer = (bus, word) => ({ event, origin }) => {
    if (origin !== bus.origin && event.data < 40) bus.publish(created(event.data + 1, word));
  };
  ping.subscribe(answer(ping, "ping"));
  pong.subscribe(answer(pong, "pong"));
  ping.subscribe(all);
  ping.publish(created(1, "ping"));
  const got = await all.until(40);
  same(payloads(got), range(1, 40));
  same(numbers(got), range(1, 40));
  equal(new Set(got.map((envelope) => envelope.origin)).size, 2, "origins");
});
