// The README's example runs as it stands, but for the package's address.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { serve } from "./engines/static-server.js";
import { browse, profile, visit } from "./engines/visits.js";

let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

test("the README's first example runs in a page, twice", { timeout: 120_000 }, async (t) => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const example = /^```(?:js|javascript|ts)\n(.*?)^```$/ms.exec(readme)?.[1];
  assert.ok(example, "README.md has no ```js block");
  assert.match(example, /from "everbus"/);
  assert.ok(example.trimEnd().split("\n").length <= 15, "it has more than 15 lines");
  const page = await visit(t, await browse(t, await profile(t)), server.origin);
  for (const run of ["first", "second"]) {
    const printed = [];
    const heard = new Promise((resolve) => {
      page.on("console", (message) => {
        printed.push(`${message.type()}: ${message.text()}`);
        resolve();
      });
    });
    // A module that fails is an uncaught error, which fails the visit.
    await page.addScriptTag({ type: "module", content: example.replaceAll('from "everbus"', 'from "/pkg/dist/index.js"') });
    await heard;
    assert.deepEqual(printed.filter((line) => line.startsWith("error:")), [], run);
    await page.reload();
  }
});
