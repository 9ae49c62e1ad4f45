// A failure is told to whoever asked for it, else to onError: never to both, never to nobody.
import { equal, rejects, same } from "./assert.js";
import { committed, created, many } from "./fixtures.js";
import { test } from "./registry.js";

/** Two ways to fail: once the log has been asked, and within the call itself. */
const failures = {
  conflict: (bus) => bus.publish(created("refused"), { expectedLastSeqNo: 77 }),
  queue_full(bus) {
    bus.publish(created("fills the queue"));
    return bus.publish(created("refused"));
  },
};
const open = (t) => t.open({ queue: { maxEvents: 1 } });
const codeOf = (error) => error.code;
const ways = {
  "await": async (receipt) => {
    try {
      await receipt.committed;
    } catch (error) {
      return error.code;
    }
  },
  "then": (receipt) => receipt.committed.then(undefined, codeOf),
  "catch": (receipt) => receipt.committed.catch(codeOf),
  "finally": (receipt) => receipt.committed.finally(() => {}).catch(codeOf),
  "Promise.all": (receipt) => Promise.all([receipt.committed]).catch(codeOf),
  "Promise.race": (receipt) => Promise.race([receipt.committed]).catch(codeOf),
  "Promise.allSettled": (receipt) => Promise.allSettled([receipt.committed]).then(([{ reason }]) => reason.code),
  "an async function that returns it": (receipt) => (async () => receipt.committed)().catch(codeOf),
};
for (const [code, fail] of Object.entries(failures)) {
  for (const [way, ask] of Object.entries(ways)) {
    test(`what was asked for by ${way} is the caller's alone: ${code}`, async (t) => {
      const bus = await open(t);
      equal(await ask(fail(bus)), code, "what the caller got");
      // It tells of it, too, unless all is settled by now.
      await bus.flush().catch(codeOf);
      same(t.errors, [], "what onError got");
    });
  }

  test(`what nobody asked for reaches onError, once: ${code}`, async (t) => {
    const bus = await open(t);
    // To hold a promise is not to ask it.
    const { committed: unasked } = fail(bus);
    equal((await t.nextError()).code, code, "what onError got");
    await bus.flush().catch(codeOf);
    same(t.errors, [], "what else it got");
    await rejects(() => unasked, code, "asked late");
  });
}

test("who asks for one event of several that go together has asked for all", async (t) => {
  const bus = await t.open();
  const receipts = bus.publishAll(many(3), { expectedLastSeqNo: 77 });
  await rejects(() => receipts[1].committed, "conflict");
  await bus.flush();
  for (const receipt of receipts) await rejects(() => receipt.committed, "conflict");
});

test("flush tells of a failure that somebody asked for, too", async (t) => {
  const bus = await t.open();
  const asked = rejects(() => failures.conflict(bus).committed, "conflict");
  await rejects(() => bus.flush(), "conflict");
  await asked;
  same(await committed([bus.publish(created())]), [1]);
});
