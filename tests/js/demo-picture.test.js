// The picture as people work with it: the map zooms, airports are dragged and edited, flights fly, the graph, the history.
import assert from "node:assert/strict";
import { test } from "node:test";
import { geoAlbersUsa } from "d3-geo";
import { browse, profile } from "./engines/visits.js";
import { serveDemo, show } from "./demo/site.js";

const timeout = 180_000;
serveDemo();

/** Adds an airport by its form. */
async function add(demo, code, name, latitude, longitude) {
  await demo.part("add-airport").click();
  for (const [field, value] of Object.entries({ code, name, latitude, longitude })) await demo.part(`airport-${field}`).fill(String(value));
  await demo.part("airport-save").click();
  await demo.part("airport-form").waitFor({ state: "hidden" });
}

async function addRoute(demo, from, to) {
  await demo.part("add-route").click();
  await demo.part("route-from").fill(from);
  await demo.part("route-to").fill(to);
  await demo.part("route-save").click();
}

/** Where a place is on the page, once the map looks as closely as that, around its middle. */
async function pointOf(demo, latitude, longitude, zoom = 1) {
  const { x, y, width, height } = await demo.part("map").boundingBox();
  const scale = width / 975;
  const point = geoAlbersUsa().scale(1300 * scale).translate([(975 / 2) * scale, (610 / 2) * scale])([longitude, latitude]);
  return { x: x + width / 2 + (point[0] - width / 2) * zoom, y: y + height / 2 + (point[1] - height / 2) * zoom };
}

async function zooms(demo, zoom, view = "map") {
  await demo.page
    .waitForFunction(([view, zoom]) => document.getElementById(view).dataset.zoom === zoom, [view, zoom], { timeout: 20_000 })
    .catch(async () => assert.equal(await demo.part(view).getAttribute("data-zoom"), zoom));
}

/** The pixels of a canvas of a view that aren't transparent: how many, and where on the page the first one is. */
function pixels(demo, view, layer) {
  return demo.page.evaluate(([view, layer]) => {
    const canvas = document.querySelector(`#${view} canvas.${layer}`);
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const box = canvas.getBoundingClientRect();
    let count = 0;
    let hash = 0;
    let first;
    for (let i = 3; i < data.length; i += 4) {
      if (data[i] < 200) continue;
      const pixel = (i - 3) / 4;
      first ??= { x: box.x + ((pixel % width) + 0.5) * (box.width / canvas.width), y: box.y + (Math.floor(pixel / width) + 1.5) * (box.height / canvas.height) };
      count += 1;
      hash = (hash * 31 + pixel) | 0;
    }
    return { count, hash, first };
  }, [view, layer]);
}

/** Waits until the pixels of a canvas are as wanted. */
async function pixelsBecome(demo, view, layer, isWanted) {
  for (let tries = 0; tries < 400; tries += 1) {
    const seen = await pixels(demo, view, layer);
    if (isWanted(seen)) return seen;
    await demo.page.evaluate(() => new Promise(requestAnimationFrame));
  }
  throw new assert.AssertionError({ message: `the ${layer} of the ${view} never became ${isWanted}` });
}

test("the map zooms by buttons, keys, wheel and double click, and a click still hits", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await add(demo, "ZZA", "Alpha Field", 39, -98);
  await add(demo, "ZZB", "Beta Field", 41, -100);
  await demo.counts("2", "0", "2");
  await demo.part("zoom-in").click();
  await zooms(demo, "1.80");
  await demo.part("zoom-in").click();
  await zooms(demo, "3.24");
  const at = await pointOf(demo, 41, -100, 3.24);
  await demo.page.mouse.click(at.x, at.y);
  await demo.shows("selected-code", "ZZB");
  await demo.photograph("zoomed");
  await demo.part("zoom-all").click();
  await zooms(demo, "1.00");

  await demo.part("map").focus();
  await demo.page.keyboard.press("+");
  await zooms(demo, "1.80");
  await demo.page.keyboard.press("-");
  await zooms(demo, "1.00");
  const middle = await pointOf(demo, 39, -98);
  await demo.page.mouse.move(middle.x, middle.y);
  await demo.page.mouse.wheel(0, -200);
  await demo.page.waitForFunction(() => Number(document.getElementById("map").dataset.zoom) > 1.1);
  await demo.part("zoom-all").click();
  await zooms(demo, "1.00");
  await demo.page.mouse.dblclick(middle.x, middle.y);
  await zooms(demo, "2.00");
  await demo.shows("selected-code", "ZZA");
  await demo.isWell();
});

test("on a phone the wheel and one finger scroll the page, and two fingers zoom the map", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t), ["--touch-events=enabled"]));
  await demo.page.setViewportSize({ width: 390, height: 844 });
  const devtools = await demo.page.context().newCDPSession(demo.page);
  await devtools.send("Emulation.setTouchEmulationEnabled", { enabled: true, maxTouchPoints: 2 });
  await demo.page.reload();
  await demo.live();
  const { x, y } = await pointOf(demo, 39, -98);
  await demo.page.mouse.move(x, y);
  await demo.page.mouse.wheel(0, 60);
  await demo.page.waitForFunction(() => window.scrollY > 0);
  assert.equal(await demo.part("map").getAttribute("data-zoom"), "1.00");
  await demo.page.mouse.wheel(0, -60);
  await demo.page.waitForFunction(() => window.scrollY === 0);

  const touch = (type, ...points) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await touch("touchStart", [x, y]);
  for (let way = 10; way <= 60; way += 10) await touch("touchMove", [x, y - way]);
  await touch("touchEnd");
  await demo.page.waitForFunction(() => window.scrollY > 0);
  assert.equal(await demo.part("map").getAttribute("data-zoom"), "1.00");
  await demo.page.evaluate(() => window.scrollTo(0, 0));

  await touch("touchStart", [x - 20, y], [x + 20, y]);
  for (let way = 20; way <= 60; way += 5) await touch("touchMove", [x - way, y], [x + way, y]);
  await touch("touchEnd");
  await zooms(demo, "3.00");
  await demo.photograph("phone-zoomed");
  await demo.isWell();
});

test("the selected airport is dragged to another place, and stays there after a reload", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await add(demo, "ZZA", "Alpha Field", 39, -98);
  await add(demo, "ZZB", "Beta Field", 41, -100);
  await demo.counts("2", "0", "2");
  const [from, to] = [await pointOf(demo, 39, -98), await pointOf(demo, 35, -90)];
  const drag = async () => {
    await demo.page.mouse.move(from.x, from.y);
    await demo.page.mouse.down();
    await demo.page.mouse.move(to.x, to.y, { steps: 8 });
    await demo.page.mouse.up();
  };
  // One that isn't selected stays: the drag is the map's.
  await demo.select("ZZB");
  await drag();
  await demo.select("ZZA");
  assert.match(await demo.part("airport").textContent(), /39\.00° N 98\.00° W/);
  await demo.counts("2", "0", "2");
  await drag();
  await demo.counts("2", "0", "3");
  await demo.page.waitForFunction(() => /35\.\d\d° N (90|89)\.\d\d° W/.test(document.getElementById("airport-place").textContent));
  await demo.page.reload();
  await demo.live();
  await demo.page.mouse.click(to.x, to.y);
  await demo.shows("selected-code", "ZZA");
  await demo.isWell();
});

test("an airport is renamed and moved by typing; a place outside the map is refused", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await add(demo, "ZZA", "Alpha Field", 39, -98);
  await demo.select("ZZA");
  await demo.part("edit-airport").click();
  await demo.part("edit-latitude").fill("-60");
  await demo.part("edit-save").click();
  assert.equal(await demo.part("edit-latitude").evaluate((field) => field.validationMessage), "This place is outside the map");
  await demo.counts("1", "0", "1");
  await demo.part("edit-latitude").fill("45.5");
  await demo.part("edit-name").fill("Gamma Field");
  await demo.part("edit-save").click();
  await demo.counts("1", "0", "2");
  await demo.shows("selected-name", "Gamma Field");
  // Nothing new is nothing to publish.
  await demo.part("edit-airport").click();
  await demo.part("edit-save").click();
  await demo.part("edit-form").waitFor({ state: "hidden" });
  const at = await pointOf(demo, 45.5, -98);
  await demo.part("airport").getByLabel("Close the airport").click();
  await demo.page.mouse.click(at.x, at.y);
  await demo.shows("selected-code", "ZZA");
  await demo.counts("1", "0", "2");
  await demo.isWell();
});

test("a route is drawn from the panel by a click on the map, and cut", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await add(demo, "ZZA", "Alpha Field", 39, -98);
  await add(demo, "ZZB", "Beta Field", 35, -90);
  await demo.select("ZZA");
  await demo.part("draw-route").click();
  const at = await pointOf(demo, 35, -90);
  await demo.page.mouse.click(at.x, at.y);
  assert.equal(await demo.part("route-to").inputValue(), "ZZB");
  await demo.part("route-save").click();
  await demo.counts("2", "1", "3");
  await demo.part("remove-route").click();
  await demo.counts("2", "0", "4");
  await demo.isWell();
});

test("flights are planes that move, and stand still in the past", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await demo.part("stream").click();
  await demo.counts("3,376", "5,366", "8,742");
  await pixelsBecome(demo, "map", "air", ({ count }) => count === 0);
  await demo.part("traffic").click();
  const seen = await pixelsBecome(demo, "map", "air", ({ count }) => count > 200);
  await pixelsBecome(demo, "map", "air", ({ count, hash }) => count > 200 && hash !== seen.hash);
  await demo.photograph("flights");
  await demo.page.emulateMedia({ colorScheme: "dark" });
  await demo.photograph("flights-dark");

  await demo.part("tab-graph").click();
  await pixelsBecome(demo, "graph", "air", ({ count }) => count > 200);
  await demo.part("tab-map").click();
  await demo.part("time").evaluate((range) => {
    range.value = String(Number(range.max) - 10);
    range.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await demo.page.locator('[data-testid="timeline"][data-time="past"]').waitFor();
  const past = await pixelsBecome(demo, "map", "air", ({ count }) => count > 200);
  // Drawn again later, and all of it in view as before, it is the same picture.
  await demo.part("zoom-in").click();
  await zooms(demo, "1.80");
  assert.notEqual((await pixels(demo, "map", "air")).hash, past.hash);
  await demo.part("zoom-all").click();
  await pixelsBecome(demo, "map", "air", ({ hash }) => hash === past.hash);
  await demo.isWell();
});

test("the graph shows airports and routes; a click selects an airport, and a drag moves it and publishes nothing", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await add(demo, "ZZA", "Alpha Field", 39, -98);
  await add(demo, "ZZB", "Beta Field", 41, -100);
  await add(demo, "ZZC", "Gamma Field", 35, -90);
  await addRoute(demo, "ZZA", "ZZB");
  await demo.counts("3", "1", "4");
  await demo.part("tab-graph").click();
  await pixelsBecome(demo, "graph", "dots", ({ count }) => count > 4);
  await settles(demo);
  const { first } = await pixels(demo, "graph", "dots");
  await demo.page.mouse.click(first.x, first.y);
  await demo.part("airport").waitFor();
  assert.match(await demo.part("selected-code").textContent(), /ZZ[ABC]/);

  await settles(demo);
  const there = { x: first.x + 60, y: first.y + 30 };
  assert.equal(await isPainted(demo, "dots", there), false);
  await demo.page.mouse.move(first.x, first.y);
  await demo.page.mouse.down();
  await demo.page.mouse.move(there.x, there.y, { steps: 6 });
  for (let tries = 0; !(await isPainted(demo, "dots", there)); tries += 1) {
    assert.ok(tries < 400, "the airport is not where it was dragged");
    await demo.page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await demo.page.mouse.up();
  assert.equal(await demo.part("event-count").textContent(), "4");
  await demo.isWell();
});

/** Whether something is painted at a point of the page, or within two pixels of it. */
function isPainted(demo, layer, { x, y }) {
  return demo.page.evaluate(([layer, x, y]) => {
    const canvas = document.querySelector(`#graph canvas.${layer}`);
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    const { data } = canvas.getContext("2d").getImageData(Math.round((x - box.x) * scale) - 2, Math.round((y - box.y) * scale) - 2, 5, 5);
    return data.some((value, i) => i % 4 === 3 && value > 100);
  }, [layer, x, y]);
}

/** Waits until the graph has come to rest, and is drawn so. */
async function settles(demo) {
  await demo.page.locator('#graph[data-layout="settled"]').waitFor();
  await demo.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

test("thousands of airports and routes become a graph, light, dark and on a phone", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await demo.part("tab-graph").click();
  await demo.part("stream").click();
  await demo.counts("3,376", "5,366", "8,742");
  await pixelsBecome(demo, "graph", "dots", ({ count }) => count > 3000);
  await settles(demo);
  await demo.photograph("graph-whole");
  await demo.select("ATL");
  await demo.photograph("graph");
  await demo.page.emulateMedia({ colorScheme: "dark" });
  await demo.photograph("graph-dark");
  await demo.page.setViewportSize({ width: 390, height: 844 });
  await demo.page.evaluate(() => window.scrollTo(0, 0));
  await pixelsBecome(demo, "graph", "dots", ({ count }) => count > 500);
  await demo.photograph("graph-phone");
  await demo.isWell();
});

test("an airport's history is read from the log, newest first, and an entry travels there", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await add(demo, "ZZA", "Alpha Field", 39, -98);
  await add(demo, "ZZB", "Beta Field", 41, -100);
  await addRoute(demo, "ZZA", "ZZB");
  await demo.select("ZZA");
  await demo.part("edit-airport").click();
  await demo.part("edit-name").fill("Gamma Field");
  await demo.part("edit-save").click();
  await demo.counts("2", "1", "4");
  const history = () => demo.part("history-item").evaluateAll((items) => items.map((item) => [...item.querySelectorAll(".number, .what")].map(({ textContent }) => textContent).join(" ")));
  const whole = ["4 Renamed to Gamma Field", "3 Route to ZZB created", "1 Airport created"];
  await demo.page.waitForFunction((length) => document.querySelectorAll('[data-testid="history-item"]').length === length, whole.length);
  assert.deepEqual(await history(), whole);
  assert.match(await demo.part("history-cost").textContent(), /^3 of 4 events, read in \d+ ms$/);
  await demo.photograph("history");
  await demo.part("history-item").nth(2).getByRole("button").click();
  await demo.page.locator('[data-testid="timeline"][data-time="past"]').waitFor();
  await demo.shows("selected-name", "Alpha Field");
  await demo.shows("airport-count", "1");
  assert.equal(await demo.part("edit-airport").isDisabled(), true);
  await demo.part("back").click();
  await demo.shows("selected-name", "Gamma Field");

  await demo.part("stream").click();
  await demo.counts("3,378", "5,367", "8,746");
  await demo.select("ATL");
  const numbers = () => demo.part("history-item").evaluateAll((items) => items.map((item) => Number(item.dataset.seqNo)));
  await demo.page.waitForFunction(() => document.querySelectorAll('[data-testid="history-item"]').length === 50);
  await demo.part("history-more").click();
  await demo.page.waitForFunction(() => document.querySelectorAll('[data-testid="history-item"]').length === 100);
  const listed = await numbers();
  assert.deepEqual(listed, [...listed].sort((a, b) => b - a));
  assert.equal(new Set(listed).size, 100);
  await demo.isWell();
});

/**
 * What the page's main thread computes between a frame and the next one, in milliseconds, while something is done; from
 * the least to the most. Processor time, so that what else the machine does meanwhile doesn't count.
 */
async function framesDuring(demo, act) {
  const devtools = await demo.page.context().newCDPSession(demo.page);
  const events = [];
  devtools.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const completed = new Promise((resolve) => devtools.once("Tracing.tracingComplete", resolve));
  const categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"];
  await devtools.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: categories } });
  await act();
  await devtools.send("Tracing.end");
  await completed;
  const thread = ({ pid, tid }) => `${pid} ${tid}`;
  const frames = events.filter(({ name }) => name === "FireAnimationFrame").sort((a, b) => a.ts - b.ts);
  assert.ok(frames.length > 60, `${frames.length} frames`);
  // Only the page has frames: the graph's worker has none.
  const main = thread(frames[0]);
  const tasks = events.filter((event) => event.ph === "X" && thread(event) === main).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const spent = [0];
  let end = -Infinity;
  let next = 0;
  for (const { ts, dur, tdur = 0 } of tasks) {
    // What is within another task is counted with it.
    if (ts < end) continue;
    end = ts + dur;
    if (frames[next]?.ts < end) spent.push(0);
    while (frames[next]?.ts < end) next += 1;
    spent[spent.length - 1] += tdur / 1000;
  }
  return spent.sort((a, b) => a - b);
}

const percentile = (frames, share) => frames[Math.floor(frames.length * share)];

for (const view of ["map", "graph"]) {
  test(`streaming and live traffic keep the ${view}'s frames under 50 ms`, { timeout }, async (t) => {
    const demo = await show(await browse(t, await profile(t)));
    await demo.part(`tab-${view}`).click();
    const works = {
      stream: async () => {
        await demo.part("stream").click();
        await demo.counts("3,376", "5,366", "8,742");
      },
      traffic: async () => {
        await demo.part("speed").fill("14");
        await demo.part("traffic").click();
        await demo.page.waitForFunction(() => Number(document.getElementById("event-count").textContent.replaceAll(",", "")) > 100_000);
      },
    };
    for (const [name, work] of Object.entries(works)) {
      const frames = await framesDuring(demo, work);
      const [usual, long] = [percentile(frames, 0.5), percentile(frames, 0.95)];
      t.diagnostic(`${name}: ${frames.length} frames of ${usual.toFixed(1)} ms, ${long.toFixed(1)} ms at the 95th percentile`);
      assert.ok(usual > 0 && long < 50, `${name}: ${long.toFixed(1)} ms at the 95th percentile`);
    }
    await demo.isWell();
  });
}
