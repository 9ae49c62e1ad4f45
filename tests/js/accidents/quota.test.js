// A full storage, in Chromium: its quota is made small by devtools.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "../engines/static-server.js";
import { browse, profile, visit } from "../engines/visits.js";
import { range } from "../suite/fixtures.js";

const limit = { timeout: 180_000 };
let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

/** A page with so much room. Chromium remembers for a while how much there was: it is set before the first write. */
async function visitSmall(t, quotaSize) {
  const page = await visit(t, await browse(t, await profile(t)), server.origin);
  const devtools = await page.context().newCDPSession(page);
  const quota = (quotaSize) => devtools.send("Storage.overrideQuotaForOrigin", { origin: server.origin, quotaSize });
  await quota(quotaSize);
  await page.evaluate(async () => {
    // Random, so that no compression makes it small.
    globalThis.text = (length) => Array.from({ length }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join("");
    globalThis.errors = [];
    globalThis.bus = await everbus.openBus("shop", { onError: (error) => errors.push(error.code) });
    globalThis.delivered = [];
    bus.subscribe((envelope) => delivered.push(envelope.seq_no));
    globalThis.outcome = ({ committed }) => committed.then((number) => number, (error) => `${error instanceof everbus.EverbusError} ${error.code}`);
  });
  return { page, quota };
}

test("what is too much for the quota is refused alone, and the log works on", limit, async (t) => {
  const { page, quota } = await visitSmall(t, 300_000);
  const told = await page.evaluate(async () => {
    await bus.publish(created("before")).committed;
    const receipts = [bus.publish(created("small")), bus.publish(created(text(900_000))), bus.publish(created("small too"))];
    const outcomes = await Promise.all(receipts.map(outcome));
    return { outcomes, names: (await bus.log.read()).map((envelope) => envelope.event.data), errors };
  });
  assert.deepEqual(told.outcomes, [2, "true quota_exceeded", 3]);
  assert.deepEqual(told.names, ["before", "small", "small too"]);
  // Who asked is told, and nobody else.
  assert.deepEqual(told.errors, []);
  await quota(50_000_000);
  assert.equal(await page.evaluate(() => bus.publish(created("after")).committed), 4);
  await page.evaluate(() => bus.flush());
  assert.deepEqual(await page.evaluate(() => delivered), [1, 2, 3, 4]);
});

test("a full log stays readable, and trimming it makes room to write again", limit, async (t) => {
  const { page } = await visitSmall(t, 6_000_000);
  const full = await page.evaluate(async () => {
    let number;
    // In segments of their own, so that some can go.
    for (let n = 0; n < 200 && typeof number !== "string"; n++) number = await outcome(bus.publish(created(text(200_000))));
    return { number, stats: await bus.log.stats(), read: (await bus.log.read({ limit: 1000 })).map((envelope) => envelope.seq_no), errors: [...new Set(errors)] };
  });
  assert.equal(full.number, "true quota_exceeded");
  assert.deepEqual(full.errors, ["quota_exceeded"]);
  const { lastSeqNo, events } = full.stats;
  assert.ok(lastSeqNo >= 5, `${lastSeqNo} events are stored`);
  assert.equal(events, lastSeqNo);
  assert.deepEqual(full.read, range(1, lastSeqNo));
  const after = await page.evaluate(async (last) => {
    const first = await bus.log.trim(last);
    // Chromium frees the room of what was deleted in its own time: it may refuse for a while yet.
    let [number, tries] = ["", 0];
    for (const start = performance.now(); typeof number === "string" && performance.now() - start < 60_000; tries++) {
      number = await outcome(bus.publish(created(text(200_000))));
      if (typeof number === "string") await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await bus.flush().catch(() => {});
    return { first, number, tries, read: (await bus.log.read({ limit: 1000 })).map((envelope) => envelope.seq_no), delivered };
  }, lastSeqNo);
  t.diagnostic(`${lastSeqNo} events filled it; after trimming it took ${after.tries} tries`);
  assert.equal(after.first, lastSeqNo);
  assert.equal(after.number, lastSeqNo + 1);
  assert.deepEqual(after.read, [lastSeqNo, lastSeqNo + 1]);
  assert.deepEqual(after.delivered, range(1, lastSeqNo + 1));
});
