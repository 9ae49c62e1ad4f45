// Builds the npm package from pkg/src and the generated pkg/wasm: one module with the WebAssembly inside, and the
// declarations of what is public. Runs in the repository's root, after the core was built: `scripts/build` does both.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const WASM = "pkg/wasm";
const DIST = "pkg/dist";

function inlineWasm() {
  const base64 = readFileSync(`${WASM}/everbus_bg.wasm`).toString("base64");
  writeFileSync(`${WASM}/inline.js`, `export const wasm = "${base64}";\n`);
  writeFileSync(`${WASM}/inline.d.ts`, "export declare const wasm: string;\n");
}

async function bundle() {
  await build({
    entryPoints: ["pkg/src/index.ts"],
    outfile: `${DIST}/index.js`,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: "linked",
    logLevel: "warning",
  });
  // The map needs the sources, but not a second copy of the WebAssembly.
  const map = JSON.parse(readFileSync(`${DIST}/index.js.map`, "utf8"));
  map.sourcesContent = map.sourcesContent.map((text, i) => (map.sources[i].endsWith("/inline.js") ? null : text));
  writeFileSync(`${DIST}/index.js.map`, JSON.stringify(map));
}

/** Writes the declarations, and keeps those that are reached from the package's entry: the rest is private. */
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
  visit(join(DIST, "index.d.ts"));
  for (const path of reached) {
    if (relative(DIST, path).startsWith("..")) throw new Error(`the public types reach ${path}, which is private`);
  }
  for (const file of readdirSync(DIST)) {
    if (file.endsWith(".d.ts") && !reached.has(join(DIST, file))) rmSync(join(DIST, file));
  }
}

function printSize(path) {
  const bytes = readFileSync(path);
  console.log(`${path}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`);
}

rmSync(DIST, { recursive: true, force: true });
inlineWasm();
await bundle();
declare();
printSize(`${WASM}/everbus_bg.wasm`);
printSize(`${DIST}/index.js`);
