// Connections that the platform closes, as Safari does in the background: the log is opened again, and is whole.
import { equal, hasCode, ok, rejects, same } from "./assert.js";
import { collector, committed, created, many, numbers, payloads, range, take } from "./fixtures.js";
import { settled, stubborn, watchTransactions } from "./raw.js";
import { test } from "./registry.js";

const skip = ({ log }) => (log === "indexeddb" ? undefined : "a memory log has no connection");

/** Ends every connection that was watched as the platform does: open transactions abort, and `close` is told. No page can make an engine do it. */
function breakConnections({ connections, transactions }) {
  for (const { begun } of transactions.splice(0)) {
    try {
      begun.abort();
    } catch {
      // It has ended, or is committing.
    }
  }
  for (const connection of connections) {
    connection.close();
    connection.dispatchEvent(new Event("close"));
  }
  connections.clear();
}

/** The same, but nobody is told: the next transaction throws InvalidStateError. */
function closeSilently({ connections }) {
  for (const connection of connections) connection.close();
  connections.clear();
}

for (const [name, end] of [["close with an event, and their transactions abort", breakConnections], ["are closed without a word", closeSilently]]) {
  test(`connections ${name}: what was committed is there once, the rest is refused, and nobody misses anything`, async (t) => {
    const watch = watchTransactions();
    try {
      const bus = await t.open();
      const [subscriber, reader] = [collector(), collector()];
      bus.subscribe(subscriber);
      const reading = (async () => {
        for await (const envelope of bus.log.subscribe("reader", "beginning")) reader(envelope);
      })();
      const receipts = [];
      for (let round = 0; round < 20; round++) {
        for (let n = 0; n <= round * 5; n++) receipts.push(bus.publish(created(receipts.length)));
        // Before, during and after the transaction: each round is somewhere else.
        for (let turns = 0; turns < round % 7; turns++) await settled(indexedDB.open("everbus-turn")).then((db) => db.close());
        end(watch);
        // Only what is hit twice in a row may give up.
        await Promise.allSettled(receipts.map((receipt) => receipt.committed));
        const last = (await bus.log.lastSeqNo()) ?? 0;
        await Promise.race([Promise.all([subscriber.until(last), reader.until(last)]), reading]);
      }
      const outcomes = await Promise.allSettled(receipts.map((receipt) => receipt.committed));
      equal(await bus.publish(created("last")).committed, (await bus.log.lastSeqNo()), "the last number");
      equal(bus.closed, false, "closed");
      const stored = await bus.log.read({ limit: 10_000 });
      same(numbers(stored), range(1, stored.length), "numbers");
      equal(new Set(stored.map(({ id }) => id)).size, stored.length, "distinct ids");
      for (const [n, { value, reason }] of outcomes.entries()) {
        if (reason) hasCode(reason, "storage");
        else same(stored[value - 1].event.data, n, `number ${value}`);
      }
      const kept = outcomes.filter(({ value }) => value).length;
      ok(kept > 0, "nothing was committed");
      same(numbers(await subscriber.until(stored.length)), range(1, stored.length), "what the subscriber got");
      same(payloads(await reader.until(stored.length)), payloads(stored), "what the reader got");
      const again = await t.reopen(bus);
      await reading;
      same(numbers(await again.log.read({ limit: 10_000 })), range(1, stored.length), "after opening again");
      t.forgive("storage");
    } finally {
      watch.stop();
      indexedDB.deleteDatabase("everbus-turn");
    }
  }, { skip });

  test(`connections ${name}: reading, acknowledging and trimming open the log again, once`, async (t) => {
    const watch = watchTransactions();
    try {
      const bus = await t.open();
      await committed(bus.publishAll(many(1500)));
      const calls = [
        async () => equal((await bus.log.read({ limit: 2000 })).length, 1500, "events"),
        async () => equal(await bus.log.ack("c", 3), undefined, "acknowledging"),
        async () => equal(await bus.log.trim(1001), 1001, "trimming"),
        async () => equal((await bus.log.stats()).events, 500, "stats"),
        async () => equal((await take(bus.log.subscribe("d", "beginning"), 1))[0].seq_no, 1001, "subscribing"),
      ];
      for (const call of calls) {
        end(watch);
        await call();
        equal(watch.connections.size, 1, "connections opened");
      }
    } finally {
      watch.stop();
    }
  }, { skip });
}

test("a log that is deleted while its connection is gone is not begun anew by the open bus", async (t) => {
  const watch = watchTransactions();
  try {
    const bus = await t.open();
    await committed(bus.publishAll(many(10)));
    breakConnections(watch);
    await settled(indexedDB.deleteDatabase(`everbus:${t.busName}`));
    await rejects(() => bus.log.read(), "closed");
    equal(bus.closed, true, "closed");
    hasCode(await t.nextError(), "closed");
    if (indexedDB.databases) {
      const names = (await indexedDB.databases()).map(({ name }) => name);
      ok(!names.includes(`everbus:${t.busName}`), "an empty database was left behind");
    }
  } finally {
    watch.stop();
  }
}, { skip });

test("a log that is deleted and made again while its connection is gone is another", async (t) => {
  const watch = watchTransactions();
  try {
    const bus = await t.open();
    await committed(bus.publishAll(many(10)));
    const stored = await stubborn(t.busName);
    const segment = await settled(stored.transaction("segments").objectStore("segments").get(1));
    const head = await settled(stored.transaction("meta").objectStore("meta").get("head"));
    stored.close();
    breakConnections(watch);
    await settled(indexedDB.deleteDatabase(`everbus:${t.busName}`));
    const request = indexedDB.open(`everbus:${t.busName}`);
    request.onupgradeneeded = () => {
      for (const store of ["segments", "meta", "consumers"]) request.result.createObjectStore(store);
      request.transaction.objectStore("segments").put(segment, 1);
      request.transaction.objectStore("meta").put({ ...head, incarnation: crypto.randomUUID() }, "head");
    };
    (await settled(request)).close();
    await rejects(() => bus.publish(created()).committed, "closed");
    equal(bus.closed, true, "closed");
    hasCode(await t.nextError(), "closed");
    t.forgive("closed");
    const anew = await t.open();
    equal(await anew.publish(created()).committed, 11, "the next number of the new log");
  } finally {
    watch.stop();
  }
}, { skip });

for (const durability of ["relaxed", "strict"]) {
  test(`a bus of durability ${durability} writes in transactions of that durability`, async (t) => {
    const watch = watchTransactions();
    try {
      const bus = await t.open({ durability });
      await bus.publish(created()).committed;
      const [receipt] = bus.publishAll(many(2));
      await receipt.committed;
      const writing = watch.transactions.filter(({ mode }) => mode === "readwrite");
      ok(writing.length >= 2, `${writing.length} transactions`);
      for (const { begun, options } of writing) {
        equal(options.durability, durability, "asked for");
        // WebKitGTK takes the wish and doesn't tell what it made of it.
        if ("durability" in IDBTransaction.prototype) equal(begun.durability, durability, "given");
      }
    } finally {
      watch.stop();
    }
  }, { skip });
}
