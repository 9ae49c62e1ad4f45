// Pages that go away while they publish: what they have published is there, once and in its order.
import assert from "node:assert/strict";
import { inEachEngine } from "./engines/each.js";
import { until } from "./engines/realm.js";
import { load, readAll } from "./engines/visits.js";
import { range } from "./suite/fixtures.js";

const limit = { timeout: 180_000 };

const dataOf = (envelopes) => envelopes.map(({ event }) => event.data);

/** A tab whose pages say when they are there. */
async function pageOf(site, t) {
  let tell;
  const { origin, visit } = await site(t, () => tell());
  const arrival = () => new Promise((resolve) => (tell = resolve));
  const page = await visit();
  const arrived = arrival();
  await page.goto(`${origin}/tests/js/hosts/arriving.html`);
  await arrived;
  await load(page);
  await open(page);
  return {
    ...page,
    visit,
    evaluate: (work, argument) => page.evaluate(work, argument),
    /** Does what makes the page go away, which may be gone before it has answered; and waits for the next one. */
    async leave(work, argument) {
      const arrived = arrival();
      page.evaluate(work, argument).catch(() => {});
      await arrived;
      await load(page);
    },
  };
}

const open = (page) =>
  page.evaluate(async () => {
    globalThis.bus = await everbus.openBus("shop");
  });

const ways = {
  "by a reload": () => location.reload(),
  "by following a link": () => (location.href = "/tests/js/hosts/arriving.html?next"),
  "by replacing it": () => location.replace("/tests/js/hosts/arriving.html?next"),
};

inEachEngine(({ test, site }) => {
  for (const [way, go] of Object.entries(ways)) {
    test(`what a page publishes when it is told that it is left ${way} is there`, limit, async (t) => {
      const page = await pageOf(site, t);
      await page.evaluate(async () => {
        // Before the package listens, and after it.
        await bus.close();
        addEventListener("pagehide", () => bus.publish(created("pagehide, early")));
        globalThis.bus = await everbus.openBus("shop");
        addEventListener("pagehide", () => {
          bus.publish(created("pagehide, late"));
          bus.publishAll([created("together 1"), created("together 2")]);
        });
        document.addEventListener("visibilitychange", () => bus.publish(created("hidden"), { meta: { state: document.visibilityState } }));
      });
      await page.leave(go);
      const stored = await readAll(page, "shop");
      assert.deepEqual(stored.map((envelope) => envelope.seq_no), range(1, stored.length));
      assert.deepEqual(dataOf(stored).toSorted(), ["hidden", "pagehide, early", "pagehide, late", "together 1", "together 2"]);
      assert.deepEqual(dataOf(stored).filter((data) => data !== "hidden"), ["pagehide, early", "pagehide, late", "together 1", "together 2"]);
    });

    test(`what waits to be committed when a page is left ${way} is there, in its order`, limit, async (t) => {
      const page = await pageOf(site, t);
      for (const count of [1, 3000]) {
        await page.leave(({ count, go }) => {
          for (let n = 1; n <= count; n++) bus.publish(created(n));
          (0, eval)(`(${go})`)();
        }, { count, go: `${go}` });
        const stored = await readAll(page, "shop");
        assert.deepEqual(dataOf(stored), range(1, count));
        await page.evaluate(() => everbus.deleteBus("shop"));
        await open(page);
      }
    });
  }

  test("what is in flight, queued and published by a handler as a page is left is there once", limit, async (t) => {
    const page = await pageOf(site, t);
    await page.leave(async () => {
      addEventListener("pagehide", () => bus.publish(created("last")));
      for (let n = 1; n <= 40; n++) bus.publish(created(n));
      await null;
      for (let n = 41; n <= 80; n++) bus.publish(created(n));
      location.reload();
    });
    assert.deepEqual(dataOf(await readAll(page, "shop")), [...range(1, 80), "last"]);
  });

  test("a page that is left in the midst of reading and writing holds up nobody, and keeps what was committed", limit, async (t) => {
    const page = await pageOf(site, t);
    await page.evaluate(async () => {
      globalThis.committed = 0;
      (async () => {
        for (let n = 1; ; n++) committed = await bus.publish(created(n)).committed;
      })();
      (async () => {
        for (;;) await bus.log.read({ limit: 100_000 });
      })();
      while (committed < 100) await new Promise((resolve) => setTimeout(resolve, 10));
    });
    await page.leave(() => (location.href = "/tests/js/hosts/arriving.html?next"));
    const stored = dataOf(await readAll(page, "shop"));
    assert.ok(stored.length >= 100, `${stored.length} events`);
    assert.deepEqual(stored, range(1, stored.length));
  });

  test("what a frame has published is there when the frame is removed", limit, async (t) => {
    const page = await (await site(t)).visit();
    await page.evaluate(async () => {
      const frame = document.createElement("iframe");
      frame.src = "/tests/js/hosts/blank.html";
      const loaded = new Promise((resolve) => (frame.onload = resolve));
      document.body.append(frame);
      await loaded;
      const there = frame.contentWindow;
      const { openBus } = await there.eval(`import("/pkg/dist/index.js")`);
      const bus = await openBus("shop");
      there.addEventListener("pagehide", () => bus.publish(created("pagehide")));
      for (let n = 1; n <= 5; n++) bus.publish(created(n));
      frame.remove();
    });
    assert.deepEqual(dataOf(await readAll(page, "shop")), [1, 2, 3, 4, 5, "pagehide"]);
  });

  test("another tab gets at once what a page has left behind", limit, async (t) => {
    const page = await pageOf(site, t);
    const reader = await page.visit();
    await reader.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
      globalThis.got = [];
      bus.subscribe(({ seq_no, event }) => got.push([seq_no, event.data]));
    });
    await page.evaluate(() => addEventListener("pagehide", () => bus.publish(created("left"))));
    await page.leave(() => location.reload());
    await until(reader, () => got.length > 0);
    assert.deepEqual(await reader.evaluate(() => got), [[1, "left"]]);
  });

  test("a page that comes back commits what it left behind once, and tells the numbers", limit, async (t) => {
    const page = await pageOf(site, t);
    const told = await page.evaluate(async () => {
      // What the platform tells a page that it hides: here it goes on running.
      const receipts = [];
      for (let n = 1; n <= 10; n++) receipts.push(bus.publish(created(n)));
      dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
      for (let n = 11; n <= 20; n++) receipts.push(bus.publish(created(n)));
      const [together] = bus.publishAll([created(21), created(22)]);
      const numbers = await Promise.all([...receipts, together].map((receipt) => receipt.committed));
      await bus.publish(created(23)).committed;
      return numbers;
    });
    assert.deepEqual(told, range(1, 21));
    assert.deepEqual(dataOf(await readAll(page, "shop")), range(1, 23));
    await page.leave(() => location.reload());
    assert.deepEqual(dataOf(await readAll(page, "shop")), range(1, 23));
  });

  test("what was left behind on a condition that isn't met by then is told, and stored by nobody", limit, async (t) => {
    const page = await pageOf(site, t);
    await page.evaluate(() => {
      addEventListener("pagehide", () => {
        bus.publish(created("first"), { expectedLastSeqNo: 0 });
        bus.publish(created("second"), { expectedLastSeqNo: 0 });
        bus.publish(created("third"), { expectedLastSeqNo: 1 });
      });
    });
    await page.leave(() => location.reload());
    const { codes, stored } = await page.evaluate(async () => {
      const codes = [];
      const bus = await everbus.openBus("shop", { onError: (error) => codes.push(error.code) });
      return { codes, stored: await bus.log.read() };
    });
    assert.deepEqual(codes, ["conflict"]);
    assert.deepEqual(dataOf(stored), ["first", "third"]);
  });
}, process.env.ENGINES?.split(","));
