// Databases that others upgrade, delete or hold: the bus gives way at once, or says what is in its way.
import { deleteBus, openBus } from "./everbus.js";
import { equal, ok, rejects, same, throws } from "./assert.js";
import { ID, committed, created, many, numbers, payloads, range } from "./fixtures.js";
import { checksum, hurryTimers, lastNumber, openRaw, settled, stubborn, within, wordsFrom } from "./raw.js";
import { test } from "./registry.js";

const skip = ({ log }) => (log === "indexeddb" ? undefined : "a memory log has no database");

/** How a request ends that connections of everbus must not block. */
async function unblocked(request) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("still blocked after 5 s")), 5000);
  });
  return Promise.race([settled(request), late]).finally(() => clearTimeout(timer));
}

/** What became of these receipts: each is committed, or it was refused because the bus is closed. */
async function outcomes(receipts) {
  const settledReceipts = await Promise.allSettled(receipts.map((receipt) => receipt.committed));
  for (const { reason } of settledReceipts) if (reason) equal(reason.code, "closed", "code");
  return settledReceipts.filter(({ value }) => value !== undefined).map(({ value }) => value);
}

test("a newer version that upgrades the database closes the bus at once", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(10)));
  const waiting = [bus.events().next(), bus.log.subscribe("c").next()];
  const receipts = many(500).map((event) => bus.publish(event));
  const { version } = await openRaw(t.busName);
  const newer = await unblocked(indexedDB.open(`everbus:${t.busName}`, version + 1));
  newer.onversionchange = () => newer.close();
  const kept = await outcomes(receipts);
  for (const outcome of await Promise.allSettled(waiting)) ok(outcome.value?.done ?? outcome.value?.value.seq_no > 10, "a reader is neither at its end nor got an event");
  equal(bus.closed, true, "closed");
  const error = await t.nextError();
  equal(error.code, "closed", "code");
  ok(error.message.includes("newer version"), error.message);
  throws(() => bus.publish(created()), "closed");
  await rejects(() => bus.log.read(), "closed");
  const last = await lastNumber(newer);
  ok(last >= 10 + kept.length, `${last} are stored, ${kept.length} were committed`);
  same(kept, range(11, 10 + kept.length), "what was committed");
  t.forgive("closed");
}, { skip });

test("a database of a newer version is unsupported, and stays as it is", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(10)));
  await bus.close();
  const { version } = await openRaw(t.busName);
  (await openRaw(t.busName, version + 1)).close();
  const error = await rejects(() => t.open(), "unsupported");
  ok(error.message.includes("newer version"), error.message);
  // Nor is it a reason to begin anew in memory.
  await rejects(() => openBus(t.busName), "unsupported");
  const stored = await openRaw(t.busName);
  equal(stored.version, version + 1, "version");
  equal(await lastNumber(stored), 10, "last number");
}, { skip });

test("a database that is somebody else's is corrupt, stays as it is, and can be deleted", async (t) => {
  const request = indexedDB.open(`everbus:${t.busName}`, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("customers");
  (await settled(request)).close();
  await rejects(() => t.open(), "corrupt");
  const stored = await openRaw(t.busName);
  same([...stored.objectStoreNames], ["customers"], "stores");
  stored.close();
  await deleteBus(t.busName);
  equal(await (await t.open()).publish(created()).committed, 1, "number");
}, { skip });

test("a database without stores, as an opening leaves it that ends too early, becomes a log", async (t) => {
  (await openRaw(t.busName)).close();
  const bus = await t.open();
  equal(bus.storage, "persistent", "storage");
  equal(await bus.publish(created()).committed, 1, "number");
}, { skip });

test("somebody else deletes the database: the bus is closed at once, and its name begins anew", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(10)));
  const waiting = [bus.events().next(), bus.log.subscribe("c").next()];
  const receipts = many(500).map((event) => bus.publish(event));
  await unblocked(indexedDB.deleteDatabase(`everbus:${t.busName}`));
  const kept = await outcomes(receipts);
  same(kept, range(11, 10 + kept.length), "what was committed");
  await Promise.allSettled(waiting);
  equal(bus.closed, true, "closed");
  const error = await t.nextError();
  ok(error.code === "closed" && error.message.includes("deleted"), `${error.code}: ${error.message}`);
  const anew = await t.open();
  equal(await anew.publish(created("new")).committed, 1, "number");
  same(payloads(await anew.log.read()), ["new"]);
  t.forgive("closed");
}, { skip });

test("deleting is blocked by a connection that refuses to close, and is done once it has closed", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(10)));
  const other = await stubborn(t.busName);
  const restore = hurryTimers();
  try {
    await rejects(() => deleteBus(t.busName), "blocked");
  } finally {
    restore();
  }
  equal(bus.closed, true, "closed");
  other.close();
  const anew = await t.open();
  equal(await anew.publish(created()).committed, 1, "number");
  t.forgive("closed");
}, { skip });

test("deleting waits a while for a connection that closes late", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(10)));
  const other = await stubborn(t.busName);
  other.onversionchange = () => setTimeout(() => other.close(), 200);
  await deleteBus(t.busName);
  equal(await (await t.open()).publish(created()).committed, 1, "number");
}, { skip });

test("a database that can't be opened for long is unavailable, and works once it can", async (t) => {
  const before = await t.open();
  await committed(before.publishAll(many(10)));
  await before.close();
  const other = await stubborn(t.busName);
  // It waits for the other one, and whoever opens after it waits as well, without being told.
  const deleting = settled(indexedDB.deleteDatabase(`everbus:${t.busName}`));
  const restore = hurryTimers();
  const errors = [];
  try {
    const error = await rejects(() => t.open(), "unavailable");
    ok(error.message.includes("10 s"), error.message);
    const fallen = await openBus(t.busName, { onError: (error) => errors.push(error) });
    equal(fallen.storage, "memory", "storage");
    same(errors.map((error) => error.code), ["unavailable"]);
    equal(await fallen.publish(created()).committed, 1, "number in memory");
    await fallen.close();
  } finally {
    restore();
    other.close();
  }
  await deleting;
  // The two that nobody waits for are opened by now, and must leave neither a lock nor half a database behind.
  const bus = await t.open();
  equal(await bus.publish(created("stored")).committed, 1, "number");
  const again = await t.reopen(bus);
  same(numbers(await again.log.read()), [1]);
}, { skip });

/** Puts a database in the place of the bus's that has the same events, and is of the first version. Returns a connection to it. */
async function asFirstVersion(t, consumers) {
  const now = await openRaw(t.busName);
  const from = now.transaction(["meta", "segments"]);
  const head = await settled(from.objectStore("meta").get("head"));
  const keys = await settled(from.objectStore("segments").getAllKeys());
  const segments = await settled(from.objectStore("segments").getAll());
  now.close();
  await settled(indexedDB.deleteDatabase(`everbus:${t.busName}`));
  const request = indexedDB.open(`everbus:${t.busName}`, 1);
  request.onupgradeneeded = () => {
    const [meta, stored, , positions] = ["meta", "segments", "chapters", "consumers"].map((name) => request.result.createObjectStore(name));
    // The first version ended before the last epoch and the flags.
    const old = head.slice(0, 104);
    new DataView(old.buffer).setBigUint64(0, checksum(old, wordsFrom(8, old.length)), true);
    meta.put(old, "head");
    keys.forEach((key, i) => stored.put(segments[i], key));
    for (const [name, position] of Object.entries(consumers)) positions.put(position, name);
  };
  return settled(request);
}

const firstConsumers = {
  acknowledged: { next: 6 },
  subscribed: { next: 1, new: true },
  held: { next: 4, epoch: 3, holder: ID.ann, held: true },
  released: { next: 8, epoch: 2, holder: ID.ann, held: false },
};

/** The bus holds all that the database of the first version held, and goes on from there. */
async function holdsAll(bus) {
  const read = await bus.log.read({ limit: 5000 });
  same(numbers(read), range(1, 2010), "numbers");
  same(payloads(read), range(1, 2010).map((n) => ({ n })), "payloads");
  same(await bus.log.consumers(), [
    { name: "acknowledged", lastAcked: 5, lag: 2005 },
    { name: "held", lastAcked: 3, lag: 2007, heldBy: ID.ann },
    { name: "released", lastAcked: 7, lag: 2003 },
    { name: "subscribed", lag: 2010 },
  ], "consumers");
  for (const [consumer, first] of [["acknowledged", 6], ["subscribed", 1]]) {
    const reader = bus.log.subscribe(consumer, "last_acknowledged");
    equal((await reader.next()).value.seq_no, first, `the next one of ${consumer}`);
    await reader.return();
  }
  const holder = bus.log.subscribe("held", "beginning", { exclusive: true });
  equal((await holder.next()).value.seq_no, 4, "the next one of held");
  // FORMAT.md: the epoch of the newest claim is at offset 16 of a consumer.
  const held = await within(bus.name, "consumers", (store) => store.get("held"));
  equal(Number(new DataView(held.buffer).getBigUint64(16, true)), 4, "the epoch of the claim after the third");
  await bus.log.ack("held", 4);
  await holder.return();
  equal(await bus.publish(created()).committed, 2011, "the next number");
}

test("a database of the first version opens with all it holds, while old tabs have it open", async (t) => {
  const bus = await t.open();
  bus.publishAll(many(2010));
  await bus.flush();
  await bus.close();
  const old = await asFirstVersion(t, firstConsumers);
  let asked = 0;
  old.onversionchange = () => {
    asked++;
    old.close();
  };
  const upgraded = await t.open();
  equal(asked, 1, "how often the old tab was asked to give it free");
  await holdsAll(upgraded);
  const again = await t.reopen(upgraded);
  equal((await again.log.stats()).events, 2011, "events after opening it again");
  const refused = await openRaw(t.busName, 1).catch((error) => error);
  equal(refused.name, "VersionError", "what an old tab gets that opens it next");
}, { skip });

test("a database of the first version that an old tab doesn't give free is blocked, and stays as it is until then", async (t) => {
  const bus = await t.open();
  bus.publishAll(many(2010));
  await bus.flush();
  await bus.close();
  const old = await asFirstVersion(t, firstConsumers);
  const restore = hurryTimers();
  try {
    await rejects(() => t.open(), "blocked");
  } finally {
    restore();
  }
  same([...old.objectStoreNames], ["chapters", "consumers", "meta", "segments"], "stores");
  equal(await lastNumber(old), 2010, "last number");
  old.close();
  await holdsAll(await t.open());
}, { skip });

test("a page that stands still while it opens a new bus gets its log in IndexedDB all the same", async (t) => {
  await deleteBus(t.busName);
  const restore = hurryTimers();
  const { open } = IDBFactory.prototype;
  try {
    const asked = new Promise((resolve) => {
      IDBFactory.prototype.open = function (...args) {
        resolve();
        return open.apply(this, args);
      };
    });
    const opening = openBus(t.busName, { onError: (error) => t.errors.push(error) });
    await asked;
    // As long as ten seconds of these timers, three times over.
    for (const until = performance.now() + 1500; performance.now() < until; );
    const bus = await opening;
    equal(bus.storage, "persistent", "storage");
    await bus.close();
  } finally {
    IDBFactory.prototype.open = open;
    restore();
  }
}, { skip });
