// The types: what must compile does, and what must not doesn't.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

for (const project of ["tsconfig.json", "tsconfig.node.json", "tsconfig.server.json"]) {
  test(`types/${project} compiles`, async () => {
    const path = fileURLToPath(new URL(`types/${project}`, import.meta.url));
    const [failed, output] = await new Promise((resolve) => {
      execFile(process.execPath, [tsc, "-p", path], { timeout: 120_000 }, (error, stdout, stderr) => resolve([error, stdout + stderr]));
    });
    assert.ok(!failed, output || String(failed));
  });
}
