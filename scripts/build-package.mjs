// Builds the npm package from pkg/src and the generated pkg/wasm: what the entries share, the entries, the WebAssembly
// as a file, and the declarations of what is public. Runs in the repository's root, after the core was built:
// `scripts/build` does both.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { zlibAsync } from "@gfx/zopfli";
import { build } from "esbuild";
import { printSizes } from "./package-sizes.mjs";

const WASM = "pkg/wasm";
const DIST = "pkg/dist";
const ENTRIES = ["index", "slim", "slim.node", "workerd", "edge-light"];
/** The roots of what is declared. */
const PUBLIC = ["index", "slim"];

/**
 * The default entry's WebAssembly: compressed, as base64 alone would be larger than any server's compression undoes. By
 * zopfli, which takes two seconds to make it 6 % smaller than zlib does.
 */
async function inlineWasm() {
  const compressed = await zlibAsync(readFileSync(`${WASM}/everbus_bg.wasm`), { numiterations: 5 });
  const base64 = Buffer.from(compressed).toString("base64");
  writeFileSync(`${WASM}/inline.js`, `export const wasm = "${base64}";\n`);
  writeFileSync(`${WASM}/inline.d.ts`, "export declare const wasm: string;\n");
}

async function bundle() {
  const options = { outdir: DIST, bundle: true, format: "esm", target: "es2022", logLevel: "warning" };
  await build({ ...options, entryPoints: ["pkg/src/entries/core.ts"], minify: true, sourcemap: "linked" });
  // Not minified, as that would take the marks away by which bundlers know what has no effect.
  await build({
    ...options,
    entryPoints: ENTRIES.map((name) => `pkg/src/entries/${name}.ts`),
    external: ["./core.js", "./everbus.wasm", "./everbus.wasm?module", "node:fs/promises"],
  });
  copyFileSync(`${WASM}/everbus_bg.wasm`, `${DIST}/everbus.wasm`);
}

/** Writes the declarations, and keeps those that are reached from the public ones: the rest is private. */
function declare() {
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "pkg/tsconfig.json"], { stdio: "inherit" });
  const reached = new Set();
  const visit = (path) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const [, specifier] of readFileSync(path, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)\.js"/g)) {
      visit(join(dirname(path), `${specifier}.d.ts`));
    }
  };
  for (const name of PUBLIC) visit(join(DIST, `${name}.d.ts`));
  for (const path of reached) {
    if (relative(DIST, path).startsWith("..")) throw new Error(`the public types reach ${path}, which is private`);
  }
  for (const file of readdirSync(DIST, { recursive: true })) {
    if (file.endsWith(".d.ts") && !reached.has(join(DIST, file))) rmSync(join(DIST, file));
  }
  for (const folder of readdirSync(DIST, { withFileTypes: true })) {
    const path = join(DIST, folder.name);
    if (folder.isDirectory() && readdirSync(path).length === 0) rmdirSync(path);
  }
}

/** The README without its picture and its links into the repository, which lead nowhere from npm. */
function describe() {
  const readme = readFileSync("README.md", "utf8");
  const picture = /^!\[.*\]\((?!https?:).*\)\n\n/gm;
  const link = /\[([^\]]+)\]\((?!https?:|#)[^)]*\)/g;
  writeFileSync("pkg/README.md", readme.replace(picture, "").replace(link, "$1"));
}

rmSync(DIST, { recursive: true, force: true });
for (const file of ["LICENSE-MIT", "LICENSE-APACHE"]) copyFileSync(file, `pkg/${file}`);
describe();
await inlineWasm();
await bundle();
declare();
printSizes();
