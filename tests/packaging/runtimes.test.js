// Node, Deno, Bun, Workers and edge runtimes, each as it comes. None has IndexedDB: the log is in memory and says so, but in
// tests that bring one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { outcome } from "./outcome.js";
import { print, run, runtimes } from "./runtimes.js";
import { edgeRuntime, worker } from "./workers.js";

const limit = { timeout: 120_000 };
const expected = outcome(1, "memory");

for (const name of Object.keys(runtimes)) {
  for (const script of ["run.js", "run-slim.js"]) {
    test(`${name} runs ${script}`, limit, async () => {
      assert.deepEqual(JSON.parse(await print(name, `projects/${script}`)), expected);
    });
  }
}

const [major, minor] = process.versions.node.split(".").map(Number);
const requires = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
test("Node requires it", { ...limit, skip: requires ? false : "this Node can't require modules" }, async () => {
  assert.deepEqual(JSON.parse(await print("Node", "projects/run.cjs")), expected);
});

test("both entries have the same buses", limit, async () => {
  assert.deepEqual(JSON.parse(await print("Node", "projects/both.js")), { heard: 1, sameErrors: true });
});

test("importing it on a server does nothing", limit, async () => {
  assert.deepEqual(JSON.parse(await print("Node", "projects/ssr.mjs")), { touched: [], added: 0 });
});

for (const script of ["worker.js", "worker-slim.js"]) {
  test(`a Worker built by Wrangler runs ${script}`, limit, async (t) => {
    const { fetch } = await worker(t, `projects/${script}`);
    assert.deepEqual(await (await fetch()).json(), expected);
  });
}

test("an edge runtime runs it", limit, async () => {
  const { fetch } = await edgeRuntime("projects/edge.js");
  assert.deepEqual(await (await fetch()).json(), expected);
});

/** How a program of tests has ended that was started like this. */
async function tested(...command) {
  const { numPassedTests, success } = JSON.parse(await run(...command));
  return { numPassedTests, success };
}

test("Vitest runs it", limit, async () => {
  const vitest = ["node_modules/.bin/vitest", "run", "--root", "projects/vitest", "--reporter", "json"];
  assert.deepEqual(await tested(...vitest), { numPassedTests: 2, success: true });
});

for (const environment of ["node", "jsdom", "happy-dom"]) {
  test(`Vitest in ${environment} finds again what it has stored in fake-indexeddb`, limit, async () => {
    const vitest = ["node_modules/.bin/vitest", "run", "--root", "projects/stored", "--reporter", "json", "--globals"];
    assert.deepEqual(await tested(...vitest, "--environment", environment), { numPassedTests: 2, success: true });
  });
}

for (const [environment, file] of [["node", "node"], ["jsdom", "./environment.js"]]) {
  test(`Jest in ${environment} finds again what it has stored in fake-indexeddb`, limit, async () => {
    const jest = [process.execPath, "--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js"];
    const options = ["--config", "projects/stored/jest.config.js", "--env", file, "--json"];
    assert.deepEqual(await tested(...jest, ...options), { numPassedTests: 2, success: true });
  });
}
