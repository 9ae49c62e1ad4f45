// A signal is the application's: it may call back at once, and throw.
import { equal, ok, same } from "./assert.js";
import { created, collector, withoutLocks } from "./fixtures.js";
import { test } from "./registry.js";

const signal = (own) => ({ aborted: false, addEventListener() {}, removeEventListener() {}, ...own });
const begin = {
  "subscribe": (bus, signal, subscriber) => bus.subscribe(subscriber, { signal }),
  "immediate subscribe": (bus, signal, subscriber) => bus.subscribe(subscriber, { signal, deliver: "immediate" }),
  "events": (bus, signal) => bus.events(undefined, { signal }),
  "immediate events": (bus, signal) => bus.events(undefined, { signal, deliver: "immediate" }),
  "log.subscribe": (bus, signal) => bus.log.subscribe("c", "latest", { signal }),
  "exclusive log.subscribe": (bus, signal) => bus.log.subscribe("c", "latest", { signal, exclusive: true }),
};
for (const [name, call] of Object.entries(begin)) {
  const options = name.startsWith("exclusive") ? { skip: withoutLocks } : {};
  test(`a signal that calls back at once ends ${name} at once`, async (t) => {
    const bus = await t.open();
    const subscriber = collector();
    const begun = call(bus, signal({ addEventListener: (_, abort) => abort() }), subscriber);
    equal(bus.receiverCount, 0, "receivers");
    bus.publish(created());
    await bus.flush();
    equal(subscriber.got.length, 0, "deliveries");
    if (typeof begun === "function") begun();
    else same(await begun.next(), { value: undefined, done: true });
  }, options);

  test(`a signal that refuses a listener refuses ${name}, and leaves nothing behind`, async (t) => {
    const bus = await t.open();
    const mistake = new Error("no listeners");
    let caught;
    try {
      call(bus, signal({ addEventListener() { throw mistake; } }), () => {});
    } catch (error) {
      caught = error;
    }
    equal(caught, mistake, "what the call threw");
    equal(bus.receiverCount, 0, "receivers");
  }, options);

  test(`a signal that doesn't let a listener go doesn't keep the bus from closing: ${name}`, async (t) => {
    const [keeper, bus] = [await t.open(), await t.open()];
    const mistake = new Error("no way out");
    call(bus, signal({ removeEventListener() { throw mistake; } }), () => {});
    await bus.close();
    equal(keeper.receiverCount, 0, "receivers");
    equal((await t.nextError()).cause, mistake, "what onError got");
    ok(bus.closed, "it is closed");
  }, options);
}
