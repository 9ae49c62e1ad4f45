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
    // Observers are called when the frame is drawn: its other callbacks may have moved the rows, and no task has come between.
    await new Promise((drawn) => new ResizeObserver((_, observer) => drawn(observer.disconnect())).observe(list));
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

async function askFor(demo, seqNo) {
  await demo.part("filter-number").fill(String(seqNo));
  await demo.part("filter-number").press("Enter");
}

async function goTo(demo, seqNo) {
  await askFor(demo, seqNo);
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
    const rows = await inSightAfter(demo, (rows) => Math.abs(100_000 - rows[0] - fraction * (100_000 - rows.length)) < 1_000);
    if (fraction === 1) assert.equal(rows.at(-1), 1);
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
  // Where the scroll bar skips rows, the wheel still gets to each of them, up to the first.
  const list = demo.part("log-list");
  await startsAt(demo, 100_000);
  await list.hover();
  await list.evaluate((list) => (list.scrollTop = 2_000 * 48));
  await inSightAfter(demo, ([first]) => first < 97_500 && first > 96_500);
  await demo.page.mouse.wheel(0, -2_000 * 48);
  await inSightAfter(demo, ([first]) => first > 98_500 && first < 99_500);
  for (let turns = 0, [first] = await inSight(demo); first < 100_000 && turns < 40; turns++, [first] = await inSight(demo)) {
    await demo.page.mouse.wheel(0, -200 * 48);
  }
  await inSightAfter(demo, ([first]) => first === 100_000);

  await demo.part("log-filter").click();
  await goTo(demo, 30_000);
  await demo.part("log-filter").click();
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
      if (seen.length >= numbers.length || seen.length > 120) break;
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

test("new events come in at the top, and a reader further down keeps the place", { timeout: 300_000 }, async (t) => {
  const demo = await showLog(t);
  await write(demo, 2_000);
  await startsAt(demo, 2_000);
  await update(demo, 3);
  await startsAt(demo, 2_003);
  assert.equal(await row(demo, 2_003).locator(".whom").textContent(), "ORD Field 2");
  assert.equal(await demo.part("log-newer").isVisible(), false);

  const list = demo.part("log-list");
  await list.hover();
  await demo.page.mouse.wheel(0, 4_800);
  const before = await inSightAfter(demo, ([first]) => first === 1_903);
  await update(demo, 1_204);
  await demo.shows("log-newer", "1,204 newer ↑");
  assert.deepEqual(await inSight(demo), before);
  await demo.photograph("log-held");
  await demo.part("log-newer").click();
  await startsAt(demo, 3_207);
  await update(demo, 1);
  await startsAt(demo, 3_208);

  // Scrolled back by hand, the list follows again, too.
  await list.hover();
  await demo.page.mouse.wheel(0, 480);
  await inSightAfter(demo, ([first]) => first === 3_198);
  await demo.page.mouse.wheel(0, -960);
  await update(demo, 1);
  await startsAt(demo, 3_209);

  // A filter's matches come live as well, and those of other events don't.
  await demo.part("log-filter").click();
  await demo.part("filter-kind").selectOption("entity");
  await demo.shows("log-call", 'bus.log.read({ filter: { kind: "entity" }, reverse: true })');
  await startsAt(demo, 3_209);
  await update(demo, 500);
  await startsAt(demo, 3_709);
  await demo.part("log-cost").filter({ hasText: /^1,213 matches, read in .* ms\. 500 came live\.$/ }).waitFor();
  await demo.isWell();
});

test("the keyboard moves the current row, and opens it", { timeout: 180_000 }, async (t) => {
  const demo = await showLog(t);
  await write(demo, 500);
  await startsAt(demo, 500);
  const list = demo.part("log-list");
  const current = async (seqNo) => {
    const element = row(demo, seqNo).and(demo.page.locator(".current"));
    await element.waitFor();
    assert.equal(await list.getAttribute("aria-activedescendant"), await element.getAttribute("id"));
    assert.ok((await inSight(demo)).includes(seqNo), `${seqNo} is in sight`);
  };
  await list.focus();
  const page = (await inSight(demo)).length;
  await list.press("ArrowDown");
  await current(500);
  await list.press("ArrowDown");
  await current(499);
  await update(demo, 1);
  await demo.shows("log-newer", "1 newer ↑");
  await current(499);
  await list.press("ArrowUp");
  await list.press("ArrowUp");
  await current(500);
  await list.press("PageDown");
  await current(500 - page);
  await list.press("PageDown");
  await current(500 - 2 * page);
  await list.press("PageUp");
  await current(500 - page);
  await list.press("End");
  await current(1);
  await list.press("ArrowDown");
  await current(1);
  await list.press("Enter");
  await demo.shows("log-event-title", `Event 1, ${JSON.stringify((await opened(demo)).event).length} bytes`);
  assert.equal(await row(demo, 1).getAttribute("aria-selected"), "true");
  await list.press("Home");
  await current(501);
  await list.press("Escape");
  await update(demo, 1);
  await startsAt(demo, 502);
  assert.equal(await list.getAttribute("aria-activedescendant"), null);
  await demo.isWell();
});

test("an event shows in full, on the map, in its time, and with those of its entity only", { timeout: 180_000 }, async (t) => {
  const demo = await showLog(t);
  await write(demo, 40);
  await startsAt(demo, 40);
  await demo.part("log-list").press("End");
  await row(demo, 1).click();
  const [stored] = await readLog(demo, { limit: 1 });
  await demo.shows("log-event-json", JSON.stringify(stored, null, 2));
  await demo.photograph("log-details");
  await demo.part("log-event-select").click();
  await demo.shows("selected-code", "ORD");
  await demo.part("log-event-travel").click();
  await demo.shows("airport-count", "1");
  await demo.part("log-event-only").click();
  await demo.shows("log-call", `bus.log.read({ filter: { entity_id: "${stored.event.entity_id}" }, reverse: true })`);
  await inSightAfter(demo, (rows) => rows.length === 1 && rows[0] === 1);
  await demo.part("log-event-close").click();
  assert.equal(await demo.part("log-event").isVisible(), false);
  await demo.isWell();
});

test("the list goes to a time, and a filter from there on", { timeout: 180_000 }, async (t) => {
  const demo = await showLog(t);
  await write(demo, 600);
  // So that two events are of different seconds, for the clock that people type into knows no less.
  const time = await demo.page.evaluate(async () => {
    const [{ timestamp }] = await bus.log.read({ reverse: true, limit: 1 });
    const next = new Date((Math.floor(Date.parse(timestamp) / 1000) + 1) * 1000);
    while (Date.now() <= next) await new Promise((resolve) => setTimeout(resolve, next - Date.now() + 1));
    const two = (number) => String(number).padStart(2, "0");
    const day = `${next.getFullYear()}-${two(next.getMonth() + 1)}-${two(next.getDate())}`;
    return `${day}T${two(next.getHours())}:${two(next.getMinutes())}:${two(next.getSeconds())}`;
  });
  await update(demo, 300);
  await demo.part("log-filter").click();
  await demo.part("filter-time").fill(time);
  await row(demo, 601).and(demo.page.locator(".current")).waitFor();
  await demo.shows("log-call", "bus.log.read({ to: 601, reverse: true })");
  await demo.part("filter-type").fill("route");
  await demo.shows("log-call", 'bus.log.read({ filter: { link_type: "route" }, to: 601, reverse: true })');
  await startsAt(demo, 600);
  assert.deepEqual(await demo.page.evaluate(async () => (await bus.log.consumers()).map(({ name }) => name).filter((name) => name.startsWith("log "))), []);
  await demo.part("log-newer").click();
  await demo.shows("log-call", 'bus.log.read({ filter: { link_type: "route" }, reverse: true })');
  await demo.isWell();
});

test("what the bus refuses, what was trimmed and what was deleted is said", { timeout: 180_000 }, async (t) => {
  const demo = await showLog(t);
  await write(demo, 5_000);
  await demo.part("log-filter").click();
  const refusal = await demo.page.evaluate(() => bus.log.read({ filter: { touches: "XYZ" } }).catch(({ code, message }) => ({ code, message })));
  assert.equal(refusal.code, "invalid_filter");
  await demo.part("filter-touches").fill("XYZ");
  const text = `${refusal.message.charAt(0).toUpperCase()}${refusal.message.slice(1)} (invalid_filter)`;
  await demo.shows("log-problem", `No airport has the code XYZ. ${text}`);
  await demo.photograph("log-refused");
  await demo.part("filter-reset").click();
  await startsAt(demo, 5_000);
  await askFor(demo, -1);
  await demo.page.waitForFunction(() => document.querySelector("[data-testid=log-problem]").textContent.endsWith("(invalid_position)"));
  await askFor(demo, 0);
  await demo.shows("log-problem", "There is no event 0: numbers begin at 1.");
  await askFor(demo, 5001);
  await demo.shows("log-problem", "There is no event 5,001 yet: the log ends before it.");

  await goTo(demo, 1);
  const first = await demo.page.evaluate(() => bus.log.trim(3_000));
  assert.ok(first > 1_000, `trimmed to ${first}`);
  await demo.shows("log-size", `${(5_001 - first).toLocaleString("en-US")} events`);
  await demo.part("log-list").press("End");
  await row(demo, first).and(demo.page.locator(".current")).waitFor();
  await askFor(demo, 1);
  await demo.shows("log-problem", `Event 1 was trimmed: the log begins at ${first.toLocaleString("en-US")}.`);
  await demo.isWell();

  await demo.page.evaluate(() => everbus.deleteBus("everbus-demo"));
  await demo.shows("log-size", "No events yet");
  assert.equal(await demo.page.getByTestId("log-row").count(), 0);
  await demo.page.evaluate(async () => (globalThis.bus = await everbus.openBus("everbus-demo")));
  await write(demo, 4);
  await startsAt(demo, 4);
});

/** What `work` in the page does to its frames: their 95th percentile and the longest, in milliseconds. */
async function frames(demo, work, arg) {
  const times = await demo.page.evaluateHandle(() => {
    const times = [];
    const tick = (now) => {
      times.push(now);
      if (!times.done) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    return times;
  });
  await demo.page.evaluate(work, arg);
  const lengths = await times.evaluate((times) => ((times.done = true), times.slice(1).map((time, i) => time - times[i])));
  const sorted = lengths.toSorted((a, b) => a - b);
  return `${lengths.length} frames, 95th percentile ${sorted[Math.floor(0.95 * sorted.length)].toFixed(1)} ms, longest ${sorted.at(-1).toFixed(1)} ms`;
}

test("with 100,000 events few elements scroll, and a flood of events at the top reads no pages", { timeout: 300_000 }, async (t) => {
  const demo = await showLog(t);
  await write(demo, 100_000);
  await startsAt(demo, 100_000);
  await demo.page.evaluate(() => {
    globalThis.most = 0;
    const list = document.querySelector("[data-testid=log-list]");
    new MutationObserver(() => (most = Math.max(most, list.querySelectorAll("[data-row]").length))).observe(list, { childList: true, subtree: true });
  });
  const scroll = async (step) => {
    const list = document.querySelector("[data-testid=log-list]");
    for (let i = 0; i < 200; i++) {
      list.scrollTop += step;
      await new Promise(requestAnimationFrame);
    }
  };
  t.diagnostic(`scrolled by three rows a frame: ${await frames(demo, scroll, 144)}`);
  t.diagnostic(`dragged by hundreds of rows a frame: ${await frames(demo, scroll, 10_000)}`);
  await demo.part("log-newer").click();
  await startsAt(demo, 100_000);
  const cost = await demo.part("log-cost").textContent();
  const flood = async () => {
    const [{ event }] = await bus.log.read({ filter: { entity_type: "airport" }, limit: 1 });
    const updates = Array.from({ length: 1000 }, () => everbus.entity.updated("airport", event.entity_id, event.data));
    for (let i = 0; i < 50; i++) await bus.publishAll(updates).at(-1).committed;
  };
  t.diagnostic(`50,000 new events at the top: ${await frames(demo, flood)}`);
  await startsAt(demo, 150_000);
  assert.equal(await demo.part("log-cost").textContent(), cost);
  assert.ok((await demo.page.evaluate(() => most)) < 60);
  await demo.isWell();
});
