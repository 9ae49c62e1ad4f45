// Vue's `reactive`, and so Pinia, makes proxies of everything that it reaches but of what says that it is to be skipped.
import { equal, same } from "./assert.js";
import { created } from "./fixtures.js";
import { test } from "./registry.js";

test("Vue is told to make no proxies of what everbus gives, and nobody else sees that", async (t) => {
  const bus = await t.open();
  const receipt = bus.publish(created());
  const given = { bus, "bus.log": bus.log, receipt, "bus.events()": bus.events(), "log.follow()": bus.log.follow(), "log.subscribe()": bus.log.subscribe("c") };
  for (const [name, object] of Object.entries(given)) {
    equal(object.__v_skip, true, name);
    equal(Object.hasOwn(object, "__v_skip"), false, `${name} has it as its own`);
    for (const field in object) equal(field === "__v_skip", false, `${name} lists it`);
  }
  await receipt.committed;
  // Events are data, of which an application may make what it likes.
  const [envelope] = await bus.log.read();
  same([envelope.__v_skip, envelope.event.__v_skip], [undefined, undefined]);
});
