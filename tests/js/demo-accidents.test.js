// The demo's accidents on purpose: what the page says afterwards is compared with the log itself.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Demo, serveCopy, serveDemo, show } from "./demo/site.js";
import { browse, profile } from "./engines/visits.js";

serveDemo();

const limit = { timeout: 180_000 };
const numeral = (text) => Number(text.replaceAll(",", ""));
const grouped = (n) => n.toLocaleString("en-US");
const airport = { code: "ZZA", name: "Alpha Field", city: "", state: "", latitude: 39, longitude: -98 };

/** The verdict of a card, once the accident is over. */
async function verdict(demo, id, state = "well") {
  await demo.page.locator(`[data-testid="${id}-verdict"][data-state="${state}"]`).waitFor();
  return demo.part(`${id}-verdict`).textContent();
}

async function showAccidents(context, url) {
  const demo = await show(context, url);
  await demo.turnTo("accidents");
  return demo;
}

const stats = (demo) => demo.withBus(({ bus }) => bus.log.stats());

async function stream(demo) {
  await demo.part("stream").click();
  await demo.counts("3,376", "5,366", "8,742");
  await demo.live();
}

/** Holds what a page says after a crash against the log: it must have what was reported, in order. */
async function survived(demo, text, t) {
  t.diagnostic(text);
  const [, reported, kept, more = "0"] =
    /^Before the crash ([\d,]+) events were reported committed\. All ([\d,]+) are in the log(?:, and ([\d,]+) more, of which the page had not heard yet)?\.$/.exec(text) ?? [];
  assert.equal(kept, reported, text);
  const numbers = await demo.withBus(async ({ bus }) => {
    const events = await bus.log.read({ filter: { entity_type: "accident" }, limit: 100_000 });
    return events.map(({ event }) => event.data.n);
  });
  assert.equal(numbers.length, numeral(kept) + numeral(more));
  assert.deepEqual(numbers, numbers.map((_, i) => i + 1));
  return numeral(reported);
}

test("a page that is thrown away in the midst of writing finds everything that was reported", limit, async (t) => {
  const demo = await showAccidents(await browse(t, await profile(t)));
  await demo.part("crash").click();
  const reported = await survived(demo, await verdict(demo, "crash"), t);
  assert.ok(reported >= 2000 && reported < 20_000, `${reported} were reported`);
  await demo.photograph("crashed");
  await demo.isWell();
});

test("a tab whose process is killed in the midst of writing loses nothing that was reported", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const crashing = await showAccidents(context);
  const devtools = await context.newCDPSession(crashing.page);
  const crashed = crashing.page.waitForEvent("crash");
  await crashing.part("crash").click();
  await crashing.page.waitForFunction(() => JSON.parse(localStorage.getItem("everbus-demo crash"))?.reported > 500, undefined, { polling: 5 });
  devtools.send("Page.crash").catch(() => {});
  await crashed;
  const demo = await show(context);
  const reported = await survived(demo, await verdict(demo, "crash"), t);
  assert.ok(reported > 500 && reported < 20_000, `${reported} were reported`);
  await demo.isWell();
});

test("events that are missing after a crash are told", limit, async (t) => {
  const demo = await showAccidents(await browse(t, await profile(t)));
  const crash = await demo.withBus(async ({ bus, entity }) => {
    const { entity_id } = entity.created("accident", null);
    for (const n of [1, 2, 3]) bus.publish(entity.updated("accident", entity_id, { n }));
    await bus.flush();
    return entity_id;
  });
  const account = (reported, last) => JSON.stringify({ crash, reported, last });
  for (const [text, said] of [
    [account(4, 3), "Before the crash 4 events were reported committed. Only 3 of them are in the log, or not in order: that is a bug."],
    [account(2, 2), "Before the crash 2 events were reported committed. All 2 are in the log, and 1 more, of which the page had not heard yet."],
  ]) {
    await demo.page.evaluate((text) => localStorage.setItem("everbus-demo crash", text), text);
    await demo.page.reload();
    await demo.shows("crash-verdict", said);
  }
});

test("a full storage refuses, and after trimming it writing works again", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const page = await context.newPage();
  const { url } = await serveCopy(t);
  // Chromium remembers for a while how much room there was: it is set before the first write, and nothing else is stored.
  await page.addInitScript(() => delete Navigator.prototype.serviceWorker);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(url).origin, quotaSize: 20_000_000 });
  const demo = new Demo(page);
  await page.goto(url);
  await demo.live();
  await demo.withBus(({ bus, entity }, data) => bus.publish(entity.created("airport", data)).committed, airport);
  await demo.turnTo("accidents");
  await demo.part("quota-fill").click();
  const full = await verdict(demo, "quota", "error");
  const { events, lastSeqNo } = await stats(demo);
  const refused = "the bus reports: the storage is full: trim the log or free some space, then publish again (quota_exceeded). That event was refused, and nothing else:";
  assert.match(full, /^After [\d.]+ MB the bus reports: /);
  assert.ok(full.endsWith(`${refused} all ${grouped(events)} events of the log are there.`), full);
  await demo.photograph("quota");
  await demo.part("quota-free").click();
  const again = await verdict(demo, "quota");
  t.diagnostic(again);
  assert.ok(again.startsWith(`Trimmed up to event ${grouped(lastSeqNo)}. Writing works again: event ${grouped(lastSeqNo + 1)} was committed `), again);
  assert.equal((await stats(demo)).firstSeqNo, lastSeqNo + 1);
  await page.reload();
  await demo.live();
  await demo.counts("1", "0", grouped(lastSeqNo + 1));
  assert.deepEqual(demo.problems, []);
});

test("filling the storage stops when it is told to", limit, async (t) => {
  const demo = await showAccidents(await browse(t, await profile(t)));
  await demo.part("quota-fill").click();
  await verdict(demo, "quota", "busy");
  await demo.part("quota-fill").click();
  const [, megabytes] = /^Stopped after ([\d.]+) MB\. The browser has refused nothing\.$/.exec(await verdict(demo, "quota"));
  const { events, bytes } = await stats(demo);
  assert.equal(Math.round(Number(megabytes) / 0.9), events);
  assert.ok(bytes > events * 900_000, "what is written cannot be made small");
  await demo.isWell();
});

test("a trimmed log keeps its numbers, and a reload the picture", limit, async (t) => {
  const demo = await showAccidents(await browse(t, await profile(t)));
  await stream(demo);
  const before = await stats(demo);
  await demo.shows("trim-events", "8,742");
  await demo.part("trim-half").click();
  const said = await verdict(demo, "trim");
  const after = await stats(demo);
  assert.ok(after.firstSeqNo > 1 && after.firstSeqNo <= 4372, `the log begins at ${after.firstSeqNo}`);
  assert.equal(after.lastSeqNo, before.lastSeqNo);
  assert.match(said, new RegExp(`^The log begins at event ${grouped(after.firstSeqNo)} now: ${grouped(before.events - after.events)} events and [\\d.]+ [kM]B are gone\\.`));
  await demo.shows("trim-first", grouped(after.firstSeqNo));
  await demo.shows("trim-events", grouped(after.events));
  await demo.photograph("trim");
  await demo.page.reload();
  await demo.live();
  await demo.counts("3,376", "5,366", "8,742");

  await demo.turnTo("accidents");
  await demo.part("trim-before").fill("8743");
  await demo.part("trim").click();
  assert.match(await verdict(demo, "trim"), /^The log is empty now: /);
  await demo.page.reload();
  await demo.live();
  await demo.counts("3,376", "5,366", "8,742");
  await demo.isWell();

  await demo.turnTo("accidents");
  await demo.part("trim-before").fill("9000");
  await demo.part("trim").click();
  await demo.part("error").waitFor();
  assert.match(await demo.part("error").textContent(), /\(invalid_position\)$/);
  await demo.counts("3,376", "5,366", "8,742");
});

test("a database that is deleted under the open bus is reported, and a new log begins in every tab", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const [demo, other] = [await showAccidents(context), await show(context)];
  await demo.withBus(({ bus, entity }, data) => bus.publish(entity.created("airport", data)).committed, airport);
  for (const each of [demo, other]) await each.counts("1", "0", "1");
  await demo.part("delete-database").click();
  const said = await verdict(demo, "delete");
  assert.match(said, /^The database is gone, with 1 event\. The bus reports: .+ \(closed\)\. A new log was open after [\d,]+ ms\.$/);
  for (const each of [demo, other]) await each.counts("0", "0", "0");
  await demo.photograph("deleted");
  await demo.part("stream").click();
  for (const each of [demo, other]) await each.counts("3,376", "5,366", "8,742");
  for (const each of [demo, other]) await each.shows("error", "the log was deleted: open it again to start anew (closed)");
});

test("after the first visit the page works without its server", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const site = await serveCopy(t);
  const demo = await showAccidents(context, site.url);
  await stream(demo);
  assert.match(await verdict(demo, "offline"), /^Online\. All \d+ files of the page are kept in this browser\.$/);
  await site.close();
  await assert.rejects(fetch(site.url));
  await demo.page.reload();
  assert.match(await demo.live(), /Replayed 8,742 events/);
  await demo.counts("3,376", "5,366", "8,742");
  await demo.page.close();
  const other = await show(context, site.url);
  await other.counts("3,376", "5,366", "8,742");
  await other.isWell();
});

test("the switch takes the network away from every tab, counts what it refuses, and gives it back", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const [demo, other] = [await showAccidents(context), await showAccidents(context)];
  const refused = (text) => `Offline. ${text}. Reload, or open a tab: everything is still here.`;
  const asks = () => demo.page.evaluate(() => fetch("./?ask", { cache: "no-store" }).then(({ ok }) => ok, () => false));
  await verdict(demo, "offline");
  assert.equal(await asks(), true);
  await demo.part("go-offline").click();
  for (const each of [demo, other]) await each.shows("offline-verdict", refused("No request was made yet"));
  assert.equal(await asks(), false);
  await demo.part("ask-network").click();
  for (const each of [demo, other]) await each.shows("offline-verdict", refused("2 requests refused"));
  await demo.page.reload();
  await demo.live();
  await demo.turnTo("accidents");
  await demo.shows("offline-verdict", refused("3 requests refused"));
  await demo.photograph("offline");
  await demo.part("go-offline").click();
  await verdict(other, "offline");
  assert.equal(await asks(), true);
});

test("a newer build takes over once no tab is of the older one, and clears up after it", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const site = await serveCopy(t);
  const demo = await showAccidents(context, site.url);
  await verdict(demo, "offline");
  const caches = (page) => page.evaluate(async () => (await globalThis.caches.keys()).filter((name) => name.startsWith("everbus-demo files")));
  const [older] = await caches(demo.page);
  const newer = "everbus-demo files 0123456789ab";
  const worker = await readFile(join(site.folder, "sw.js"), "utf8");
  assert.ok(worker.includes(older.slice(-12)), "the service worker has its version");
  await writeFile(join(site.folder, "sw.js"), worker.replace(older.slice(-12), newer.slice(-12)));
  const page = await readFile(join(site.folder, "index.html"), "utf8");
  await writeFile(join(site.folder, "index.html"), page.replace("<title>", "<title>Newer "));
  await demo.page.reload();
  await demo.live();
  assert.match(await demo.page.title(), /^Newer /);
  await demo.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    while (registration.waiting === null) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  assert.deepEqual(await caches(demo.page), [older, newer]);
  await demo.page.goto("about:blank");
  const next = await show(context, site.url);
  const until = Date.now() + 10_000;
  while ((await caches(next.page)).length > 1 && Date.now() < until);
  assert.deepEqual(await caches(next.page), [newer]);
  await site.close();
  await next.page.reload();
  await next.live();
  assert.match(await next.page.title(), /^Newer /);
  await next.isWell();
});
