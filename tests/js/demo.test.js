// The demo as people see it: built by vite, streamed, reloaded, edited by hand. Screenshots go to tests/artefacts.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";
import { browse, profile } from "./engines/visits.js";

const folder = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const artefacts = folder("tests/artefacts/");
let built;
let site;
before(async () => {
  await mkdir(artefacts, { recursive: true });
  built = await mkdtemp(join(tmpdir(), "everbus-demo-"));
  const common = { root: folder("www"), logLevel: "warn" };
  await build({ ...common, build: { outDir: built, emptyOutDir: true } });
  const server = await preview({ ...common, build: { outDir: built }, preview: { host: "127.0.0.1", port: 0 } });
  site = { url: `http://127.0.0.1:${server.httpServer.address().port}/`, close: () => server.close() };
}, { timeout: 180_000 });
after(async () => {
  await site?.close();
  if (built) await rm(built, { recursive: true, force: true });
});

/** The demo in a browser: its parts by their test ids, and waits for what they show. */
class Demo {
  constructor(page) {
    this.page = page;
    this.problems = [];
    page.on("pageerror", (error) => this.problems.push(`uncaught: ${error.stack}`));
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(`console: ${message.text()}`);
    });
  }

  part(id) {
    return this.page.getByTestId(id);
  }

  async shows(id, text) {
    await this.page
      .waitForFunction(([id, text]) => document.querySelector(`[data-testid="${id}"]`)?.textContent === text, [id, text], { timeout: 60_000 })
      .catch(async () => assert.equal(await this.part(id).textContent(), text, id));
  }

  async counts(airports, routes, events) {
    await this.shows("airport-count", airports);
    await this.shows("route-count", routes);
    await this.shows("event-count", events);
  }

  async live() {
    await this.page.locator('[data-testid="status"][data-state="live"]').waitFor();
    return this.part("status").textContent();
  }

  async select(code) {
    await this.part("search").fill(code);
    await this.part("search").press("Enter");
    await this.shows("selected-code", code);
  }

  async photograph(name) {
    await this.page.screenshot({ path: join(artefacts, `demo-${name}.png`) });
  }

  async isWell() {
    assert.deepEqual(this.problems, []);
    assert.equal(await this.part("error").isVisible(), false, await this.part("error").textContent());
  }
}

async function show(t, context) {
  const demo = new Demo(await context.newPage());
  await demo.page.setViewportSize({ width: 1280, height: 900 });
  await demo.page.goto(site.url);
  await demo.live();
  return demo;
}

test("the demo streams, and a reload rebuilds it from the log", { timeout: 180_000 }, async (t) => {
  const demo = await show(t, await browse(t, await profile(t)));
  await demo.counts("0", "0", "0");
  await demo.photograph("empty");
  await demo.part("stream").click();
  await demo.counts("3,376", "5,366", "8,742");
  await demo.live();
  await demo.photograph("streamed");
  await demo.page.reload();
  assert.match(await demo.live(), /Replayed 8,742 events/);
  await demo.counts("3,376", "5,366", "8,742");
  await demo.photograph("replayed");
  await demo.isWell();
});

test("airports are added, renamed and deleted by hand, and stay so after a reload", { timeout: 180_000 }, async (t) => {
  const demo = await show(t, await browse(t, await profile(t)));
  for (const [code, name, latitude, longitude] of [["ZZA", "Alpha Field", "39", "-98"], ["ZZB", "Beta Field", "41", "-100"]]) {
    await demo.part("add-airport").click();
    await demo.part("airport-code").fill(code);
    await demo.part("airport-name").fill(name);
    await demo.part("airport-latitude").fill(latitude);
    await demo.part("airport-longitude").fill(longitude);
    await demo.part("airport-save").click();
    await demo.part("airport-form").waitFor({ state: "hidden" });
  }
  await demo.counts("2", "0", "2");
  await demo.part("add-route").click();
  await demo.part("route-from").fill("ZZA");
  await demo.part("route-to").fill("ZZB");
  await demo.part("route-save").click();
  await demo.counts("2", "1", "3");
  await demo.select("ZZA");
  await demo.part("rename-airport").click();
  await demo.part("rename-name").fill("Gamma Field");
  await demo.part("rename-save").click();
  await demo.shows("selected-name", "Gamma Field");
  await demo.counts("2", "1", "4");
  await demo.photograph("edited");

  await demo.page.reload();
  await demo.live();
  await demo.counts("2", "1", "4");
  await demo.select("ZZA");
  await demo.shows("selected-name", "Gamma Field");
  await demo.part("delete-airport").click();
  await demo.counts("1", "0", "6");
  await demo.page.reload();
  await demo.live();
  await demo.counts("1", "0", "6");
  await demo.isWell();
});

test("a second tab shows what the first one streams", { timeout: 180_000 }, async (t) => {
  const context = await browse(t, await profile(t));
  const [streaming, watching] = [await show(t, context), await show(t, context)];
  await streaming.page.bringToFront();
  await streaming.part("stream").click();
  await streaming.counts("3,376", "5,366", "8,742");
  await watching.page.bringToFront();
  await watching.counts("3,376", "5,366", "8,742");
  await watching.shows("status", "Live: another tab has brought the log to event 8,742.");
  await watching.photograph("second-tab");
  for (const demo of [streaming, watching]) await demo.isWell();
});

test("forgetting empties the demo for good", { timeout: 180_000 }, async (t) => {
  const demo = await show(t, await browse(t, await profile(t)));
  await demo.part("add-airport").click();
  await demo.part("airport-code").fill("ZZA");
  await demo.part("airport-name").fill("Alpha Field");
  await demo.part("airport-latitude").fill("39");
  await demo.part("airport-longitude").fill("-98");
  await demo.part("airport-save").click();
  await demo.counts("1", "0", "1");
  await demo.part("forget").click();
  await demo.part("forget-confirm").click();
  await demo.counts("0", "0", "0");
  await demo.page.reload();
  await demo.live();
  await demo.counts("0", "0", "0");
});
