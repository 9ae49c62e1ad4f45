// Live delivery between tabs and workers, in each engine: nobody writes but the other one.
import assert from "node:assert/strict";
import { inEachEngine } from "../engines/each.js";
import { until } from "../engines/realm.js";
import { range } from "../suite/fixtures.js";
import { follow, hasAll, hasExactly, twoTabs, write } from "./following.js";

const limit = { timeout: 180_000 };

inEachEngine(({ test, site }) => {
  test("a tab that only listens gets another tab's commits live, each once and in order", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
    await reader.evaluate(follow);
    await writer.evaluate(write, 200);
    await writer.evaluate(async () => {
      bus.publishAll(Array.from({ length: 2500 }, (_, n) => created(n)));
      await bus.flush();
    });
    await hasExactly(reader, 2700);
  });

  test("two tabs that write at once, and merge what they wrote, each get all in one order", limit, async (t) => {
    const tabs = await twoTabs(await site(t));
    for (const tab of tabs) await tab.evaluate(follow);
    await Promise.all(tabs.map((tab) => tab.evaluate(write, 700)));
    for (const tab of tabs) {
      await hasExactly(tab, 1400);
    }
  });

  test("a bus that shares, opened beside one that doesn't, begins where the log ends by then", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
    await reader.evaluate(async () => {
      globalThis.alone = await everbus.openBus("shop", { crossTab: false });
    });
    await writer.evaluate(write, 5);
    const got = await reader.evaluate(async () => {
      const bus = await everbus.openBus("shop");
      const got = { subscriber: [], iterator: [], consumer: [] };
      bus.subscribe(({ seq_no }) => got.subscriber.push(seq_no));
      const iterators = { iterator: bus.events(), consumer: bus.log.subscribe("reader", "latest") };
      for (const n of [6, 7]) await bus.publish(created(n)).committed;
      for (const [who, iterator] of Object.entries(iterators)) {
        while (got[who].at(-1) !== 7) got[who].push((await iterator.next()).value.seq_no);
      }
      return got;
    });
    assert.deepEqual(got, { subscriber: [6, 7], iterator: [6, 7], consumer: [6, 7] });
  });

  test("a worker's commits reach the page", limit, async (t) => {
    const page = await (await site(t)).visit();
    await page.evaluate(follow);
    await page.evaluate(() => {
      const code = `import { openBus, entity } from "${location.origin}/pkg/dist/index.js";
        const bus = await openBus("shop");
        for (let n = 0; n < 50; n++) await bus.publish(entity.created("order", n)).committed;`;
      const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
      new Worker(url, { type: "module" });
    });
    await hasExactly(page, 50);
  });

  test("buses that nobody writes to do nothing: no timer runs, and no transaction", limit, async (t) => {
    const tabs = await twoTabs(await site(t));
    for (const tab of tabs) {
      await tab.evaluate(() => {
        globalThis.timers = new Set();
        globalThis.transactions = 0;
        for (const [set, clear] of [["setTimeout", "clearTimeout"], ["setInterval", "clearInterval"]]) {
          const [start, stop] = [globalThis[set], globalThis[clear]];
          globalThis[set] = (work, ...rest) => {
            const timer = start(() => {
              if (set === "setTimeout") timers.delete(timer);
              work();
            }, ...rest);
            timers.add(timer);
            return timer;
          };
          globalThis[clear] = (timer) => {
            timers.delete(timer);
            stop(timer);
          };
        }
        const { transaction } = IDBDatabase.prototype;
        IDBDatabase.prototype.transaction = function (...args) {
          const begun = transaction.apply(this, args);
          transactions++;
          for (const end of ["complete", "abort"]) begun.addEventListener(end, () => transactions--);
          return begun;
        };
      });
      await tab.evaluate(follow);
    }
    await tabs[0].evaluate(() => void bus.log.subscribe("exclusive", "beginning", { exclusive: true }).next());
    // Enough to be merged, and for a chapter.
    for (const tab of tabs) await tab.evaluate(write, 100);
    await tabs[0].evaluate(async () => {
      bus.publishAll(Array.from({ length: 20_000 }, (_, n) => created(n)));
      await bus.flush();
    });
    // While nothing is under way, only a message can bring about anything, and nobody sends one.
    for (const tab of [...tabs, ...tabs]) {
      await until(tab, hasAll, 20_200);
      await until(tab, () => timers.size === 0 && transactions === 0);
    }
    assert.equal(await tabs[1].evaluate(() => bus.log.lastSeqNo()), 20_200);
  });

  test("a bus can be closed while another tab writes all the time, faster than it reads", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
    await reader.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
      globalThis.got = [];
      bus.subscribe(({ seq_no }) => {
        got.push(seq_no);
        for (const end = performance.now() + 1; performance.now() < end; );
      });
    });
    const writing = writer.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
      while (!globalThis.enough) {
        // Too large for a notice.
        bus.publishAll(Array.from({ length: 300 }, (_, n) => created("x".repeat(200))));
        await bus.flush();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    await until(reader, () => got.length > 100);
    await reader.evaluate(() => void bus.close().then(() => (globalThis.isClosed = true)));
    await until(reader, () => globalThis.isClosed);
    await writer.evaluate(() => (globalThis.enough = true));
    await writing;
    const got = await reader.evaluate(() => got);
    assert.deepEqual(got, range(1, got.length));
  });

  test("what a page commits in its last moment is delivered by the others", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
    await reader.evaluate(follow);
    for (let n = 1; n <= 3; n++) {
      await writer.evaluate(async () => {
        const frame = document.createElement("iframe");
        frame.src = location.href;
        const loaded = new Promise((resolve) => (frame.onload = resolve));
        document.body.append(frame);
        await loaded;
        const gone = new Promise((resolve) => (globalThis.goes = resolve));
        // The frame is gone when the transaction is to be committed: nobody is left to hear that it was.
        frame.contentWindow.eval(`(async () => {
          const { openBus } = await import("/pkg/dist/index.js");
          const bus = await openBus("shop");
          const { commit } = IDBTransaction.prototype;
          IDBTransaction.prototype.commit = function () {
            commit.call(this);
            // What it leaves behind as it goes commits without this.
            IDBTransaction.prototype.commit = commit;
            const { goes } = parent;
            frameElement.remove();
            goes();
          };
          bus.publish(parent.created("last words"));
        })()`);
        await gone;
      });
      await until(reader, hasAll, n);
    }
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, range(1, 3));
  });

  test("subscriptions from the beginning hand over while another tab writes all the time", limit, async (t) => {
    const seed = Number(process.env.EVERBUS_SEED ?? Date.now() % 1e6);
    t.diagnostic(`EVERBUS_SEED=${seed}`);
    const [reader, writer] = await twoTabs(await site(t));
    // Commits of all sizes, small ones most of the time, until it is told to stop.
    const writing = writer.evaluate(async (seed) => {
      const { pseudoRandom } = await import("/tests/js/suite/fixtures.js");
      const random = pseudoRandom(seed);
      globalThis.bus = await everbus.openBus("shop");
      for (let n = 0; n < 20_000 && !globalThis.enough; ) {
        const count = random(10) === 0 ? 1 + random(1500) : 1 + random(20);
        for (let i = 0; i < count; i++) bus.publish(created(n++));
        if (random(4) > 0) await bus.flush();
      }
      await bus.flush();
      return bus.log.lastSeqNo();
    }, seed);
    const begun = await reader.evaluate(async (seed) => {
      const { pseudoRandom } = await import("/tests/js/suite/fixtures.js");
      const random = pseudoRandom(seed + 1);
      globalThis.bus = await everbus.openBus("shop");
      globalThis.readers = [];
      const read = async (iterator, list) => {
        for await (const { seq_no } of iterator) {
          list.push(seq_no);
          // Some are slow: they read behind the writer's back.
          if (random(500) === 0) await new Promise((resolve) => setTimeout(resolve, random(5)));
        }
      };
      const live = [];
      bus.subscribe(({ seq_no }) => live.push(seq_no));
      for (let i = 0; i < 12; i++) {
        const list = [];
        readers.push(list);
        void read(bus.log.subscribe(`reader ${i}`, "beginning"), list);
        await new Promise((resolve) => setTimeout(resolve, random(60)));
      }
      globalThis.live = live;
      return bus.log.lastSeqNo();
    }, seed);
    await writer.evaluate(() => (globalThis.enough = true));
    const last = await writing;
    assert.ok(begun > 0 && last > begun, `${last} events, ${begun} when the last subscription began`);
    await until(reader, (last) => [live, ...readers].every((list) => list.at(-1) >= last), last);
    const { live, readers } = await reader.evaluate(() => ({ live, readers }));
    for (const [i, numbers] of readers.entries()) assert.deepEqual(numbers, range(1, last), `reader ${i}`);
    assert.deepEqual(live, range(live[0], last), "the subscriber");
  });

  test("without crossTab another tab's events come, in order, with the next commit", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
    await reader.evaluate(follow, { crossTab: false });
    await writer.evaluate(write, 20);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, []);
    await reader.evaluate(() => bus.publish(created("own")).committed);
    await hasExactly(reader, 21);
  });

  for (const trimmed of [false, true]) {
    test(`without crossTab the latest is not what another tab has committed${trimmed ? " and trimmed" : ""} before the call`, limit, async (t) => {
      const [reader, writer] = await twoTabs(await site(t));
      await reader.evaluate(async () => {
        globalThis.bus = await everbus.openBus("shop", { crossTab: false });
        await bus.publish(created("own")).committed;
      });
      await writer.evaluate(async (trimmed) => {
        const bus = await everbus.openBus("shop");
        bus.publishAll(Array.from({ length: 3000 }, (_, n) => created(n)));
        await bus.flush();
        if (trimmed) await bus.log.trim(2500);
      }, trimmed);
      const first = await reader.evaluate(async () => {
        const iterators = [bus.events(), bus.log.subscribe("shared"), bus.log.subscribe("exclusive", "latest", { exclusive: true })];
        await bus.publish(created("new")).committed;
        const next = await Promise.all(iterators.map((each) => each.next()));
        return next.map(({ value }) => value.seq_no);
      });
      assert.deepEqual(first, [3002, 3002, 3002]);
    });
  }

  test("close waits until what another tab has written before the last commit is delivered, too", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
    await reader.evaluate(follow, { crossTab: false });
    await writer.evaluate(write, 20);
    const delivered = await reader.evaluate(async () => {
      bus.publish(created("own"));
      await bus.close();
      return [...got.subscriber];
    });
    assert.deepEqual(delivered, range(1, 21));
  });
});
