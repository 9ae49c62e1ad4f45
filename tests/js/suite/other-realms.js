// What comes from another realm, such as an iframe: it is known by what it is, not by its prototype.
import { openBus } from "./everbus.js";
import { equal, ok, rejects, same } from "./assert.js";
import { collector, committed, created, many, numbers, payloads, range, replace, take } from "./fixtures.js";
import { openRaw, settled } from "./raw.js";
import { test } from "./registry.js";

const skip = ({ log }) => {
  if (log !== "indexeddb") return "this host has no IndexedDB";
  return typeof document === "undefined" ? "a worker has no frames" : undefined;
};

/** Calls `act` with the window of a frame that is there meanwhile. */
async function withFrame(act) {
  const frame = document.createElement("iframe");
  const loaded = new Promise((resolve) => (frame.onload = resolve));
  document.body.append(frame);
  try {
    await loaded;
    return await act(frame.contentWindow);
  } finally {
    frame.remove();
  }
}

/** The same, with its IndexedDB as this realm's. */
const withForeignStorage = (act) =>
  withFrame(async ({ indexedDB }) => {
    ok(!(indexedDB instanceof IDBFactory), "it is of another realm");
    const restore = replace(globalThis, "indexedDB", { value: indexedDB });
    try {
      await act();
    } finally {
      restore();
    }
  });

test("a log in an iframe's IndexedDB is written, read, merged, trimmed and opened again", async (t) => {
  await withForeignStorage(async () => {
    let bus = await t.open();
    equal(bus.storage, "persistent", "storage");
    for (const event of many(70)) await bus.publish(event).committed;
    await committed(bus.publishAll(many(2000, 71)));
    await bus.log.ack("c", 5);
    bus = await t.reopen(bus);
    same(numbers(await bus.log.read({ limit: 3 })), [1, 2, 3]);
    same(numbers(await bus.log.read({ reverse: true, limit: 2 })), [2070, 2069]);
    const iterator = bus.log.subscribe("c", "last_acknowledged");
    same(numbers(await take(iterator, 2)), [6, 7]);
    await iterator.return();
    same(numbers(await bus.log.read({ filter: { entity_type: "ord*" }, limit: 2 })), [1, 2]);
    ok((await bus.log.trim(1500)) > 1, "something was trimmed");
    await bus.close();
  });
  const bus = await t.open();
  same(payloads(await bus.log.read({ from: 2070 })), [{ n: 2070 }], "in this realm's IndexedDB");
}, { skip });

test("an iframe's exceptions are understood: a log of a newer version is unsupported", async (t) => {
  const bus = await t.open();
  await bus.close();
  const { version } = await openRaw(t.busName);
  (await openRaw(t.busName, version + 1)).close();
  await withForeignStorage(async () => {
    await rejects(() => t.open(), "unsupported");
    await rejects(() => openBus(t.busName), "unsupported");
  });
}, { skip });

test("a date, a signal and an error of an iframe are what they are", async (t) => {
  await withFrame(async (other) => {
    const bus = await t.open();
    await committed(bus.publishAll(many(3)));
    const timed = bus.log.subscribe("c", { time: new other.Date(0) });
    same(numbers(await take(timed, 3)), range(1, 3));
    await timed.return();
    const abort = new other.AbortController();
    const iterator = bus.events(undefined, { signal: abort.signal });
    const next = iterator.next();
    abort.abort();
    same(await next, { value: undefined, done: true });
    const mistake = new other.Error("a foreign mistake");
    bus.subscribe(() => {
      throw mistake;
    });
    await bus.publish(created()).committed;
    const error = await t.nextError();
    equal(error.cause, mistake, "cause");
    ok(error.message.includes("a foreign mistake"), error.message);
  });
}, { skip });
