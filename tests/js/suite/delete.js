import { deleteBus } from "./everbus.js";
import { equal, ok, same, throws } from "./assert.js";
import { committed, created, many, payloads, take } from "./fixtures.js";
import { test } from "./registry.js";

test("deleting a bus that never was is no error", async (t) => {
  equal(await deleteBus(`${t.busName} never`), undefined, "result");
});

test("a deleted bus begins anew, without its consumers", async (t) => {
  let bus = await t.open();
  await committed(bus.publishAll(many(5)));
  await bus.log.ack("c", 4);
  await bus.close();
  await deleteBus(bus.name);
  bus = await t.open();
  equal(await bus.log.lastSeqNo(), undefined, "last number");
  same(await bus.log.consumers(), []);
  equal(await bus.publish(created("new")).committed, 1, "number");
  const iterator = bus.log.subscribe("c", "last_acknowledged");
  same(payloads(await take(iterator, 1)), ["new"]);
  await iterator.return();
});

test("deleting a bus closes the open ones of its name and ends their iterators", async (t) => {
  const buses = [await t.open(), await t.open()];
  const stranger = await t.open({}, `${t.busName} stranger`);
  await buses[0].publish(created()).committed;
  const waiting = buses.flatMap((bus) => [bus.events().next(), bus.log.subscribe("c").next()]);
  await deleteBus(t.busName);
  // Whether a waiting reader ends or is told why is its bus's choice: it must not wait for ever.
  for (const outcome of await Promise.allSettled(waiting)) ok(outcome.value?.done ?? outcome.reason.code === "closed", "a reader got an event");
  for (const bus of buses) {
    equal(bus.closed, true, "closed");
    throws(() => bus.publish(created()), "closed");
    await bus.close();
  }
  equal(await stranger.publish(created()).committed, 1, "number of another bus");
  const bus = await t.open();
  equal(await bus.publish(created()).committed, 1, "number of the new bus");
  t.forgive("closed");
});

test("deleting a bus forgets what its pages have left behind, and nothing else", async (t) => {
  const [own, others] = [t.busName, `${t.busName} other`].map((name) => `everbus parting ${JSON.stringify(name)} 1`);
  localStorage.setItem(own, "own");
  localStorage.setItem(others, "another's");
  try {
    await deleteBus(t.busName);
    same([own, others].map((name) => localStorage.getItem(name)), [null, "another's"]);
  } finally {
    for (const name of [own, others]) localStorage.removeItem(name);
  }
}, { skip: () => (typeof document === "object" && navigator.vendor.startsWith("Apple") ? undefined : "only WebKit's pages leave it there") });

test("deleting a bus settles every receipt", async (t) => {
  const bus = await t.open();
  const receipts = many(2000).map((event) => bus.publish(event));
  const outcomes = Promise.allSettled(receipts.map((receipt) => receipt.committed));
  await deleteBus(t.busName);
  for (const [i, outcome] of (await outcomes).entries()) {
    if (outcome.status === "fulfilled") equal(outcome.value, i + 1, "number");
    else equal(outcome.reason.code, "closed", "code");
  }
  const next = await t.open();
  equal(await next.publish(created()).committed, 1, "number of the new bus");
  t.forgive("closed");
});
