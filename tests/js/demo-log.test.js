// The demo's log: every event is reachable, filters find what a fold over all events finds, and the list follows the log.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serveDemo, show } from "./demo/site.js";
import { browse, profile } from "./engines/visits.js";

const CODES = ["ORD", "ATL", "DEN", "JFK"];

serveDemo();

/** The demo's log at its tab, with a bus of the test's own beside the page's one, as another tab has one. */
async function showLog(t) {
  const demo = await show(await browse(t, await profile(t)));
  await demo.page.evaluate(async () => {
    globalThis.everbus = await import(new URL("package/index.js", location.href).href);
    globalThis.bus = await everbus.openBus("everbus-demo");
  });
  await demo.turnTo("log");
  return demo;
}

/** Four airports, and then routes created, updated and deleted between them: so many events in all. Resolves when they are committed. */
async function write(demo, events) {
  await demo.page.evaluate(async ({ codes, events }) => {
    const { entity, link } = everbus;
    const airports = codes.map((code, i) =>
      entity.created("airport", { code, name: `Field ${code}`, city: "", state: "", latitude: 35 + i, longitude: -100 + 3 * i }),
    );
    const wanted = [...airports];
    for (let i = 0; wanted.length < events; i++) {
      const [from, to] = [airports[i % 4].entity_id, airports[(i + 1 + (i % 3)) % 4].entity_id];
      const created = link.created("route", from, to, { flights: i });
      wanted.push(created, link.updated("route", created.link_id, from, to, { flights: i + 1 }));
      wanted.push(link.deleted("route", created.link_id, from, to));
    }
    for (let at = 0; at < events; at += 1000) {
      const receipts = bus.publishAll(wanted.slice(at, Math.min(at + 1000, events)));
      await receipts.at(-1).committed;
    }
  }, { codes: CODES, events });
  await demo.shows("log-size", `${events.toLocaleString("en-US")} events`);
}

/** Publishes so many updates of the airport ORD; each tells of its place in the row of them. */
function update(demo, events) {
  return demo.page.evaluate(async (events) => {
    const [{ event }] = await bus.log.read({ filter: { entity_type: "airport" }, limit: 1 });
    const updates = Array.from({ length: events }, (_, i) => everbus.entity.updated("airport", event.entity_id, { ...event.data, name: `Field ${i}` }));
    await bus.publishAll(updates).at(-1).committed;
  }, events);
}

const readLog = (demo, options) => demo.page.evaluate((options) => bus.log.read(options), options);

/** The rows in sight, once what was scrolled is drawn: their numbers, from the top. */
function inSight(demo) {
  return demo.part("log-list").evaluate(async (list) => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const { top, bottom } = list.getBoundingClientRect();
    return [...list.querySelectorAll("[data-row]")]
      .map((row) => ({ row, box: row.getBoundingClientRect() }))
      .filter(({ box }) => box.top >= top - 1 && box.bottom <= bottom + 1)
      .sort((a, b) => a.box.top - b.box.top)
      .map(({ row }) => Number(row.dataset.seqNo));
  });
}

/** Waits until the first row in sight is the event of this number, and read. */
async function startsAt(demo, seqNo) {
  await demo.page.waitForFunction((seqNo) => {
    const list = document.querySelector("[data-testid=log-list]");
    const { top } = list.getBoundingClientRect();
    const first = [...list.querySelectorAll("[data-row]")].find((row) => Math.abs(row.getBoundingClientRect().top - top) < 24);
    return first?.dataset.seqNo === String(seqNo) && !first.classList.contains("loading");
  }, seqNo).catch(async () => assert.equal((await inSight(demo))[0], seqNo));
}

const row = (demo, seqNo) => demo.page.locator(`[data-testid=log-row][data-seq-no="${seqNo}"]:not(.loading)`);

async function goTo(demo, seqNo) {
  await demo.part("filter-number").fill(String(seqNo));
  await demo.part("filter-number").press("Enter");
  await row(demo, seqNo).and(demo.page.locator(".current")).waitFor();
}

async function opened(demo) {
  return JSON.parse(await demo.part("log-event-json").textContent());
}

test("every one of 100,000 events is reachable: by number, by key, by scroll bar", { timeout: 300_000 }, async (t) => {
  const demo = await showLog(t);
  await write(demo, 100_000);
  await startsAt(demo, 100_000);
  await demo.part("log-filter").click();
  for (const seqNo of [1, 2, 199, 200, 201, 50_000, 66_667, 99_999, 100_000]) {
    await goTo(demo, seqNo);
    const [stored] = await readLog(demo, { from: seqNo, to: seqNo });
    await row(demo, seqNo).click();
    await demo.shows("log-event-title", `Event ${seqNo.toLocaleString("en-US")}, ${JSON.stringify(stored.event).length} bytes`);
    assert.deepEqual(await opened(demo), stored);
    assert.equal(await row(demo, seqNo).getAttribute("aria-posinset"), String(100_000 - seqNo + 1));
    assert.equal(await row(demo, seqNo).getAttribute("aria-setsize"), "100000");
  }
  await demo.part("log-event-close").click();

  const list = demo.part("log-list");
  await list.press("End");
  await row(demo, 1).and(demo.page.locator(".current")).waitFor();
  assert.equal((await inSight(demo)).at(-1), 1);
  await list.press("Home");
  await startsAt(demo, 100_000);

  for (const fraction of [0.25, 0.5, 0.75, 1]) {
    await list.evaluate((list, fraction) => (list.scrollTop = fraction * (list.scrollHeight - list.clientHeight)), fraction);
    const rows = await inSightAfter(demo, (rows) => Math.abs(100_000 - rows[0] - fraction * (100_000 - rows.length)) < 10);
    assert.deepEqual(rows, rows.map((_, i) => rows[0] - i), "the rows are consecutive");
    for (const seqNo of rows) await row(demo, seqNo).waitFor();
  }
  await demo.isWell();
});

/** The numbers in sight, once they are as wished. */
async function inSightAfter(demo, isAsWished) {
  for (const until = Date.now() + 20_000; Date.now() < until; ) {
    const rows = await inSight(demo);
    if (rows.length > 0 && isAsWished(rows)) return rows;
  }
  throw new assert.AssertionError({ message: `the rows in sight stay ${await inSight(demo)}` });
}

test("small scrolls show each event in turn, however long the log is", { timeout: 300_000 }, async (t) => {
  const demo = await showLog(t);
  await write(demo, 100_000);
  await demo.part("log-filter").click();
  await goTo(demo, 30_000);
  await demo.part("log-filter").click();
  const list = demo.part("log-list");
  await list.hover();
  let before = await inSight(demo);
  for (let step = 0; step < 10; step++) {
    await demo.page.mouse.wheel(0, 240);
    const now = await inSightAfter(demo, (rows) => rows[0] === before[0] - 5);
    assert.ok(before.includes(now[0]), `${now[0]} was in sight before: ${before}`);
    before = now;
  }
  await demo.isWell();
});

test("filters find what a fold over all events finds, page by page, and show the call that they are", { timeout: 300_000 }, async (t) => {
  const demo = await showLog(t);
  await write(demo, 1_500);
  const all = await readLog(demo, { limit: 1_500 });
  const [ord] = all;
  const call = async (fields) => {
    await demo.part("filter-reset").click();
    for (const [id, value] of Object.entries(fields)) {
      const field = demo.part(`filter-${id}`);
      if (value === true) await field.check();
      else if (id === "kind") await field.selectOption(value);
      else await field.fill(value);
    }
  };
  await demo.part("log-filter").click();
  const touchesOrd = ({ event }) => [event.entity_id, event.source_id, event.target_id].includes(ord.event.entity_id);
  for (const [fields, shown, matches] of [
    [{ kind: "entity" }, '{ kind: "entity" }', ({ event }) => event.kind === "entity"],
    [{ type: "route" }, '{ link_type: "route" }', ({ event }) => event.link_type === "route"],
    [{ type: "air*" }, '{ entity_type: "air*" }', ({ event }) => event.entity_type === "airport"],
    [{ deleted: true }, '{ event_type: "deleted" }', ({ event }) => event.action === "deleted"],
    [{ created: true, updated: true }, '{ event_type: ["created", "updated"] }', ({ event }) => event.action !== "deleted"],
    [{ touches: "ord" }, `{ touches: "${ord.event.entity_id}" }`, touchesOrd],
    [
      { kind: "link", type: "rou*", updated: true, touches: "ORD" },
      `{ kind: "link", event_type: "updated", link_type: "rou*", touches: "${ord.event.entity_id}" }`,
      (envelope) => envelope.event.action === "updated" && touchesOrd(envelope),
    ],
  ]) {
    await call(fields);
    await demo.shows("log-call", `bus.log.read({ filter: ${shown}, reverse: true })`);
    const numbers = all.filter(matches).map(({ seq_no }) => seq_no).reverse();
    assert.ok(numbers.length > 0);
    await demo.page.waitForFunction(
      (text) => document.querySelector("[data-testid=log-cost]").textContent.startsWith(text),
      `${numbers.length.toLocaleString("en-US")} matches, read in `,
    );
    const list = demo.part("log-list");
    await list.evaluate((list) => (list.scrollTop = 0));
    const seen = [];
    await list.focus();
    // From the newest to the oldest match, a screenful at a time.
    for (;;) {
      await demo.page.waitForFunction(() => !document.querySelector("[data-testid=log-row].loading"));
      const rows = await inSight(demo);
      for (const seqNo of rows) if (seen.length === 0 || seqNo < seen.at(-1)) seen.push(seqNo);
      if (seen.length >= numbers.length || seen.length > 250) break;
      await list.evaluate((list) => (list.scrollTop += list.clientHeight - 48));
      await inSightAfter(demo, (now) => now.at(-1) < rows.at(-1));
    }
    assert.deepEqual(seen, numbers.slice(0, seen.length));
    await list.press("End");
    await row(demo, numbers.at(-1)).and(demo.page.locator(".current")).waitFor();
    await list.press("Escape");
  }
  await demo.photograph("log-filtered");
  await demo.isWell();
});
