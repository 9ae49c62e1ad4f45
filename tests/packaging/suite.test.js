// The shared suite on the installed package: in every runtime, in a page that imports it by its
// name, and in workers of every kind.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { start, stop, visit } from "./pages.js";
import { print, runtimes } from "./runtimes.js";
import { serve } from "./static-server.js";
import { edgeRuntime, worker } from "./workers.js";

const limit = { timeout: 300_000 };
const here = new URL(".", import.meta.url).pathname;

/** The suite names the package by its file in the repository; here it is the installed one, which is known as `path`. */
const installedAs = (path) => ({
  name: "installed",
  setup({ onResolve }) {
    onResolve({ filter: /\/pkg\/dist\/index\.js$/ }, () => ({ path, external: true }));
  },
});

const bundle = (names, path) =>
  build({
    entryPoints: names.map((name) => `${here}suite/${name}.js`),
    outdir: `${here}out/suite`,
    plugins: [installedAs(path)],
    loader: { ".ndjson": "text" },
    bundle: true,
    format: "esm",
    logLevel: "error",
  });

before(async () => {
  await bundle(["program", "worker", "edge", "main"], "everbus");
  // Workers have no import map.
  await bundle(["realm"], "/node_modules/everbus/dist/index.js");
  await start();
});
after(stop);

function passed({ failed, passed, skipped }) {
  assert.deepEqual(failed, []);
  assert.ok(passed > 300, `${passed} passed, ${skipped} skipped`);
}

for (const name of Object.keys(runtimes)) {
  test(`the suite in ${name}`, limit, async () => passed(JSON.parse(await print(name, "out/suite/program.js"))));
}

test("the suite in a Worker", limit, async (t) => {
  const { fetch } = await worker(t, "out/suite/worker.js");
  passed(await (await fetch()).json());
});

test("the suite in an edge runtime", limit, async () => {
  const { fetch } = await edgeRuntime("out/suite/edge.js");
  passed(await (await fetch()).json());
});

/** What the suite comes to in a page. A frame of the suite's imports the package from another origin, by its file in the repository. */
async function passedInPage(t, page) {
  const rename = (path) => path.replace("/pkg/", "/node_modules/everbus/");
  const server = await serve(here, { "access-control-allow-origin": "*" }, rename);
  t.after(server.close);
  await visit(`${server.origin}/projects/${page}`, async (outcome) => passed(await outcome()));
}

test("the suite in a page", limit, (t) => passedInPage(t, "plain/?script=/out/suite/main.js"));

for (const realm of ["Worker", "SharedWorker", "ServiceWorker"]) {
  test(`the suite in a page's ${realm}`, limit, (t) => passedInPage(t, `realms/?realm=${realm}&script=/out/suite/realm.js`));
}
