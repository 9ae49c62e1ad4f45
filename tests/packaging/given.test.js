// `useWasm`: every way to say where the WebAssembly is.
import assert from "node:assert/strict";
import { copyFile, mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { outcome } from "./outcome.js";
import { run } from "./runtimes.js";
import { serve } from "./static-server.js";

const limit = { timeout: 60_000 };
const expected = outcome(1, "memory");
const here = new URL(".", import.meta.url).pathname;
let server;

before(async () => {
  await mkdir(`${here}out/given`, { recursive: true });
  for (const name of ["everbus.wasm", "everbus.bin"]) {
    await copyFile(`${here}node_modules/everbus/dist/everbus.wasm`, `${here}out/given/${name}`);
  }
  server = await serve(`${here}out/given`);
});
after(() => server.close());

const given = async (way) => JSON.parse(await run(process.execPath, "projects/given.js", way, server.origin));

for (const way of ["address", "url", "request", "response", "bytes", "module", "otherType"]) {
  test(`it may be given as: ${way}`, limit, async () => assert.deepEqual(await given(way), expected));
}

const failures = {
  missing: /missing\.wasm answered 404/,
  unreachable: /can't be fetched from http:\/\/127\.0\.0\.1:1\/everbus\.wasm$/,
  rejected: /can't be fetched$/,
};
for (const [way, said] of Object.entries(failures)) {
  test(`what is ${way} is told, and may be given anew`, limit, async () => {
    const { name, code, message, then } = await given(way);
    assert.deepEqual([name, code], ["EverbusError", "unavailable"]);
    assert.match(message, said);
    assert.deepEqual(then, expected);
  });
}

for (const way of ["nothing", "number"]) {
  test(`it may not be given as: ${way}`, limit, async () => {
    const { name, code, then } = await given(way);
    assert.deepEqual([name, code, then], ["EverbusError", "invalid_option", expected]);
  });
}
