// Four tabs and a worker that write at once, while tabs are closed, crash and are killed at random.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "../engines/static-server.js";
import { browseKillable, profile, visit } from "../engines/visits.js";
import { pseudoRandom, range } from "../suite/fixtures.js";
import { Record, seed } from "./record.js";

const accidents = Number(process.env.ACCIDENT_TABS ?? 9);
const record = new Record();
let server;
before(async () => {
  server = await serve((_, outcome) => record.heard(outcome));
});
after(() => server.close());

const begin = (page, work) =>
  page.evaluate((work) => {
    globalThis.writing = import("/tests/js/accidents/writer.js").then((writer) => Object.assign(globalThis, writer).write(work));
  }, work);
const read = (page) => page.evaluate(async () => (await import("/tests/js/accidents/writer.js")).read());

/** In a page: a worker that writes, too, and what a subscriber and a consumer get meanwhile. */
const watch = async (work) => {
  const code = `import { stop, write } from "${location.origin}/tests/js/accidents/writer.js";
    onmessage = stop;
    await write(${JSON.stringify(work)});
    postMessage("done");`;
  globalThis.worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), { type: "module" });
  globalThis.bus = await everbus.openBus("shop");
  globalThis.got = { subscriber: [], reader: [] };
  bus.subscribe(({ seq_no }) => got.subscriber.push(seq_no));
  void (async () => {
    for await (const { seq_no } of bus.log.subscribe("reader", "beginning")) got.reader.push(seq_no);
  })();
};

/** The ways in which a tab ends, each until the tab is gone. */
const ends = {
  async closed({ page }) {
    await page.close();
  },
  async crashed({ page }) {
    const gone = page.waitForEvent("crash");
    const devtools = await page.context().newCDPSession(page);
    devtools.send("Page.crash").catch(() => {});
    await gone;
  },
  async killed({ page, pid }) {
    const gone = page.waitForEvent("crash");
    process.kill(pid, "SIGKILL");
    await gone;
  },
};

test(`four tabs and a worker write at once while ${accidents} tabs end at random: all that was committed is there once, and all agree`, { timeout: 60_000 + accidents * 20_000 }, async (t) => {
  t.diagnostic(`ACCIDENT_SEED=${seed}`);
  const random = pseudoRandom(seed);
  // Without a spare process, a new one is that of the new tab.
  const { context } = await browseKillable(t, await profile(t), ["--disable-features=SpareRendererForSitePerProcess"]);
  const browser = await context.browser().newBrowserCDPSession();
  const renderers = async () =>
    (await browser.send("SystemInfo.getProcessInfo")).processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  let writers = 0;
  /** A tab that writes, with the process that it is in if it has one to itself. */
  const open = async () => {
    const before = await renderers();
    const page = await visit(t, context, server.origin);
    const pid = (await renderers()).find((id) => !before.includes(id));
    const writer = ++writers;
    await begin(page, { writer, seed: random(2 ** 20) });
    await record.until(writer, 1);
    return { page, pid, writer };
  };
  const observer = await visit(t, context, server.origin);
  await observer.evaluate(watch, { writer: ++writers, seed: random(2 ** 20) });
  const tabs = [];
  while (tabs.length < 4) tabs.push(await open());
  const count = { closed: 0, crashed: 0, killed: 0 };
  for (let accident = 0; accident < accidents; accident++) {
    await delay(random(200));
    const [tab] = tabs.splice(random(tabs.length), 1);
    let way = Object.keys(ends)[accident % 3];
    if (way === "killed" && tab.pid === undefined) way = "crashed";
    count[way]++;
    await ends[way](tab);
    tabs.push(await open());
  }
  assert.ok(count.closed > 0 && count.crashed > 0 && count.killed > 0, JSON.stringify(count));
  await Promise.all(tabs.map(({ page }) => page.evaluate(() => (stop(), writing))));
  await observer.evaluate(() => new Promise((resolve) => {
    worker.onmessage = resolve;
    worker.postMessage("stop");
  }));
  const rows = await read(observer);
  record.check(rows);
  for (const { page } of tabs) assert.deepEqual(await read(page), rows);
  await observer.waitForFunction((last) => Object.values(got).every((numbers) => numbers.at(-1) >= last), rows.length, { polling: 50 });
  const got = await observer.evaluate(() => got);
  assert.deepEqual(got.reader, range(1, rows.length));
  assert.deepEqual(got.subscriber, range(got.subscriber[0], rows.length));
  t.diagnostic(`${JSON.stringify(count)}: ${record.count} events were reported, ${rows.length} are stored`);
});
