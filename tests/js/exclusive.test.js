// Exclusive consumers across tabs, in Chromium: tabs that close, crash, freeze and hang.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBare } from "./engines/devtools.js";
import { serve } from "./engines/static-server.js";
import { browse, browseKillable, load, profile, visit } from "./engines/visits.js";
import { pseudoRandom, range } from "./suite/fixtures.js";

const limit = { timeout: 180_000 };
let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

/** In a page: does what comes, and acknowledges it once `proceed` resolves; `got`, `acked` and `refused` tell of it. */
const work = async () => {
  Object.assign(globalThis, { got: [], acked: [], refused: [], proceed: undefined });
  globalThis.bus = await everbus.openBus("shop");
  void (async () => {
    for await (const { seq_no } of bus.log.subscribe("worker", "beginning", { exclusive: true })) {
      got.push(seq_no);
      await proceed;
      const ack = bus.log.ack("worker", seq_no);
      void ack.then(() => acked.push(seq_no), ({ code, cause }) => refused.push({ seq_no, code, cause }));
    }
  })();
};
const publish = (page, count) =>
  page.evaluate(async (count) => {
    for (let n = 0; n < count; n++) bus.publish(created(n));
    await bus.flush();
  }, count);
const until = (page, condition, argument) => page.waitForFunction(condition, argument, { polling: 20 });
const hasAcked = (count) => acked.length >= count;
const hasGot = (count) => got.length >= count;

/** A tab that holds the consumer and has acknowledged five events, and one that waits. */
async function holderAndWaiter(open) {
  const holder = await open();
  await holder.evaluate(work);
  await publish(holder, 5);
  await until(holder, hasAcked, 5);
  const waiter = await open();
  await waiter.evaluate(work);
  await publish(waiter, 3);
  await until(holder, hasAcked, 8);
  assert.deepEqual(await waiter.evaluate(() => got), [], "what the one that waits got");
  return { holder, waiter };
}

async function twoTabs(t) {
  const context = await browse(t, await profile(t));
  return { context, ...(await holderAndWaiter(() => visit(t, context, server.origin))) };
}

/** Makes the holder get an event that it doesn't acknowledge yet. */
async function keepBusy(holder) {
  await holder.evaluate(() => {
    globalThis.proceed = new Promise((resolve) => (globalThis.goOn = resolve));
  });
  await publish(holder, 1);
  await until(holder, hasGot, 9);
}

test("a tab that closes hands its consumer on", limit, async (t) => {
  const { holder, waiter } = await twoTabs(t);
  await keepBusy(holder);
  await holder.close();
  await publish(waiter, 1);
  await until(waiter, hasAcked, 2);
  assert.deepEqual(await waiter.evaluate(() => got), [9, 10]);
});

test("once the holder is gone and nobody waits, anybody may acknowledge", limit, async (t) => {
  const { holder, waiter } = await twoTabs(t);
  await waiter.reload();
  await load(waiter);
  await keepBusy(holder);
  const ack = () =>
    waiter.evaluate(async () => {
      globalThis.bus ??= await everbus.openBus("shop");
      return bus.log.ack("worker", 9).then(() => "made", ({ code }) => code);
    });
  assert.equal(await ack(), "conflict");
  await holder.close();
  assert.equal(await ack(), "made");
});

test("a tab that crashes hands its consumer on", limit, async (t) => {
  const { context, holder, waiter } = await twoTabs(t);
  await keepBusy(holder);
  const crashed = holder.waitForEvent("crash");
  (await context.newCDPSession(holder)).send("Page.crash").catch(() => {});
  await crashed;
  await until(waiter, hasAcked, 1);
  assert.deepEqual(await waiter.evaluate(() => got), [9]);
});

/** The old holder, back with its event 9, is refused; it goes on with what the other left when that closes. */
async function isFencedOff(holder, waiter) {
  await publish(waiter, 1);
  await until(waiter, hasAcked, 2);
  await holder.evaluate(() => goOn());
  await until(holder, () => refused.length > 0);
  assert.deepEqual(await holder.evaluate(() => refused), [{ seq_no: 9, code: "conflict", cause: { epoch: 1, current: 2 } }]);
  assert.deepEqual(await waiter.evaluate(() => acked), [9, 10]);
  await waiter.close();
  await publish(holder, 1);
  await until(holder, hasAcked, 9);
  assert.deepEqual(await holder.evaluate(() => got), range(1, 9).concat(11));
}

test("a tab that is frozen hands its consumer on, and can't acknowledge over its successor", limit, async (t) => {
  const folder = await profile(t);
  const browser = await launchBare(folder);
  try {
    const { holder, waiter } = await holderAndWaiter(async () => {
      const page = await browser.open(`${server.origin}/tests/js/hosts/blank.html`);
      await load(page);
      return page;
    });
    await keepBusy(holder);
    await holder.send("Page.setWebLifecycleState", { state: "frozen" });
    await until(waiter, hasAcked, 1);
    await holder.send("Page.setWebLifecycleState", { state: "active" });
    await isFencedOff(holder, waiter);
  } finally {
    await browser.close();
  }
});

test("a tab that hangs is taken over, and can't acknowledge over its successor", limit, async (t) => {
  const { holder, waiter } = await twoTabs(t);
  await keepBusy(holder);
  const hanging = new Promise((resolve) => holder.once("dialog", resolve));
  const hung = holder.evaluate(() => alert("nothing runs here until this is closed"));
  const dialog = await hanging;
  await until(waiter, hasAcked, 1);
  await dialog.accept();
  await hung;
  await isFencedOff(holder, waiter);
});

test("whatever tabs do, no event is acknowledged by two, and none is skipped", limit, async (t) => {
  const seed = Number(process.env.EVERBUS_SEED ?? Date.now() % 1e6);
  const turns = Number(process.env.EVERBUS_TURNS ?? 12);
  t.diagnostic(`again with EVERBUS_SEED=${seed}; longer with EVERBUS_TURNS`);
  const random = pseudoRandom(seed);
  const context = await browse(t, await profile(t));
  const done = new Set();
  const ackedBy = new Map();
  let tellProgress = () => {};
  const open = async () => {
    const page = await visit(t, context, server.origin);
    await page.exposeFunction("done", (seqNo) => void done.add(seqNo));
    await page.exposeFunction("acknowledged", (seqNo) => {
      ackedBy.set(seqNo, [...(ackedBy.get(seqNo) ?? []), page]);
      tellProgress();
    });
    await page.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop", { onError: () => {} });
      void (async () => {
        for await (const { seq_no } of bus.log.subscribe("worker", "beginning", { exclusive: true })) {
          await done(seq_no);
          bus.log.ack("worker", seq_no).then(() => acknowledged(seq_no), () => {});
        }
      })();
    });
    return page;
  };
  const writer = await visit(t, context, server.origin);
  await writer.evaluate(async () => {
    globalThis.bus = await everbus.openBus("shop");
  });
  const pages = [await open(), await open()];
  let published = 0;
  for (let turn = 0; turn < turns; turn++) {
    const count = 1 + random(40);
    await publish(writer, count);
    published += count;
    // The next accident comes once somebody has got this far.
    const far = published - random(count);
    await new Promise((resolve) => {
      tellProgress = () => Math.max(0, ...ackedBy.keys()) >= far && resolve();
      tellProgress();
    });
    const [page] = pages.splice(random(pages.length), 1);
    if (random(2) === 0) await page.close();
    else {
      const crashed = page.waitForEvent("crash");
      (await context.newCDPSession(page)).send("Page.crash").catch(() => {});
      await crashed;
      await page.close();
    }
    pages.push(await open());
  }
  await until(writer, async (published) => (await bus.log.consumers())[0].lastAcked === published, published);
  assert.deepEqual([...done].sort((a, b) => a - b), range(1, published));
  for (const [seqNo, by] of ackedBy) assert.equal(by.length, 1, `tabs that acknowledged ${seqNo}`);
});

test("an exclusive consumer doesn't keep a page out of the back/forward cache, and waits there", limit, async (t) => {
  const { context } = await browseKillable(t, await profile(t));
  const page = await visit(t, context, server.origin);
  await page.evaluate(work);
  await publish(page, 8);
  await until(page, hasAcked, 8);
  await keepBusy(page);
  await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => (globalThis.wasCached = persisted)));
  await page.goto(`${server.origin}/tests/js/hosts/blank.html?elsewhere`);
  await load(page);
  await page.evaluate(work);
  await until(page, hasAcked, 1);
  assert.deepEqual(await page.evaluate(() => got), [9], "what the next page got");
  await page.goBack({ waitUntil: "commit" });
  await until(page, () => globalThis.wasCached !== undefined);
  assert.equal(await page.evaluate(() => wasCached), true);
  await page.evaluate(() => goOn());
  await until(page, () => refused.length > 0);
  await publish(page, 1);
  await until(page, hasAcked, 9);
  assert.deepEqual(await page.evaluate(() => got), range(1, 10));
});
