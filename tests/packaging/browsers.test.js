// Pages without a bundler, pages with a strict policy, and every kind of worker, in Chromium.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildProject } from "./bundlers.js";
import { shopInPage, start, stop, visit } from "./pages.js";
import { serve } from "./static-server.js";

const limit = { timeout: 120_000 };
const here = new URL(".", import.meta.url).pathname;
const policy = (scripts) => ({
  "content-security-policy": `default-src 'none'; connect-src 'self'; img-src data:; script-src ${scripts}`,
});

before(start);
after(stop);

const serving = async (t, folder, headers) => {
  const server = await serve(folder, headers);
  t.after(server.close);
  return server.origin;
};

for (const project of ["page", "slim"]) {
  test(`a script of type module imports the ${project}`, limit, async (t) => {
    await shopInPage(`${await serving(t, here)}/projects/plain/?script=/projects/${project}/main.js`);
  });

  test(`a policy that allows 'wasm-unsafe-eval' is enough for the ${project}`, limit, async (t) => {
    const folder = await buildProject("esbuild", project);
    await shopInPage(`${await serving(t, folder, policy("'self' 'wasm-unsafe-eval'"))}/`);
  });
}

test("a policy without 'wasm-unsafe-eval' is named by the error", limit, async (t) => {
  const folder = await buildProject("esbuild", "page");
  await visit(`${await serving(t, folder, policy("'self'"))}/`, async (load) => {
    await assert.rejects(load(), /EverbusError: .*wasm-unsafe-eval/);
  });
});

for (const realm of ["Worker", "SharedWorker", "ServiceWorker"]) {
  test(`a ${realm} imports the package`, limit, async (t) => {
    await shopInPage(`${await serving(t, here)}/projects/realms/?realm=${realm}`);
  });
}
