// Connections that the platform closes, as Safari does in the background: the log is opened again, and is whole.
import { equal, hasCode, ok, rejects, same } from "./assert.js";
import { deleteBus } from "./everbus.js";
import { collector, committed, created, many, nextTask, numbers, payloads, range, take, uuid } from "./fixtures.js";
import { mistellCommits, openRaw, refuseToOpen, settled, watchTransactions } from "./raw.js";
import { test } from "./registry.js";

const skip = ({ log }) => (log === "indexeddb" ? undefined : "a memory log has no connection");

/**
 * Ends every connection that was watched as the platform does: open transactions abort, and `close` is told. No page can
 * make an engine do it. In WebKitGTK those that haven't started never tell their end.
 */
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

/** Makes a database with the stores and the records of another. */
async function copy(from, to) {
  const source = await openRaw(from);
  const stores = [...source.objectStoreNames];
  const reading = source.transaction(stores);
  const records = await Promise.all(stores.map((name) => {
    const store = reading.objectStore(name);
    return Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
  }));
  source.close();
  const request = indexedDB.open(`everbus:${to}`, source.version);
  request.onupgradeneeded = () => {
    for (const [i, name] of stores.entries()) {
      const store = request.result.createObjectStore(name);
      const [keys, values] = records[i];
      keys.forEach((key, k) => store.put(values[k], key));
    }
  };
  (await settled(request)).close();
}

const losses = [
  ["close with an event, and their transactions abort", breakConnections],
  ["are closed without a word", closeSilently],
];
for (const [name, end] of losses) {
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

test("a platform that refuses to open the log again for a moment fails no call", async (t) => {
  const watch = watchTransactions();
  try {
    const bus = await t.open();
    await committed(bus.publishAll(many(1500)));
    const calls = [
      async () => equal(await bus.publish(created()).committed, 1501, "publishing"),
      async () => equal((await bus.log.read({ limit: 2000 })).length, 1501, "reading"),
      async () => equal(await bus.log.ack("c", 3), undefined, "acknowledging"),
    ];
    for (const call of calls) {
      breakConnections(watch);
      const refused = refuseToOpen(2);
      await call();
      equal(refused.left, 0, "how many more are refused");
    }
  } finally {
    watch.stop();
  }
}, { skip });

test("a transaction that is aborted because its connection closes is done again, once", async (t) => {
  const watch = watchTransactions();
  try {
    const bus = await t.open();
    await committed(bus.publishAll(many(1500)));
    const calls = [
      async () => equal(await bus.publish(created()).committed, 1501, "publishing"),
      async () => equal((await bus.log.read({ limit: 2000 })).length, 1501, "reading"),
      async () => equal((await bus.log.read({ limit: 2000, reverse: true })).length, 1501, "reading back"),
      async () => equal(await bus.log.ack("c", 3), undefined, "acknowledging"),
      async () => equal((await bus.log.consumers())[0].lastAcked, 3, "consumers"),
      async () => equal(await bus.log.trim(1001), 1001, "trimming"),
      async () => equal((await bus.log.stats()).events, 501, "stats"),
    ];
    for (const call of calls) {
      let broken = false;
      watch.began = () => {
        breakConnections(watch);
        broken = true;
      };
      await call();
      ok(broken, "nothing was under way");
    }
  } finally {
    watch.stop();
  }
}, { skip });

test("calls that open the log again at once don't close each other's connection", async (t) => {
  const watch = watchTransactions();
  try {
    const bus = await t.open({ crossTab: false });
    await bus.publish(created()).committed;
    breakConnections(watch);
    const { transactions } = watch;
    const before = transactions.length;
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (...args) {
      const begun = transaction.apply(this, args);
      // The first of those that begin again, before it has started: WebKit doesn't tell that if its connection is closed.
      if (transactions.length === before + 2) transactions[before].begun.abort();
      return begun;
    };
    const [stats, events] = await Promise.all([bus.log.stats(), bus.log.read()]);
    same([stats.events, numbers(events)], [1, [1]]);
  } finally {
    watch.stop();
  }
}, { skip });

for (const isDeleted of [false, true]) {
  const then = isDeleted ? "leaves no database that somebody has deleted" : "leaves no connection, which would keep the log from being deleted";
  test(`an iterator that ends while the log is being opened again ${then}`, async (t) => {
    const watch = watchTransactions();
    const { open } = IDBFactory.prototype;
    try {
      const bus = await t.open({ crossTab: true });
      const iterator = bus.events();
      await bus.publish(created()).committed;
      await take(iterator, 1);
      // It waits for more.
      const waiting = iterator.next();
      await nextTask();
      breakConnections(watch);
      if (isDeleted) await settled(indexedDB.deleteDatabase(`everbus:${t.busName}`));
      const opened = new Promise((resolve) => {
        let opens = 0;
        IDBFactory.prototype.open = function (...args) {
          // The bus looks, and so does the iterator.
          if (++opens === 2) queueMicrotask(() => resolve(iterator.return()));
          return open.apply(this, args);
        };
      });
      const others = new BroadcastChannel(`everbus:${t.busName}`);
      others.postMessage("look");
      await opened;
      equal((await waiting).done, true, "done");
      others.close();
      IDBFactory.prototype.open = open;
      if (isDeleted) {
        await t.nextError();
        equal(bus.closed, true, "closed");
        const anew = await t.open();
        equal(await anew.publish(created()).committed, 1, "the first number of the new log");
      } else {
        await bus.close();
        await deleteBus(t.busName);
      }
    } finally {
      IDBFactory.prototype.open = open;
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
      const left = (await indexedDB.databases()).find(({ name }) => name === `everbus:${t.busName}`);
      // WebKitGTK goes on naming it for a while, without a version.
      ok(!left?.version, `a database was left behind: ${JSON.stringify(left)}`);
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
    const other = await t.open({}, `${t.busName} other`);
    await committed(other.publishAll(many(20)));
    await other.close();
    breakConnections(watch);
    await settled(indexedDB.deleteDatabase(`everbus:${t.busName}`));
    await copy(other.name, t.busName);
    await rejects(() => bus.publish(created()).committed, "closed");
    equal(bus.closed, true, "closed");
    hasCode(await t.nextError(), "closed");
    t.forgive("closed");
    const anew = await t.open();
    equal(await anew.publish(created()).committed, 21, "the next number of the new log");
  } finally {
    watch.stop();
  }
}, { skip });

for (const durability of ["relaxed", "strict"]) {
  test(`a bus of durability ${durability} writes in transactions of that durability`, async (t) => {
    const bus = await t.open({ durability });
    const watch = watchTransactions();
    try {
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

// The platform is believed when it says so for the fourth time.
for (const times of [1, 4]) {
  test(`commits that are stored although the platform says ${times} times that they failed are there once`, async (t) => {
    const bus = await t.open();
    const got = collector();
    bus.subscribe(got);
    await bus.publish(created(0)).committed;
    const reader = bus.log.subscribe("reader", "beginning");
    const misled = mistellCommits(times);
    let receipts = [1, 2, 3].map((n) => bus.publish(created(n)));
    if (times === 4) {
      // Then it gives up, and says so: who publishes them again with their ids learns the numbers that they have.
      for (const { reason } of await Promise.allSettled(receipts.map(({ committed }) => committed))) hasCode(reason, "storage");
      receipts = receipts.map(({ id }, i) => bus.publish(created(i + 1), { id }));
    }
    same(await committed(receipts), [2, 3, 4], "their numbers");
    equal(misled.left, 0, "failures that were not told");
    equal(await bus.publish(created(4), { expectedLastSeqNo: 4 }).committed, 5, "the next number");
    same(numbers(await take(reader, 5)), [1, 2, 3, 4, 5], "what the consumer gets");
    same(numbers(await got.until(5)), [1, 2, 3, 4, 5], "what the subscriber gets");
    same(payloads(await bus.log.read()), [0, 1, 2, 3, 4], "what is stored");
    await reader.return();
  }, { skip });
}

test("a batch larger than the window of known ids that is stored although the platform says that it failed is there once", async (t) => {
  const bus = await t.open();
  const got = collector();
  bus.subscribe(got);
  await bus.publish(created(0)).committed;
  mistellCommits(1);
  same(await committed(bus.publishAll(many(12_000))), range(2, 12_001), "their numbers");
  equal(await bus.publish(created("next")).committed, 12_002, "the next number");
  same(numbers(await got.until(12_002)), range(1, 12_002), "what the subscriber gets");
  const stored = await bus.log.read({ limit: 50_000 });
  same([stored.length, new Set(stored.map(({ id }) => id)).size], [12_002, 12_002], "events and distinct ids");
}, { skip });

test("a conditional commit that is stored although the platform says that it failed has met its condition", async (t) => {
  const bus = await t.open();
  await bus.publish(created(0)).committed;
  mistellCommits(1);
  equal(await bus.publish(created(1), { expectedLastSeqNo: 1 }).committed, 2, "its number");
  same(payloads(await bus.log.read()), [0, 1], "what is stored");
}, { skip });

test("a commit of an event with an id that was mistold, and is found to be stored, is delivered", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  await bus.publish(created(1)).committed;
  mistellCommits(1);
  equal(await bus.publish(created(2), { id: uuid() }).committed, 2, "number");
  same(numbers(await subscriber.until(2)), [1, 2]);
}, { skip });

for (const crossTab of [true, false]) {
  test(`an iterator gets what is committed after the call, however often the log can't be opened: crossTab ${crossTab}`, async (t) => {
    const watch = watchTransactions();
    try {
      const bus = await t.open({ crossTab });
      await bus.publish(created(1)).committed;
      breakConnections(watch);
      refuseToOpen(2);
      const iterators = [bus.events(), bus.log.subscribe("c")];
      equal(await bus.publish(created(2)).committed, 2, "number");
      await bus.publish(created(3)).committed;
      for (const iterator of iterators) {
        same(numbers(await take(iterator, 2)), [2, 3]);
        await iterator.return();
      }
    } finally {
      watch.stop();
    }
  }, { skip });
}
