// Every bundler builds the page, the page with the WebAssembly as a file, and the page with a worker; Chromium runs them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildProject, bundlers } from "./bundlers.js";
import { shopInPage, start, stop } from "./pages.js";
import { serve } from "./static-server.js";

const limit = { timeout: 120_000 };
before(start);
after(stop);

for (const bundler of Object.keys(bundlers)) {
  for (const name of ["page", "slim", "worker"]) {
    test(`${bundler} builds the ${name}`, limit, async (t) => {
      const server = await serve(await buildProject(bundler, name));
      t.after(server.close);
      await shopInPage(`${server.origin}/`);
      const fetched = server.requested.filter((path) => path.endsWith(".wasm"));
      assert.equal(fetched.length > 0, name === "slim", `it fetched ${server.requested}`);
    });
  }
}

test("vite gives the file's address to useWasm", limit, async (t) => {
  const server = await serve(await buildProject("vite", "url"));
  t.after(server.close);
  await shopInPage(`${server.origin}/`);
  assert.ok(server.requested.some((path) => path.endsWith(".wasm")), `it fetched ${server.requested}`);
});

for (const name of ["page", "slim", "worker", "url"]) {
  test(`Vite's development server serves the ${name}`, limit, async (t) => {
    const { createServer } = await import("vite");
    const root = new URL(`projects/${name}`, import.meta.url).pathname;
    const cacheDir = new URL(`out/vite-dev-${name}`, import.meta.url).pathname;
    const server = await createServer({ root, cacheDir, logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
    t.after(() => server.close());
    await server.listen();
    await shopInPage(`http://127.0.0.1:${server.httpServer.address().port}/`);
  });
}
