// Commits that fail at the last moment: each request succeeded, the transaction did not.
import { equal, hasCode, ok, same } from "./assert.js";
import { collector, committed, created, many, numbers, payloads, range, replace } from "./fixtures.js";
import { watchTransactions } from "./raw.js";
import { test } from "./registry.js";

const skip = ({ log }) => (log === "indexeddb" ? undefined : "a memory log has no transactions to abort");

/** Until the returned function is called, every transaction that adds records aborts after its requests have succeeded. */
function abortCommits() {
  const { add, put } = IDBObjectStore.prototype;
  const { commit } = IDBTransaction.prototype;
  const undo = (transaction) => {
    try {
      transaction.abort();
    } catch {
      // Aborted already.
    }
  };
  const doomed = new WeakSet();
  const failing = (write) =>
    function (...args) {
      doomed.add(this.transaction);
      const request = write.apply(this, args);
      request.addEventListener("success", () => undo(this.transaction));
      return request;
    };
  IDBObjectStore.prototype.add = failing(add);
  IDBObjectStore.prototype.put = failing(put);
  // An abort after commit() is refused, so such a transaction stays open until its write has succeeded.
  IDBTransaction.prototype.commit = function () {
    if (!doomed.has(this)) commit.call(this);
  };
  return () => {
    Object.assign(IDBObjectStore.prototype, { add, put });
    IDBTransaction.prototype.commit = commit;
  };
}

test("a commit that fails rejects its receipts, reaches onError, delivers nothing and leaves no gap", async (t) => {
  const bus = await t.open();
  const [subscriber, iterator] = [collector(), bus.events()];
  bus.subscribe(subscriber);
  equal(await bus.publish(created("before")).committed, 1, "number");
  const restore = abortCommits();
  let outcomes;
  try {
    bus.publish(created("nobody asks"));
    const doomed = [bus.publish(created("lost")), ...bus.publishAll(many(2))];
    outcomes = await Promise.allSettled(doomed.map((receipt) => receipt.committed));
  } finally {
    restore();
  }
  for (const { status, reason } of outcomes) {
    equal(status, "rejected", "outcome");
    hasCode(reason, ["storage", "quota_exceeded"]);
  }
  hasCode(await t.nextError(), ["storage", "quota_exceeded"]);
  equal(await bus.log.lastSeqNo(), 1, "last number");
  same(await committed([bus.publish(created("after")), bus.publish(created("at last"))]), [2, 3]);
  same(payloads(await subscriber.until(3)), ["before", "after", "at last"]);
  same(numbers(await bus.log.read()), [1, 2, 3]);
  same((await iterator.next()).value.event.data, "before");
  same((await iterator.next()).value.event.data, "after");
  await iterator.return();
}, { skip });

test("an acknowledgement that fails rejects and changes nothing", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(3)));
  await bus.log.ack("c", 1);
  const restore = abortCommits();
  let outcome;
  try {
    [outcome] = await Promise.allSettled([bus.log.ack("c", 3)]);
  } finally {
    restore();
  }
  equal(outcome.status, "rejected", "outcome");
  hasCode(outcome.reason, "storage");
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 1, lag: 2 }]);
}, { skip });

test("what the platform fails, it fails for all that waits, at once", async (t) => {
  const bus = await t.open();
  await bus.publish(created()).committed;
  const watch = watchTransactions();
  const restore = abortCommits();
  let outcomes;
  try {
    outcomes = await Promise.allSettled(many(2000).map((event) => bus.publish(event).committed));
  } finally {
    restore();
    watch.stop();
  }
  for (const { reason } of outcomes) hasCode(reason, ["storage", "quota_exceeded"]);
  const tries = watch.transactions.filter(({ mode }) => mode === "readwrite").length;
  ok(tries <= 60, `${tries} transactions for 2,000 events`);
  equal(await bus.publish(created()).committed, 2, "the next number");
}, { skip });

test("a full storage refuses what has no room, and what is smaller goes in", async (t) => {
  const bus = await t.open();
  await bus.publish(created()).committed;
  const { add } = IDBObjectStore.prototype;
  let tries = 0;
  const restore = replace(IDBObjectStore.prototype, "add", {
    writable: true,
    value(value, ...rest) {
      tries++;
      if (value.length > 50_000) throw new DOMException("full", "QuotaExceededError");
      return add.call(this, value, ...rest);
    },
  });
  const large = "x".repeat(50_000);
  let outcomes;
  try {
    const payloads = range(1, 400).map((n) => (n === 200 ? "small" : large));
    outcomes = await Promise.allSettled(payloads.map((payload) => bus.publish(created(payload)).committed));
  } finally {
    restore();
  }
  same(outcomes.filter(({ value }) => value !== undefined).map(({ value }) => value), [2], "what is stored");
  equal(outcomes[199].value, 2, "the small one");
  for (const { reason } of outcomes) if (reason) hasCode(reason, "quota_exceeded");
  ok(tries <= 200, `${tries} tries`);
}, { skip });
