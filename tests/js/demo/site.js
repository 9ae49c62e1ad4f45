// The demo as people see it: built by vite, served, and a page of it by its parts. Screenshots go to tests/artefacts.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";

const folder = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const artefacts = folder("tests/artefacts/");
let built;
let site;

/** Builds and serves the demo for the tests of a file. */
export function serveDemo() {
  before(async () => {
    await mkdir(artefacts, { recursive: true });
    built = await mkdtemp(join(tmpdir(), "everbus-demo-"));
    await build({ root: folder("www"), logLevel: "warn", build: { outDir: built, emptyOutDir: true } });
    // For tests that ask the log itself.
    await cp(folder("pkg/dist"), join(built, "package"), { recursive: true });
    site = await serve(built);
  }, { timeout: 180_000 });
  after(async () => {
    await site?.close();
    if (built) await rm(built, { recursive: true, force: true });
  });
}

async function serve(outDir) {
  const server = await preview({ root: folder("www"), logLevel: "warn", build: { outDir }, preview: { host: "127.0.0.1", port: 0 } });
  return { url: `http://127.0.0.1:${server.httpServer.address().port}/`, close: () => server.close() };
}

/** The built demo once more, at an address of its own until the test `t` is over: `{ url, folder, close }`. */
export async function serveCopy(t) {
  const copy = await mkdtemp(join(tmpdir(), "everbus-demo-"));
  t.after(() => rm(copy, { recursive: true, force: true }));
  await cp(built, copy, { recursive: true });
  const server = await serve(copy);
  let closed;
  const close = () => (closed ??= server.close());
  t.after(close);
  return { url: server.url, folder: copy, close };
}

/** Keeps a screenshot for whoever wants to look. */
export const keepPhotograph = (name, png) => writeFile(join(artefacts, `demo-${name}.png`), png);

/** Where the demo is served. */
export const address = () => site.url;

/** The demo in a browser: its parts by their test ids, and waits for what they show. */
export class Demo {
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

  /** Runs `work({ bus, entity, link }, arg)` in the page, with a bus of its own over the demo's log. */
  async withBus(work, arg) {
    const opened = await this.page.evaluateHandle(async () => {
      const { openBus, entity, link } = await import(new URL("package/index.js", location.href).href);
      return { bus: await openBus("everbus-demo"), entity, link };
    });
    try {
      return await opened.evaluate(work, arg);
    } finally {
      await opened.evaluate(({ bus }) => bus.close());
    }
  }

  /** Turns to one of the tabs beside the picture: explore, log, tabs, readers, accidents. */
  async turnTo(name) {
    await this.part(`tab-${name}`).click();
  }

  async photograph(name) {
    await keepPhotograph(name, await this.page.screenshot());
  }

  async isWell() {
    assert.deepEqual(this.problems, []);
    assert.equal(await this.part("error").isVisible(), false, await this.part("error").textContent());
  }
}

/** The demo in a new tab, once it is live. */
export async function show(context, url = site.url) {
  const demo = new Demo(await context.newPage());
  await demo.page.setViewportSize({ width: 1280, height: 900 });
  await demo.page.goto(url);
  await demo.live();
  return demo;
}
