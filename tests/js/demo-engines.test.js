// The demo in the other engines, by their own drivers: it streams, shows, travels, reloads, and agrees with a second window.
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, keepPhotograph, serveDemo } from "./demo/site.js";
import { despiteCrashes } from "./engines/crashes.js";
import { launch as launchFirefox } from "./engines/firefox.js";
import { launch as launchWebKit } from "./engines/webkit.js";

serveDemo();

const limit = { timeout: 180_000 };
const find = (id) => `document.querySelector('[data-testid="${id}"]')`;

/** The demo in the window that the driver shows, by its parts. */
class Driven {
  constructor(driver) {
    this.driver = driver;
  }

  run(script) {
    return this.driver.command("POST", "/execute/sync", { script, args: [] });
  }

  async open() {
    await this.driver.command("POST", "/window/rect", { width: 1280, height: 900 });
    await this.driver.open(address());
    await this.live();
    await this.run(`
      window.problems = [];
      addEventListener("error", ({ message }) => problems.push(message));
      addEventListener("unhandledrejection", ({ reason }) => problems.push(String(reason)));
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => problems.push(violatedDirective + " " + blockedURI));
    `);
  }

  /** Waits until an expression is true in the page. */
  async until(expression) {
    while (!(await this.run(`return ${expression}`))) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  text(id) {
    return this.run(`return ${find(id)}.textContent`);
  }

  async click(id) {
    await this.until(`!${find(id)}.disabled`);
    await this.run(`${find(id)}.click()`);
  }

  shows(id, text) {
    return this.until(`${find(id)}.textContent === ${JSON.stringify(text)}`);
  }

  live() {
    return this.until(`${find("status")}?.dataset.state === "live"`);
  }

  async counts(airports, routes, events) {
    await this.shows("airport-count", airports);
    await this.shows("route-count", routes);
    await this.shows("event-count", events);
  }

  async photograph(name) {
    await keepPhotograph(name, Buffer.from(await this.driver.command("GET", "/screenshot"), "base64"));
  }

  async isWell() {
    assert.deepEqual(await this.run("return problems"), []);
    assert.equal(await this.text("error"), "");
  }
}

for (const [engine, launch] of Object.entries({ Firefox: launchFirefox, WebKitGTK: launchWebKit })) {
  const started = async (t) => {
    const driver = await launch();
    t.after(() => driver.close());
    return driver;
  };

  test(`${engine} streams, shows the log, travels, and rebuilds everything when it is opened again`, limit, despiteCrashes(async (t) => {
    const demo = new Driven(await started(t));
    await demo.open();
    await demo.click("stream");
    await demo.counts("3,376", "5,366", "8,742");
    await demo.live();
    await demo.photograph(`${engine}-map`);
    await demo.click("tab-graph");
    await demo.until(`${find("graph")}.hidden === false && ${find("map")}.hidden === true`);
    await demo.click("tab-log");
    await demo.shows("log-size", "8,742 events");
    await demo.until(`${find("log-list")}.textContent.includes("YUM")`);
    await demo.photograph(`${engine}-graph-and-log`);
    await demo.run(`
      const time = ${find("time")};
      time.value = 3376;
      time.dispatchEvent(new Event("input", { bubbles: true }));
    `);
    await demo.counts("3,376", "0", "3,376");
    await demo.click("back");
    await demo.counts("3,376", "5,366", "8,742");
    await demo.isWell();
    await demo.open();
    await demo.counts("3,376", "5,366", "8,742");
    assert.match(await demo.text("status"), /Replayed 8,742 events/);
    await demo.isWell();
  }));

  test(`${engine} shows the same in a second window, with what another one publishes meanwhile`, limit, despiteCrashes(async (t) => {
    const driver = await started(t);
    const demo = new Driven(driver);
    await demo.open();
    const first = await driver.command("GET", "/window");
    const { handle: second } = await driver.command("POST", "/window/new", { type: "window" });
    const turnTo = (handle) => driver.command("POST", "/window", { handle });
    await turnTo(second);
    await demo.open();
    await demo.click("tab-tabs");
    await turnTo(first);
    await demo.click("stream");
    await demo.counts("3,376", "5,366", "8,742");
    await turnTo(second);
    await demo.counts("3,376", "5,366", "8,742");
    await demo.until(`/^Agrees with tab [0-9a-f]{4} at event 8,742\\.$/.test(${find("agreement")}.textContent)`);
    await demo.shows("latency-events", "Measured on the newest 200 events of other tabs.");
    await demo.photograph(`${engine}-second-window`);
    await demo.isWell();
    await turnTo(first);
    await demo.isWell();
  }));
}
