// Consumers over crashes, in Chromium: what was acknowledged and what comes again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "./engines/static-server.js";
import { browse, browseKillable, profile, visit } from "./engines/visits.js";

const limit = { timeout: 180_000 };
let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

/** In a page: does what comes, fifty events at a time, and acknowledges them without waiting. Reports both. */
const workForEver = async () => {
  globalThis.bus = await everbus.openBus("shop");
  bus.publishAll(Array.from({ length: 100_000 }, (_, n) => created(n)));
  await bus.flush();
  void (async () => {
    const batch = [];
    for await (const { seq_no } of bus.log.subscribe("worker", "last_acknowledged")) {
      if (batch.push(seq_no) < 50) continue;
      await done(seq_no);
      for (const n of batch.splice(0)) bus.log.ack("worker", n).then(() => n === seq_no && acknowledged(n));
    }
  })();
};

test("after a crash a consumer goes on after the last durable acknowledgement: some events again, none skipped", limit, async (t) => {
  const folder = await profile(t);
  const { context, program } = await browseKillable(t, folder);
  const page = await visit(t, context, server.origin);
  const last = { done: 0, acknowledged: 0 };
  let tellEnough;
  const enough = new Promise((resolve) => (tellEnough = resolve));
  await page.exposeFunction("done", (n) => (last.done = n));
  await page.exposeFunction("acknowledged", (n) => {
    last.acknowledged = n;
    if (n > 500) tellEnough();
  });
  await page.evaluate(workForEver);
  await enough;
  await program.kill();

  const next = await visit(t, await browse(t, folder), server.origin);
  const first = await next.evaluate(async () => {
    const bus = await everbus.openBus("shop");
    const { value } = await bus.log.subscribe("worker", "last_acknowledged").next();
    return value.seq_no;
  });
  assert.ok(first > last.acknowledged, `${first} comes again although ${last.acknowledged} was acknowledged durably`);
  assert.ok(first <= last.done + 1, `the consumer goes on at ${first}, but had done no more than ${last.done}`);
});
