// What the package consists of, and that it fits everywhere: its files, its sizes, its exports and its types.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { test } from "node:test";
import { build } from "esbuild";
import { publint } from "publint";
import { passedLimits } from "../../scripts/package-sizes.mjs";
import { run } from "./runtimes.js";

const here = new URL(".", import.meta.url);
const packed = JSON.parse(readFileSync(new URL("out/packed.json", here), "utf8"));

test("the package has these files", () => {
  assert.deepEqual(packed.files.map(({ path }) => path).sort(), [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/api/bus.d.ts",
    "dist/api/envelope.d.ts",
    "dist/api/errors.d.ts",
    "dist/api/event.d.ts",
    "dist/api/filter.d.ts",
    "dist/api/log.d.ts",
    "dist/api/schema.d.ts",
    "dist/api/typed.d.ts",
    "dist/bus/open.d.ts",
    "dist/core.js",
    "dist/core.js.map",
    "dist/core/compile.d.ts",
    "dist/edge-light.js",
    "dist/events/constructors.d.ts",
    "dist/everbus.wasm",
    "dist/index.d.ts",
    "dist/index.js",
    "dist/slim.d.ts",
    "dist/slim.js",
    "dist/slim.node.js",
    "dist/workerd.js",
    "package.json",
    "slim.js",
  ]);
});

test("installing it installs nothing else and runs nothing", () => {
  const manifest = JSON.parse(readFileSync(new URL("node_modules/everbus/package.json", here), "utf8"));
  for (const field of ["dependencies", "peerDependencies", "optionalDependencies", "scripts", "bin"]) {
    assert.ok(!(field in manifest), field);
  }
});

test("its README has links that npm can follow", () => {
  const readme = readFileSync(new URL("node_modules/everbus/README.md", here), "utf8");
  assert.deepEqual([...readme.matchAll(/\]\((.*?)\)/g)].map(([, to]) => to).filter((to) => !to.startsWith("https://")), []);
});

test("its WebAssembly doesn't say where it was built", () => {
  const module = readFileSync(new URL("node_modules/everbus/dist/everbus.wasm", here), "latin1");
  assert.ok(module.includes("registry/"), "it says in which file of a dependency it panicked");
  assert.ok(!module.includes(`${homedir()}/.`));
});

test("it is within its limits of size", () => {
  assert.deepEqual(passedLimits(), []);
});

test("every entry exports the same, and the slim ones a function more", async () => {
  const names = async (path) => Object.keys(await import(`./node_modules/everbus/${path}`)).sort();
  const all = ["EverbusError", "deleteBus", "entity", "link", "openBus"];
  assert.deepEqual(await names("dist/index.js"), all);
  for (const path of ["slim.js", "dist/slim.js", "dist/slim.node.js"]) {
    assert.deepEqual(await names(path), [...all, "useWasm"], path);
  }
});

test("a bundler leaves out what isn't used", async () => {
  const bundle = async (contents) => {
    const options = { bundle: true, format: "esm", minify: true, write: false, logLevel: "error" };
    const { outputFiles } = await build({ stdin: { contents, resolveDir: here.pathname }, ...options });
    return outputFiles[0].text;
  };
  assert.equal(await bundle('import { openBus } from "everbus"; import { useWasm } from "everbus/slim"'), "");
  const { length } = await bundle('import { entity } from "everbus"; console.log(entity)');
  assert.ok(length < 45_000, `${length} characters: the WebAssembly isn't used`);
});

test("publint has nothing to say", async () => {
  const { messages } = await publint({ pkgDir: new URL("node_modules/everbus", here).pathname, strict: true });
  assert.deepEqual(messages, []);
});

test("the types are what is imported, whatever the resolution", { timeout: 60_000 }, async () => {
  // The WebAssembly has no types: what importing it gives depends on the bundler.
  await run("node_modules/.bin/attw", `out/${packed.filename}`, "--profile", "esm-only", "--exclude-entrypoints", "wasm");
});
