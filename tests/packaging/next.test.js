// Next builds a page that uses the package in the browser, and pages that use it while they are rendered: in Node, and in
// the edge runtime.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildNext, serveNext } from "./next.js";
import { outcome } from "./outcome.js";
import { shopInPage, start, stop } from "./pages.js";

const limit = { timeout: 300_000 };
before(start);
after(stop);

/** What a page says that a server renders. */
async function rendered(address) {
  const html = await (await fetch(address)).text();
  return JSON.parse(/<pre>(.*)<\/pre>/.exec(html)[1].replaceAll("&quot;", '"'));
}

for (const bundler of ["turbopack", "webpack"]) {
  test(`Next builds it with ${bundler}`, limit, async (t) => {
    const address = await serveNext(t, await buildNext(bundler));
    await shopInPage(address);
    assert.deepEqual(await rendered(`${address}/node`), outcome(1, "memory"));
    assert.deepEqual(await rendered(`${address}/edge`), outcome(1, "memory"));
  });
}
