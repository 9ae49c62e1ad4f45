// What a subscriber throws may itself be hostile.
import { equal, hasCode, same } from "./assert.js";
import { collector, created, nextTask, payloads, range } from "./fixtures.js";
import { test } from "./registry.js";

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const mistakes = {
  "an error whose message can't be read": () => Object.defineProperty(new Error(), "message", { get() { throw new Error("no message"); } }),
  "an error whose message is a symbol": () => Object.assign(new Error(), { message: Symbol("why") }),
  "an error whose message is an object without a prototype": () => Object.assign(new Error(), { message: Object.create(null) }),
  "a proxy that was revoked": revoked,
};
for (const deliver of ["committed", "immediate"]) {
  for (const [what, make] of Object.entries(mistakes)) {
    for (const how of ["throws", "rejects with"]) {
      test(`a subscriber that ${how} ${what} reaches onError and stops nobody: ${deliver}`, async (t) => {
        const bus = await t.open();
        const [first, last] = [collector(), collector()];
        bus.subscribe(first, { deliver });
        bus.subscribe(() => {
          if (how === "throws") throw make();
          return Promise.reject(make());
        }, { deliver });
        bus.subscribe(last, { deliver });
        equal(await bus.publish(created(1)).committed, 1, "number");
        equal(await bus.publish(created(2)).committed, 2, "number");
        for (const subscriber of [first, last]) same(payloads(await subscriber.until(2)), [1, 2]);
        for (const _ of range(1, 2)) hasCode(await t.nextError(), "subscriber");
      });
    }
  }
}
