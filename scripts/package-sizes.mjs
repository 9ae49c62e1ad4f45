// What the package costs a page, compressed as servers do it. pkg/size.json has the limits, in bytes, somewhat above
// what it is, and the aims for gzip, far below.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const DIST = new URL("../pkg/dist/", import.meta.url);
const LIMITS = new URL("../pkg/size.json", import.meta.url);

/** What each way of using the package loads. */
const LOADS = {
  "everbus": ["index.js", "core.js"],
  "everbus/slim, its JavaScript": ["slim.js", "core.js"],
  "everbus/slim, its WebAssembly": ["everbus.wasm"],
  "everbus/slim": ["slim.js", "core.js", "everbus.wasm"],
};

/** `{ everbus: { raw, gzip, brotli } … }`, in bytes. */
export function measureSizes() {
  const sum = (files, size) => files.reduce((total, file) => total + size(readFileSync(new URL(file, DIST))), 0);
  return Object.fromEntries(
    Object.entries(LOADS).map(([use, files]) => [
      use,
      {
        raw: sum(files, (bytes) => bytes.length),
        gzip: sum(files, (bytes) => gzipSync(bytes, { level: 9 }).length),
        brotli: sum(files, (bytes) => brotliCompressSync(bytes).length),
      },
    ]),
  );
}

/** A sentence for each limit that is passed, or that is for nothing. */
export function passedLimits() {
  const limits = JSON.parse(readFileSync(LIMITS, "utf8"));
  const sizes = measureSizes();
  const unknown = Object.keys(limits).filter((use) => !(use in sizes));
  const passed = Object.entries(sizes).flatMap(([use, size]) =>
    ["gzip", "brotli"]
      .filter((by) => !(size[by] <= limits[use]?.[by]))
      .map((by) => `${use}: ${size[by]} bytes with ${by}, and the limit is ${limits[use]?.[by]}`),
  );
  return [...passed, ...unknown.map((use) => `${use}: unknown, but it has a limit`)];
}

export function printSizes() {
  for (const [use, { raw, gzip, brotli }] of Object.entries(measureSizes())) {
    console.log(`${use}: ${raw} bytes, ${gzip} with gzip, ${brotli} with brotli`);
  }
}
