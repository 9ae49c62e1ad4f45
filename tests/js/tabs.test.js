// Live delivery between tabs and workers, in Chromium: nobody writes but the other one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "./engines/static-server.js";
import { browse, profile, visit } from "./engines/visits.js";
import { range } from "./suite/fixtures.js";

const limit = { timeout: 180_000 };
let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

async function twoTabs(t) {
  const context = await browse(t, await profile(t));
  return [await visit(t, context, server.origin), await visit(t, context, server.origin)];
}

/** In a page: a bus, and what its subscriber, its iterator and its consumer get. */
const follow = async (options) => {
  globalThis.bus = await everbus.openBus("shop", options);
  globalThis.got = { subscriber: [], iterator: [], consumer: [] };
  bus.subscribe(({ seq_no }) => got.subscriber.push(seq_no));
  const keep = async (iterator, list) => {
    for await (const { seq_no } of iterator) list.push(seq_no);
  };
  void keep(bus.events(), got.iterator);
  void keep(bus.log.subscribe("reader", "beginning"), got.consumer);
};
const hasAll = (count) => Object.values(globalThis.got).every((list) => list.length >= count);
const write = async (count) => {
  globalThis.bus ??= await everbus.openBus("shop");
  for (let n = 0; n < count; n++) await bus.publish(created(n)).committed;
};

test("a tab that only listens gets another tab's commits live, each once and in order", limit, async (t) => {
  const [reader, writer] = await twoTabs(t);
  await reader.evaluate(follow);
  await writer.evaluate(write, 200);
  await writer.evaluate(async () => {
    bus.publishAll(Array.from({ length: 2500 }, (_, n) => created(n)));
    await bus.flush();
  });
  await reader.waitForFunction(hasAll, 2700, { polling: 20 });
  const got = await reader.evaluate(() => got);
  for (const [who, numbers] of Object.entries(got)) assert.deepEqual(numbers, range(1, 2700), who);
});

test("two tabs that write at once, and merge what they wrote, each get all in one order", limit, async (t) => {
  const tabs = await twoTabs(t);
  for (const tab of tabs) await tab.evaluate(follow);
  await Promise.all(tabs.map((tab) => tab.evaluate(write, 700)));
  for (const tab of tabs) {
    await tab.waitForFunction(hasAll, 1400, { polling: 20 });
    const got = await tab.evaluate(() => got);
    for (const [who, numbers] of Object.entries(got)) assert.deepEqual(numbers, range(1, 1400), who);
  }
});

test("a worker's commits reach the page", limit, async (t) => {
  const page = await visit(t, await browse(t, await profile(t)), server.origin);
  await page.evaluate(follow);
  await page.evaluate(() => {
    const code = `import { openBus, entity } from "${location.origin}/pkg/dist/index.js";
      const bus = await openBus("shop");
      for (let n = 0; n < 50; n++) await bus.publish(entity.created("order", n)).committed;`;
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    new Worker(url, { type: "module" });
  });
  await page.waitForFunction(hasAll, 50, { polling: 20 });
  assert.deepEqual((await page.evaluate(() => got)).subscriber, range(1, 50));
});

test("messages that are doubled or forged change nothing", limit, async (t) => {
  const [reader, writer] = await twoTabs(t);
  await reader.evaluate(follow);
  await writer.evaluate(async () => {
    const forger = new BroadcastChannel("everbus:shop");
    const forge = () => {
      for (const message of ["committed", "committed", { last: 1e9 }, null, [], -1]) forger.postMessage(message);
    };
    globalThis.bus = await everbus.openBus("shop");
    for (let n = 0; n < 100; n++) {
      forge();
      await bus.publish(created(n)).committed;
      forge();
    }
  });
  await reader.waitForFunction(hasAll, 100, { polling: 20 });
  // A commit of its own comes after everything else.
  await reader.evaluate(() => bus.publish(created("end")).committed);
  await reader.waitForFunction(hasAll, 101, { polling: 20 });
  const got = await reader.evaluate(() => got);
  for (const [who, numbers] of Object.entries(got)) assert.deepEqual(numbers, range(1, 101), who);
});

test("a page that missed every message catches up when it is shown", limit, async (t) => {
  const [reader, writer] = await twoTabs(t);
  await reader.evaluate(follow);
  await writer.evaluate(() => {
    BroadcastChannel.prototype.postMessage = () => {};
  });
  await writer.evaluate(write, 20);
  assert.deepEqual((await reader.evaluate(() => got)).subscriber, [], "no message, no delivery");
  await reader.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await reader.waitForFunction(hasAll, 20, { polling: 20 });
  assert.deepEqual((await reader.evaluate(() => got)).subscriber, range(1, 20));
});

test("without crossTab another tab's events come, in order, with the next commit", limit, async (t) => {
  const [reader, writer] = await twoTabs(t);
  await reader.evaluate(follow, { crossTab: false });
  await writer.evaluate(write, 20);
  assert.deepEqual((await reader.evaluate(() => got)).subscriber, []);
  await reader.evaluate(() => bus.publish(created("own")).committed);
  await reader.waitForFunction(hasAll, 21, { polling: 20 });
  assert.deepEqual((await reader.evaluate(() => got)).subscriber, range(1, 21));
});
