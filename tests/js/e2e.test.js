// End to end, in each engine: reloads, restarts and tabs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inEachEngine, lasting, serveFor } from "./engines/each.js";
import { load, profile, readAll, visit } from "./engines/visits.js";
import { range } from "./suite/fixtures.js";

const limit = { timeout: 180_000 };
const numbers = (envelopes) => envelopes.map((envelope) => envelope.seq_no);

inEachEngine(({ test, site }) => {
  test("a reload replays what was published", limit, async (t) => {
    const page = await (await site(t)).visit();
    const published = await page.evaluate(async () => {
      const bus = await everbus.openBus("shop");
      for (let n = 1; n <= 1500; n++) bus.publish(created({ n }), { meta: { tab: 1 } });
      await bus.flush();
      await bus.log.ack("view", 1400);
      return bus.log.read({ limit: 2000 });
    });
    assert.deepEqual(numbers(published), range(1, 1500));
    await page.reload();
    await load(page);
    const replayed = await page.evaluate(async () => {
      const bus = await everbus.openBus("shop");
      const take = async (iterator, count) => {
        const got = [];
        while (got.length < count) got.push((await iterator.next()).value);
        return got;
      };
      const live = bus.log.subscribe("replay", "beginning");
      const all = await take(live, 1500);
      const rest = await take(bus.log.subscribe("view", "last_acknowledged"), 100);
      bus.publish(created("live"));
      const [next] = await take(live, 1);
      return { all, rest, next, storage: bus.storage };
    });
    assert.equal(replayed.storage, "persistent");
    assert.deepEqual(replayed.all, published);
    assert.deepEqual(replayed.rest, published.slice(1400));
    assert.deepEqual([replayed.next.seq_no, replayed.next.event.data], [1501, "live"]);
  });

  test("an application's database that is called everbus stays as it is, and holds nothing up", limit, async (t) => {
    const page = await (await site(t)).visit();
    const outcome = await page.evaluate(async () => {
      const settled = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
      const making = indexedDB.open("everbus", 3);
      making.onupgradeneeded = () => making.result.createObjectStore("customers").put("Ann", 1);
      // The application holds it open, whatever it is asked.
      const asked = [];
      (await settled(making)).onversionchange = ({ newVersion }) => asked.push(newVersion);
      const bus = await everbus.openBus("shop");
      const number = await bus.publish(created(1)).committed;
      const again = await settled(indexedDB.open("everbus"));
      const customer = await settled(again.transaction("customers").objectStore("customers").get(1));
      // WebKitGTK goes on naming what was deleted for a while, without a version.
      const left = (await indexedDB.databases()).filter(({ version }) => version).map(({ name }) => name);
      return { storage: bus.storage, number, asked, version: again.version, customer, left: left.sort() };
    });
    assert.deepEqual(outcome, { storage: "persistent", number: 1, asked: [], version: 3, customer: "Ann", left: ["everbus", "everbus:shop"] });
  });

  test("two tabs that write 500 events each at once agree on one dense order", limit, async (t) => {
    const { visit } = await site(t);
    const pages = [await visit(), await visit()];
    for (const page of pages) {
      await page.evaluate(async () => {
        globalThis.bus = await everbus.openBus("shop");
        globalThis.delivered = [];
        bus.subscribe((envelope) => delivered.push(envelope.seq_no));
      });
    }
    const write = () => {
      const receipts = [];
      const burst = async (n) => {
        for (let k = 1; k <= 10; k++) receipts.push(bus.publish(created(n + k)));
        await receipts.at(-1).committed;
      };
      return (async () => {
        for (let n = 0; n < 500; n += 10) await burst(n);
        return { origin: bus.origin, ids: receipts.map((r) => r.id), numbers: await Promise.all(receipts.map((r) => r.committed)) };
      })();
    };
    const written = await Promise.all(pages.map((page) => page.evaluate(write)));
    const [one, two] = await Promise.all(pages.map((page) => page.evaluate(() => bus.log.read({ limit: 2000 }))));
    assert.deepEqual(numbers(one), range(1, 1000));
    assert.deepEqual(two, one);
    for (const { origin, ids, numbers } of written) {
      const own = one.filter((envelope) => envelope.origin === origin);
      assert.deepEqual(own.map((envelope) => envelope.event.data), range(1, 500));
      assert.deepEqual(own.map((envelope) => envelope.id), ids);
      assert.deepEqual(own.map((envelope) => envelope.seq_no), numbers);
    }
    // A tab that commits finds out what it has not heard of, and its subscribers get that first.
    for (const [i, page] of pages.entries()) {
      const delivered = await page.evaluate(async () => {
        const last = await bus.publish(created("last")).committed;
        const wait = (resolve) => (delivered.at(-1) >= last ? resolve() : requestAnimationFrame(() => wait(resolve)));
        await new Promise(wait);
        return delivered;
      });
      assert.deepEqual(delivered, range(1, 1001 + i));
    }
  });
});

for (const [engine, start] of Object.entries(lasting)) {
  test(`a restart of the browser replays what was published: ${engine}`, limit, async (t) => {
    const { origin } = await serveFor(t);
    const folder = await profile(t);
    const first = await start(t, folder);
    const page = await visit(t, first, origin);
    await page.evaluate(async () => {
      const bus = await everbus.openBus("shop");
      await Promise.all([1, 2, 3].map((n) => bus.publish(created(n)).committed));
    });
    const before = await readAll(page, "shop");
    await first.close();
    const again = await visit(t, await start(t, folder), origin);
    assert.equal(before.length, 3);
    assert.deepEqual(await readAll(again, "shop"), before);
  });
}
