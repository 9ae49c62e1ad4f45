// Consumers over crashes: what was acknowledged and what comes again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { killable, lasting, serveFor } from "./engines/each.js";
import { profile, visit } from "./engines/visits.js";

const limit = { timeout: 180_000 };

/** In a page: does what comes, fifty events at a time, and acknowledges them without waiting. Reports both. */
const workForEver = async () => {
  const tell = (told) => fetch("/outcomes", { method: "POST", body: JSON.stringify(told) });
  globalThis.bus = await everbus.openBus("shop");
  bus.publishAll(Array.from({ length: 100_000 }, (_, n) => created(n)));
  await bus.flush();
  void (async () => {
    const batch = [];
    for await (const { seq_no } of bus.log.subscribe("worker", "last_acknowledged")) {
      if (batch.push(seq_no) < 50) continue;
      await tell({ done: seq_no });
      for (const n of batch.splice(0)) bus.log.ack("worker", n).then(() => n === seq_no && tell({ acknowledged: n }));
    }
  })();
};

for (const [engine, start] of Object.entries(killable)) {
  test(`after a crash a consumer goes on after the last durable acknowledgement, some events again, none skipped: ${engine}`, limit, async (t) => {
    const last = { done: 0, acknowledged: 0 };
    let tellEnough;
    const enough = new Promise((resolve) => (tellEnough = resolve));
    const { origin } = await serveFor(t, (_, told) => {
      Object.assign(last, told);
      if (last.acknowledged > 500) tellEnough();
    });
    const folder = await profile(t);
    const { context, program } = await start(t, folder);
    const page = await visit(t, context, origin);
    await page.evaluate(workForEver);
    await enough;
    await program.kill();

    const next = await visit(t, await lasting[engine](t, folder), origin);
    const first = await next.evaluate(async () => {
      const bus = await everbus.openBus("shop");
      const { value } = await bus.log.subscribe("worker", "last_acknowledged").next();
      return value.seq_no;
    });
    assert.ok(first > last.acknowledged, `${first} comes again although ${last.acknowledged} was acknowledged durably`);
    assert.ok(first <= last.done + 1, `the consumer goes on at ${first}, but had done no more than ${last.done}`);
  });
}
