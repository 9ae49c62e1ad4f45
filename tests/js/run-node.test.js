// The shared suite in Node, with a log in memory, and what only Node shows.
import { readFile } from "node:fs/promises";
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { EverbusError, openBus } from "everbus";
import * as byFile from "./suite/everbus.js";
import { runOne, tests } from "./suite/index.js";

const host = {
  log: "memory",
  timeLimit: 60_000,
  readText: (path) => readFile(new URL(`../${path}`, import.meta.url), "utf8"),
};

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

for (const each of tests) {
  test(each.name, { skip: each.skip(host) }, async () => {
    await runOne(each, host);
    // Rejections that nobody handled are told once the promises are through.
    await new Promise(setImmediate);
    assert.deepEqual(unhandled.splice(0), []);
  });
}

test("the suite tests the very package that its name gives", () => {
  assert.equal(byFile.openBus, openBus);
});

test("a test's name is told once", () => {
  const names = tests.map(({ name }) => name);
  assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
});

test("without IndexedDB, openBus falls back to memory and says why", async () => {
  const errors = [];
  const bus = await openBus("fallback", { onError: (error) => errors.push(error) });
  assert.equal(bus.storage, "memory");
  assert.equal(errors.length, 1);
  assert.ok(errors[0] instanceof EverbusError);
  assert.equal(errors[0].code, "unavailable");
  assert.equal(errors[0].message, 'the log is only in memory, and lost with this realm; if that will do, say log: "memory": this platform has no IndexedDB');
  const event = { kind: "entity", action: "deleted", entity_type: "order", entity_id: crypto.randomUUID() };
  assert.equal(await bus.publish(event).committed, 1);
  assert.deepEqual((await bus.log.read()).map((envelope) => envelope.event), [event]);
  await bus.close();
});

test("without IndexedDB, and without an onError, the console says so in one sentence", async (t) => {
  const printed = t.mock.method(console, "error", () => {});
  const bus = await openBus("fallback");
  const reason = 'the log is only in memory, and lost with this realm; if that will do, say log: "memory": this platform has no IndexedDB';
  assert.deepEqual(printed.mock.calls.map((call) => call.arguments), [[`EverbusError: ${reason}`]]);
  await bus.close();
});

test("a log in memory needs no timers", async (t) => {
  t.mock.timers.enable();
  const bus = await openBus("timers", { log: "memory" });
  const iterator = bus.log.follow("beginning");
  const event = { kind: "entity", action: "deleted", entity_type: "order", entity_id: crypto.randomUUID() };
  const { committed } = bus.publish(event);
  assert.equal((await iterator.next()).value.timestamp, "1970-01-01T00:00:00.000Z");
  assert.equal(await committed, 1);
  await bus.log.ack("reader", 1);
  await bus.flush();
  await bus.close();
});

test("an error is printed by its name, though the package is minified", () => {
  assert.match(inspect(new EverbusError("no")), /^EverbusError: no\n/);
});

test("without IndexedDB, asking for it is refused", async () => {
  await assert.rejects(openBus("asked", { log: "indexeddb" }), { name: "EverbusError", code: "unavailable" });
});
