// Logs that are deleted while a tab has them open, in Chromium: by another tab, and by whoever clears the site's data.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "../engines/static-server.js";
import { browse, profile, visit } from "../engines/visits.js";

const limit = { timeout: 180_000 };
let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

const others = {
  "another tab calls deleteBus": (page) => page.evaluate(() => everbus.deleteBus("shop")),
  "another tab deletes the database": (page) =>
    page.evaluate(() => new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase("everbus:shop");
      request.onsuccess = resolve;
      request.onerror = reject;
      request.onblocked = () => reject(new Error("blocked"));
    })),
  // The engine then closes the connections by force, and each gets a `close` event.
  "somebody clears the site's data": async (page) => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Storage.clearDataForOrigin", { origin: server.origin, storageTypes: "indexeddb" });
  },
};

for (const [name, act] of Object.entries(others)) {
  test(`${name}: the bus is closed, and no old event gets into the new log`, limit, async (t) => {
    const context = await browse(t, await profile(t));
    const [left, right] = [await visit(t, context, server.origin), await visit(t, context, server.origin)];
    await left.evaluate(async () => {
      const { transaction } = IDBDatabase.prototype;
      globalThis.closeEvents = 0;
      IDBDatabase.prototype.transaction = function (...args) {
        this.onclose = () => closeEvents++;
        return transaction.apply(this, args);
      };
      globalThis.errors = [];
      globalThis.bus = await everbus.openBus("shop", { onError: (error) => errors.push(error.code) });
      await Promise.all([1, 2, 3].map((n) => bus.publish(created(`old ${n}`)).committed));
      await bus.log.ack("view", 2);
      globalThis.waiting = [bus.events().next(), bus.log.subscribe("view").next()];
    });
    await act(right);
    await right.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
      await bus.publish(created("new")).committed;
    });
    const told = await left.evaluate(async () => {
      let code;
      try {
        await bus.publish(created("too late")).committed;
      } catch (error) {
        code = error.code;
      }
      const ends = (await Promise.allSettled(waiting)).map(({ value, reason }) => (value ? value.done : reason.code === "closed"));
      return { ends, code, closed: bus.closed, errors: [...new Set(errors)], closeEvents };
    });
    const { closeEvents, ...rest } = told;
    assert.deepEqual(rest, { ends: [true, true], code: "closed", closed: true, errors: ["closed"] });
    assert.equal(closeEvents, name.includes("clears") ? 1 : 0, "how often the connection got `close`");
    const anew = await left.evaluate(async () => {
      const bus = await everbus.openBus("shop");
      const first = (await bus.log.subscribe("view", "last_acknowledged").next()).value;
      return { all: (await bus.log.read()).map((envelope) => envelope.event.data), first: first.event.data };
    });
    assert.deepEqual(anew, { all: ["new"], first: "new" });
  });
}
