// What the contract has and this version has not says so.
import { openBus } from "./everbus.js";
import { equal, rejects, throws } from "./assert.js";
import { created } from "./fixtures.js";
import { test } from "./registry.js";

for (const options of [{ log: "none", retention: { maxEvents: 1 } }, { log: "none", queue: { maxEvents: 1 } }, { log: "memory", crossTab: true }, { log: "none", crossTab: true }]) {
  test(`openBus says that ${JSON.stringify(options)} is unsupported`, async (t) => {
    await rejects(() => openBus(t.busName, { log: t.log, ...options }), "unsupported");
    const bus = await t.open({ crossTab: false });
    equal(await bus.publish(created()).committed, 1, "number");
  });
}

const calls = {
  "an exclusive consumer": async (bus) => throws(() => bus.log.subscribe("c", "beginning", { exclusive: true }), "unsupported"),
};
for (const [name, call] of Object.entries(calls)) {
  test(`${name} is unsupported and changes nothing`, async (t) => {
    const bus = await t.open();
    await bus.publish(created()).committed;
    await call(bus);
    equal((await bus.log.read()).length, 1, "events");
    equal(await bus.publish(created()).committed, 2, "the next number");
  });
}

test("the defaults may be written out", async (t) => {
  const bus = await t.open({ capacity: 1024, durability: "relaxed", crossTab: false, retention: undefined });
  await bus.publish(created()).committed;
  const iterator = bus.log.subscribe("c", "beginning", { exclusive: false, onTrimmed: "error" });
  equal((await iterator.next()).value.seq_no, 1, "number");
  await iterator.return();
});
