// What the caller's own code throws while everbus reads what it was given is the cause of an error with a code.
import { equal, rejects, same, throws } from "./assert.js";
import { created, linked } from "./fixtures.js";
import { test } from "./registry.js";

const mistake = new TypeError("not now");
const thrower = () => {
  throw mistake;
};
/** `object` with a getter that throws in the place of a field. */
const spoilt = (object, field) => Object.defineProperty({ ...object }, field, { get: thrower, enumerable: true });

const events = {
  ...Object.fromEntries(Object.keys(created()).map((field) => [`an entity event's ${field}`, spoilt(created(1), field)])),
  ...Object.fromEntries(Object.keys(linked()).map((field) => [`a link event's ${field}`, spoilt(linked(), field)])),
  "a payload": created(spoilt({}, "amount")),
  "a payload's toJSON": created({ toJSON: thrower }),
  "a link's metadata": linked(spoilt({}, "priority")),
  "a proxy": new Proxy(created(1), { get: thrower }),
};
for (const [what, event] of Object.entries(events)) {
  test(`publish says of ${what} that it threw, and publishes nothing`, async (t) => {
    const bus = await t.open();
    equal(throws(() => bus.publish(event), "invalid_event").cause, mistake, "cause");
    equal(throws(() => bus.publishAll([created(), event]), "invalid_event").cause, mistake, "cause in publishAll");
    equal(await bus.publish(created()).committed, 1, "the next number");
  });
}

const calls = {
  "a publish option": [(bus) => bus.publish(created(), spoilt({}, "meta")), "invalid_option"],
  "a value in meta": [(bus) => bus.publish(created(), { meta: spoilt({}, "actor") }), "invalid_option"],
  "a subscribe option": [(bus) => bus.subscribe(() => {}, spoilt({}, "signal")), "invalid_option"],
  "a filter": [(bus) => bus.subscribe(spoilt({}, "kind"), () => {}), "invalid_filter"],
  "a value in a filter": [(bus) => bus.events({ entity_type: Object.defineProperty([1], 0, { get: thrower }) }), "invalid_filter"],
  "a position": [(bus) => bus.log.follow(spoilt({}, "sequence")), "invalid_position"],
};
for (const [what, [call, code]] of Object.entries(calls)) {
  test(`a getter that throws in ${what} is the cause of ${code}`, async (t) => {
    const bus = await t.open();
    equal(throws(() => call(bus), code).cause, mistake, "cause");
    equal(bus.receiverCount, 0, "receivers");
    equal(await bus.publish(created()).committed, 1, "the next number");
  });
}

test("a getter that throws in an envelope is the cause of invalid_event", async (t) => {
  const bus = await t.open();
  const envelope = { id: "00000000-0000-4000-8000-000000000001", timestamp: "2026-01-31T12:00:00Z", event: created() };
  for (const spoiled of [...Object.keys(envelope).map((field) => spoilt(envelope, field)), { ...envelope, event: spoilt(created(), "kind") }]) {
    equal((await rejects(() => bus.log.append([spoiled]), "invalid_event")).cause, mistake, "cause");
  }
  same(await bus.log.read(), []);
});
