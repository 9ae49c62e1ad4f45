// The demo's page: what is turned to comes into sight, nothing moves as numbers grow, names are read, and nothing waits for data files.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serveDemo, show } from "./demo/site.js";
import { browse, profile } from "./engines/visits.js";

const timeout = 180_000;
const PHONE = { width: 390, height: 844 };

serveDemo();

async function showPhone(t) {
  const demo = await show(await browse(t, await profile(t)));
  await demo.page.setViewportSize(PHONE);
  return demo;
}

/** Taps a part where it is: nothing is scrolled for that. */
async function tap(demo, id) {
  const { x, y, width, height } = await demo.part(id).boundingBox();
  const at = { x: x + width / 2, y: y + height / 2 };
  assert.ok(at.y > 0 && at.y < demo.page.viewportSize().height, `${id} is out of sight`);
  await demo.page.mouse.click(at.x, at.y);
}

/** Waits until an element begins in the upper half of the screen. */
async function comesIntoSight(demo, id) {
  const top = () => demo.page.evaluate((id) => document.getElementById(id).getBoundingClientRect().top / innerHeight, id);
  await demo.page
    .waitForFunction((id) => {
      const { top, height } = document.getElementById(id).getBoundingClientRect();
      return height > 0 && top >= 0 && top < innerHeight / 2;
    }, id, { timeout: 10_000 })
    .catch(async () => assert.fail(`${id} begins ${(await top()).toFixed(2)} screens below the top`));
}

const scrollToTop = (demo) => demo.page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));

/** Adds an airport by an event, as another tab does. */
const add = (demo, code, latitude, longitude) =>
  demo.withBus(async ({ bus, entity }, data) => {
    await bus.publish(entity.created("airport", { name: `Field ${data.code}`, city: "", state: "", ...data })).committed;
  }, { code, latitude, longitude });

test("on a phone a tab that is tapped brings its panel into sight", { timeout }, async (t) => {
  const demo = await showPhone(t);
  for (const name of ["log", "tabs", "readers", "accidents", "explore"]) {
    // As far as one has to scroll to reach it.
    await demo.part(`tab-${name}`).evaluate((tab) => tab.scrollIntoView({ block: "end", behavior: "instant" }));
    await tap(demo, `tab-${name}`);
    await comesIntoSight(demo, `side-${name}`);
    await demo.photograph(`phone-${name}`);
  }
  await demo.page.locator('[data-panel="side-readers"]').click();
  await comesIntoSight(demo, "side-readers");
  await demo.isWell();
});

test("beside the picture a tab that is turned to scrolls nothing", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  // Too low for one screen, so that the page could scroll.
  await demo.page.setViewportSize({ width: 1280, height: 600 });
  for (const name of ["log", "accidents"]) {
    await demo.turnTo(name);
    await demo.page.locator(`#side-${name}`).waitFor();
    await demo.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    assert.equal(await demo.page.evaluate(() => scrollY), 0, name);
  }
});

test("on a phone an event of the log is shown on the map, and travelled to, in sight", { timeout }, async (t) => {
  const demo = await showPhone(t);
  await add(demo, "ZZA", 39, -98);
  await add(demo, "ZZB", 41, -100);
  await demo.counts("2", "0", "2");
  for (const act of ["log-event-select", "log-event-travel"]) {
    await demo.turnTo("log");
    await demo.part("log-row").filter({ hasText: "ZZA" }).click();
    await demo.part(act).click();
    await comesIntoSight(demo, "stage");
  }
  await demo.shows("airport-count", "1");
  await demo.isWell();
});

test("nothing moves as the numbers above the picture grow", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  const grown = [
    ["0", "0", "0", "0", "0"],
    ["3,376", "5,366", "1,999", "9,999", "1,950"],
    ["3,376", "5,366", "2,000", "10,000", "10,000"],
    ["3,376", "5,366", "2,000", "9,999,999", "50,000"],
  ];
  for (const width of [320, 390, 768, 1040, 1280, 1440]) {
    await demo.page.setViewportSize({ width, height: 844 });
    const layouts = await demo.page.evaluate((grown) => {
      const counts = [...document.querySelectorAll(".counts dd")];
      return grown.map((numbers) => {
        counts.forEach((count, i) => (count.textContent = numbers[i]));
        const ends = counts.map((count) => {
          const range = document.createRange();
          range.selectNodeContents(count);
          return range.getBoundingClientRect();
        });
        const isApart = ends.every(({ right }, i) => right < (ends[i + 1]?.left ?? innerWidth));
        const places = counts.map(({ parentElement }) => parentElement.getBoundingClientRect().x);
        return { main: document.querySelector("main").getBoundingClientRect().top, isApart, places, width: document.documentElement.scrollWidth };
      });
    }, grown);
    for (const [i, layout] of layouts.entries()) {
      assert.ok(layout.isApart, `at ${width} pixels ${grown[i]} run into each other`);
      assert.deepEqual(layout, { ...layouts[0], width }, `at ${width} pixels with ${grown[i]}`);
    }
    if (width === PHONE.width) await demo.photograph("phone-numbers");
  }
});

test("on a phone nothing moves, whatever the page says of the stream and of the past", { timeout }, async (t) => {
  const demo = await showPhone(t);
  await demo.page.evaluate(() => {
    const below = document.querySelector("aside");
    window.heights = new Map();
    const look = () => heights.set(Math.round(below.getBoundingClientRect().top + scrollY), document.querySelector(".stage").innerText.replaceAll("\n", " | "));
    look();
    new MutationObserver(look).observe(document.getElementById("stage"), { subtree: true, childList: true, characterData: true });
  });
  await demo.part("stream").click();
  await demo.counts("3,376", "5,366", "8,742");
  assert.match(await demo.live(), /^Streamed/);
  await demo.part("time").evaluate((range) => {
    range.value = "5000";
    range.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await demo.page.waitForFunction(() => document.getElementById("time-text").textContent.startsWith("Event 5,000, as of"));
  await demo.photograph("phone-past");
  const heights = await demo.page.evaluate(() => [...heights]);
  assert.equal(heights.length, 1, `what is below the picture has moved: ${heights.map((said) => said.join(" ")).join("; ")}`);
});

test("the page tells its pace from how long the commits took", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  assert.deepEqual(await demo.page.locator(".counts dt").allTextContents(), ["airports", "routes", "in the air", "events", "arriving/s"]);
  await demo.part("stream").click();
  await demo.counts("3,376", "5,366", "8,742");
  const said = (await demo.live()).match(/^Streamed 8,742 events in ([\d.]+) s, at a pace for the eye; ([\d,]+) commits took ([\d.]+) s of it\.$/);
  assert.ok(said, await demo.live());
  const [seconds, commits, committing] = said.slice(1).map((text) => Number(text.replace(",", "")));
  assert.ok(committing > 0 && committing < seconds, `${committing} of ${seconds} s`);
  // An append has at most 250 events.
  assert.ok(commits >= 8742 / 250 && commits <= 8742, `${commits} commits`);
});

test("a reload shows the log before the data files are there", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await add(demo, "ZZA", 39, -98);
  await demo.counts("1", "0", "1");
  await demo.page.addInitScript(() => {
    const { fetch } = window;
    const released = new Promise((resolve) => (window.releaseFiles = resolve));
    window.fetch = async (...args) => {
      if (/\.(csv|json)$/.test(args[0])) await released;
      return fetch(...args);
    };
  });
  await demo.page.reload();
  assert.match(await demo.live(), /Replayed 1 event/);
  await demo.counts("1", "0", "1");
  await demo.select("ZZA");
  assert.equal(await demo.part("stream").isDisabled(), true);
  assert.equal(await demo.part("stream").textContent(), "Loading the data …");
  await demo.page.waitForFunction(isPainted, ".sheet:not([hidden]) .airports");
  assert.equal(await demo.page.evaluate(isPainted, ".sheet:not([hidden]) .land"), false);

  await demo.page.evaluate(() => window.releaseFiles());
  await demo.shows("stream", "Stream 8,742 more");
  await demo.page.waitForFunction(isPainted, ".sheet:not([hidden]) .land");
  assert.equal(await demo.part("stream").isDisabled(), false);
  await demo.isWell();
});

/** Whether a layer of the map has anything on it. */
function isPainted(layer) {
  const canvas = document.querySelector(`#map ${layer}`);
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
}

test("without the data files there is the log, and the page says what is missing", { timeout }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await add(demo, "ZZA", 39, -98);
  await demo.counts("1", "0", "1");
  await demo.page.addInitScript(() => {
    const { fetch } = window;
    window.fetch = (...args) => (/\.(csv|json)$/.test(args[0]) ? Promise.reject(new TypeError("no network")) : fetch(...args));
  });
  await demo.page.reload();
  await demo.live();
  await demo.counts("1", "0", "1");
  await demo.shows("stream", "No data to stream");
  assert.equal(await demo.part("stream").isDisabled(), true);
  assert.match(await demo.part("error").textContent(), /no network/);
});

/** Records what is written on canvases: where, in their own pixels, since a canvas was cleared last. */
function recordWriting() {
  window.writing = new Map();
  const { clearRect, fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...args) {
    writing.delete(this.canvas);
    return clearRect.apply(this, args);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...more) {
    const { actualBoundingBoxLeft: left, actualBoundingBoxRight: right, actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = this.measureText(text);
    const to = this.getTransform();
    const [from, end] = [new DOMPoint(x - left, y - up), new DOMPoint(x + right, y + down)].map((point) => point.matrixTransform(to));
    const box = { text, x: from.x, y: from.y, right: end.x, bottom: end.y };
    writing.set(this.canvas, [...(writing.get(this.canvas) ?? []), box]);
    return fillText.call(this, text, x, y, ...more);
  };
}

/** What is written in a view, and of that what is drawn over, what runs into another, and what is cut at the edge or covered by a button. */
function readWriting(view) {
  const canvases = [...document.querySelectorAll(`#${view} canvas`)].filter((canvas) => canvas.checkVisibility());
  const isOver = (canvas, { x, y, right, bottom }) =>
    canvas.getContext("2d").getImageData(x, y, right - x, bottom - y).data.some((value, i) => i % 4 === 3 && value > 30);
  const written = canvases.flatMap((canvas, i) => (writing.get(canvas) ?? []).map((box) => ({ ...box, canvas, above: canvases.slice(i + 1) })));
  const meet = (a, b) => a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom;
  const tools = document.getElementById("tools").getBoundingClientRect();
  const inTools = ({ canvas, x, y, right, bottom }) => {
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    const on = { x: box.x + x / scale, y: box.y + y / scale, right: box.x + right / scale, bottom: box.y + bottom / scale };
    return meet(on, { x: tools.left, y: tools.top, right: tools.right, bottom: tools.bottom });
  };
  const texts = (boxes) => boxes.map(({ text }) => text);
  return {
    written: texts(written),
    drawnOver: texts(written.filter((box) => box.above.some((canvas) => isOver(canvas, box)))),
    overlapping: texts(written.filter((box) => written.some((other) => other !== box && meet(box, other)))),
    cut: texts(written.filter(({ canvas, x, y, right, bottom }) => x < 0 || y < 0 || right > canvas.width || bottom > canvas.height)),
    covered: texts(written.filter(inTools)),
  };
}

test("names are written above everything, apart from each other and whole", { timeout }, async (t) => {
  const context = await browse(t, await profile(t));
  await context.addInitScript(recordWriting);
  const demo = await show(context);
  await demo.part("stream").click();
  await demo.counts("3,376", "5,366", "8,742");
  await demo.live();
  await demo.part("speed").fill("10");
  await demo.part("traffic").click();
  await demo.page.waitForFunction(() => Number(document.getElementById("flight-count").textContent.replaceAll(",", "")) > 1000);
  const isRead = async (view, least, what) => {
    const { written, ...wrong } = await demo.page.evaluate(readWriting, view);
    assert.ok(written.length >= least, `${what}: ${written}`);
    assert.deepEqual(wrong, { drawnOver: [], overlapping: [], cut: [], covered: [] }, `${what} of ${written}`);
  };
  await isRead("map", 8, "on the map");
  await demo.photograph("names");
  await demo.select("ATL");
  await isRead("map", 8, "around the selected airport");
  await demo.part("zoom-in").click();
  await demo.part("zoom-in").click();
  await demo.page.waitForFunction(() => document.getElementById("map").dataset.zoom === "3.24");
  await demo.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await isRead("map", 20, "close by");
  await demo.photograph("names-zoomed");
  await demo.part("tab-graph").click();
  await demo.page.locator('#graph[data-layout="settled"]').waitFor();
  await demo.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await isRead("graph", 8, "in the graph");
  await demo.photograph("names-graph");
  await demo.isWell();
});
