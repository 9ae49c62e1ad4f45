// One bus in a window, a dedicated, a shared and a service worker at once, in each engine: each of them writes, and all
// of them get everything once and in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "./engines/static-server.js";

for (const engine of ["chromium", "firefox", "webkit"]) {
  test(`windows and all kinds of workers deliver each other's events: ${engine}`, { timeout: 180_000 }, async (t) => {
    const { launch } = await import(`./engines/${engine}.js`);
    let heard;
    const outcome = new Promise((resolve) => (heard = resolve));
    const server = await serve((_, outcome) => heard(outcome));
    t.after(() => server.close());
    const browser = await launch();
    t.after(() => browser.close());
    await browser.open(`${server.origin}/tests/js/hosts/realms.html?run=-realms`);
    const { broken, names, wrong, got } = await outcome;
    assert.equal(broken, undefined);
    assert.deepEqual(names, ["window", "worker", "shared", "service"]);
    assert.deepEqual(wrong, [], JSON.stringify(got));
  });
}
