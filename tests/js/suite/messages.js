// What the platform throws while a commit is told to others reaches onError, and nothing else happens.
import { equal, same } from "./assert.js";
import { collector, created, many, numbers, range, replace, take, withoutLocks, whereFixed } from "./fixtures.js";
import { test } from "./registry.js";

const skip = ({ log }) => (log === "indexeddb" ? undefined : "a log in memory has no other tabs");
const refuse = () => {
  throw new DOMException("refused", "DataCloneError");
};

/** Tells the buses of this name that there is another tab. */
async function sayHello(name) {
  const channel = new BroadcastChannel(`everbus:${name}`);
  const answered = new Promise((resolve) => (channel.onmessage = resolve));
  channel.postMessage("hello");
  await answered;
  return () => channel.close();
}

test("a commit that can't be told to other tabs is delivered here, and the next ones are made", async (t) => {
  const bus = await t.open({ retention: { maxEvents: 1000 } });
  const leave = await sayHello(bus.name);
  const subscriber = collector();
  bus.subscribe(subscriber);
  const restore = replace(BroadcastChannel.prototype, "postMessage", { value: refuse, writable: true });
  try {
    equal(await bus.publish(created(1)).committed, 1, "number");
    const error = await t.nextError();
    equal(error.code, "storage", "code");
    equal(error.cause.name, "DataCloneError", "cause");
    for (const n of range(2, 4)) equal(await bus.publish(created(n)).committed, n, "number");
    await bus.flush();
    same(numbers(await subscriber.until(4)), range(1, 4));
    for (const _ of range(2, 4)) equal((await t.nextError()).code, "storage", "code");
  } finally {
    restore();
    leave();
  }
  equal(await bus.publish(created(5)).committed, 5, "number");
  await bus.close();
}, { skip });

test("where a timer can't be cleared, commits are made all the same", async (t) => {
  const bus = await t.open();
  const restore = replace(globalThis, "clearTimeout", { value: refuse, writable: true });
  try {
    for (const n of range(1, 3)) equal(await bus.publish(created(n)).committed, n, "number");
    await bus.flush();
  } finally {
    restore();
  }
}, { skip: whereFixed("clearTimeout") });

test("where no channel may be opened, a bus works alone, and onError says why, once", async (t) => {
  const restore = replace(globalThis, "BroadcastChannel", { value: class { constructor() { refuse(); } }, writable: true });
  try {
    const bus = await t.open();
    equal((await t.nextError()).cause.name, "DataCloneError", "cause");
    equal(await bus.publish(created(1)).committed, 1, "number");
    const latest = bus.log.subscribe("c", "latest");
    bus.publishAll(many(2, 2));
    same(numbers(await take(latest, 2)), [2, 3]);
    await bus.close();
  } finally {
    restore();
  }
}, { skip });

test("where no channel may be opened, an exclusive subscription gets its turn", async (t) => {
  const bus = await t.open();
  await bus.publish(created(1)).committed;
  const restore = replace(globalThis, "BroadcastChannel", { value: class { constructor() { refuse(); } }, writable: true });
  try {
    const iterator = bus.log.subscribe("c", "beginning", { exclusive: true });
    same(numbers(await take(iterator, 1)), [1]);
    equal((await t.nextError()).code, "storage", "code");
    await iterator.return();
  } finally {
    restore();
  }
}, { skip: (host) => skip(host) ?? withoutLocks(host) });
