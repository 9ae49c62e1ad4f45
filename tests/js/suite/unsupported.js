// What the contract has and this version has not says so.
import { openBus } from "./everbus.js";
import { equal, ok, rejects, throws } from "./assert.js";
import { created, replace } from "./fixtures.js";
import { test } from "./registry.js";

for (const options of [{ log: "none", retention: { maxEvents: 1 } }, { log: "none", queue: { maxEvents: 1 } }, { log: "memory", crossTab: true }, { log: "none", crossTab: true }]) {
  test(`openBus says that ${JSON.stringify(options)} is unsupported`, async (t) => {
    await rejects(() => openBus(t.busName, { log: t.log, ...options }), "unsupported");
    const bus = await t.open({ crossTab: false });
    equal(await bus.publish(created()).committed, 1, "number");
  });
}

test("the defaults may be written out", async (t) => {
  const bus = await t.open({ capacity: 1024, durability: "relaxed", crossTab: false, retention: undefined });
  await bus.publish(created()).committed;
  const iterator = bus.log.subscribe("c", "beginning", { exclusive: false, onTrimmed: "error" });
  equal((await iterator.next()).value.seq_no, 1, "number");
  await iterator.return();
});

test("where there are no Web Locks, an exclusive consumer is unsupported, and any other works", async (t) => {
  const restore = replace(navigator, "locks", { value: undefined });
  try {
    const bus = await t.open();
    const error = throws(() => bus.log.subscribe("c", "beginning", { exclusive: true }), "unsupported");
    ok(error.message.includes("https"), error.message);
    await bus.publish(created()).committed;
    const iterator = bus.log.subscribe("c", "beginning");
    equal((await iterator.next()).value.seq_no, 1, "number");
    await bus.log.ack("c", 1);
    await iterator.return();
  } finally {
    restore();
  }
}, { skip: ({ log }) => (log === "indexeddb" ? undefined : "a log in memory has locks of its own") });
