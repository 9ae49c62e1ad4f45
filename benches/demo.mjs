// Measures the demo in Chromium, as people see it: how long its frames are while it streams, how long travelling takes, and
// what the page's memory grows by: `node benches/demo.mjs [--events N]`, after scripts/build and the demo's own build.
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { preview } from "vite";
import { browse, profile } from "../tests/js/engines/visits.js";
import { median, quantile } from "./median.js";

const { values } = parseArgs({ options: { events: { type: "string", default: "100000" } } });
const events = Number(values.events);
const JOURNEYS = 40;
/** The slider's positions: 10,000 events a second, and all that the machine takes. */
const PACES = { "at 10,000 events/s": "11", "at all it takes": "14" };

const endings = [];
const scope = { after: (ending) => endings.unshift(ending) };
const ms = (value) => `${value.toFixed(1)} ms`;

try {
  const server = await preview({
    root: fileURLToPath(new URL("../www", import.meta.url)),
    logLevel: "warn",
    preview: { host: "127.0.0.1", port: 0 },
  });
  scope.after(() => server.close());
  const context = await browse(scope, await profile(scope), ["--js-flags=--expose-gc", "--enable-precise-memory-info"]);
  const page = await context.newPage();
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/`);
  const part = (id) => page.getByTestId(id);
  const numberIn = async (id) => Number((await part(id).textContent()).replaceAll(",", ""));
  const reached = (count) =>
    page.waitForFunction(
      (count) => Number(document.querySelector('[data-testid="event-count"]').textContent.replaceAll(",", "")) >= count,
      count,
      { timeout: 600_000 },
    );
  const heap = () =>
    page.evaluate(() => {
      gc();
      return performance.memory.usedJSHeapSize / 2 ** 20;
    });

  console.log(`${await page.evaluate(() => navigator.userAgent)}, load ${loadavg()[0].toFixed(1)}`);
  await page.locator('[data-testid="status"][data-state="live"]').waitFor();
  await part("stream").click();
  await reached(8742);
  for (const [name, pace] of Object.entries(PACES)) {
    const before = { events: await numberIn("event-count"), heap: await heap() };
    await page.evaluate(() => {
      globalThis.frames = [];
      let last = performance.now();
      const watch = (now) => {
        frames.push(now - last);
        last = now;
        globalThis.watching = requestAnimationFrame(watch);
      };
      globalThis.watching = requestAnimationFrame(watch);
    });
    await part("speed").fill(pace);
    const started = performance.now();
    await part("traffic").click();
    await reached(before.events + events);
    const seconds = (performance.now() - started) / 1000;
    const frames = await page.evaluate(() => {
      cancelAnimationFrame(watching);
      return frames;
    });
    await part("traffic").click();
    await page.waitForFunction(() => document.querySelector('[data-testid="flight-count"]').textContent === "0");
    const rate = Math.round(((await numberIn("event-count")) - before.events) / seconds);
    console.log(
      `streaming ${name}: ${frames.length} frames, median ${ms(median(frames))}, 95th percentile ${ms(quantile(frames, 0.95))}, ` +
        `longest ${ms(Math.max(...frames))}; about ${rate} events/s; heap ${before.heap.toFixed(0)} to ${(await heap()).toFixed(0)} MB`,
    );
  }

  const last = await numberIn("event-count");
  const journeys = [];
  for (let i = 0; i < JOURNEYS; i += 1) {
    const seqNo = 1 + Math.floor(Math.random() * (last - 1));
    journeys.push(
      await page.evaluate(async (seqNo) => {
        const range = document.querySelector('[data-testid="time"]');
        const text = document.querySelector('[data-testid="time-text"]');
        const started = performance.now();
        range.value = seqNo;
        range.dispatchEvent(new Event("input"));
        // Until the page says where it is, and two frames more: by then the picture is drawn.
        while (!text.textContent.startsWith(`Event ${seqNo.toLocaleString("en-US")},`)) await new Promise((done) => setTimeout(done));
        for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
        return performance.now() - started;
      }, seqNo),
    );
  }
  console.log(
    `travelling to ${JOURNEYS} events of ${last}, until drawn: median ${ms(median(journeys))}, ` +
      `95th percentile ${ms(quantile(journeys, 0.95))}, longest ${ms(Math.max(...journeys))}`,
  );
} finally {
  for (const end of endings) await end();
}
