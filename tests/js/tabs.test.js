// Live delivery between tabs and workers, in each engine: nobody writes but the other one.
import assert from "node:assert/strict";
import { inEachEngine } from "./engines/each.js";
import { until } from "./engines/realm.js";
import { range } from "./suite/fixtures.js";

const limit = { timeout: 180_000 };

/** In a page: a bus, and what its subscriber, its iterator and its consumer get. */
const follow = async (options) => {
  globalThis.bus = await everbus.openBus("shop", options);
  globalThis.got = { subscriber: [], iterator: [], consumer: [] };
  bus.subscribe(({ seq_no }) => got.subscriber.push(seq_no));
  const keep = async (iterator, list) => {
    for await (const { seq_no } of iterator) list.push(seq_no);
  };
  void keep(bus.events(), got.iterator);
  void keep(bus.log.subscribe("reader", "beginning"), got.consumer);
};
const hasAll = (count) => Object.values(globalThis.got).every((list) => list.length >= count);
const write = async (count) => {
  globalThis.bus ??= await everbus.openBus("shop");
  for (let n = 0; n < count; n++) await bus.publish(created(n)).committed;
};

/** In a page: makes the reader's subscriber keep whole envelopes, too. */
const keepEnvelopes = () => {
  globalThis.envelopes = [];
  bus.subscribe((envelope) => envelopes.push(envelope));
};

/** The reader has each of `count` events once, in order, and as they are in the log. */
async function gotAll(reader, count) {
  await until(reader, hasAll, count);
  // A commit of its own comes after everything else.
  await reader.evaluate(() => bus.publish(created("end")).committed);
  await until(reader, hasAll, count + 1);
  const { got, envelopes, stored } = await reader.evaluate(async () => ({ got, envelopes, stored: await bus.log.read({ limit: 10_000 }) }));
  for (const [who, numbers] of Object.entries(got)) assert.deepEqual(numbers, range(1, count + 1), who);
  assert.deepEqual(envelopes, stored);
}

inEachEngine(({ test, site }) => {
  async function twoTabs(t) {
    const { visit } = await site(t);
    return [await visit(), await visit()];
  }

  test("a tab that only listens gets another tab's commits live, each once and in order", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow);
    await writer.evaluate(write, 200);
    await writer.evaluate(async () => {
      bus.publishAll(Array.from({ length: 2500 }, (_, n) => created(n)));
      await bus.flush();
    });
    await until(reader, hasAll, 2700);
    const got = await reader.evaluate(() => got);
    for (const [who, numbers] of Object.entries(got)) assert.deepEqual(numbers, range(1, 2700), who);
  });

  test("two tabs that write at once, and merge what they wrote, each get all in one order", limit, async (t) => {
    const tabs = await twoTabs(t);
    for (const tab of tabs) await tab.evaluate(follow);
    await Promise.all(tabs.map((tab) => tab.evaluate(write, 700)));
    for (const tab of tabs) {
      await until(tab, hasAll, 1400);
      const got = await tab.evaluate(() => got);
      for (const [who, numbers] of Object.entries(got)) assert.deepEqual(numbers, range(1, 1400), who);
    }
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
    await until(page, hasAll, 50);
    assert.deepEqual((await page.evaluate(() => got)).subscriber, range(1, 50));
  });

  test("a small commit is delivered by its notice alone, without reading the log", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow);
    await writer.evaluate(write, 1);
    await until(reader, hasAll, 1);
    await reader.evaluate(() => {
      globalThis.transactions = 0;
      const { transaction } = IDBDatabase.prototype;
      IDBDatabase.prototype.transaction = function (...args) {
        transactions++;
        return transaction.apply(this, args);
      };
    });
    await writer.evaluate(write, 49);
    await until(reader, hasAll, 50);
    assert.equal(await reader.evaluate(() => transactions), 0);
    assert.deepEqual((await reader.evaluate(() => got)).consumer, range(1, 50));
  });

  test("commits that are too large for a notice are read", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow);
    await reader.evaluate(keepEnvelopes);
    await writer.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
      for (let n = 0; n < 20; n++) {
        await bus.publish(created("x".repeat(40_000))).committed;
        await bus.publish(created(n)).committed;
      }
    });
    await gotAll(reader, 40);
  });

  test("notices that are lost, doubled, late or out of order change nothing", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow);
    await reader.evaluate(keepEnvelopes);
    await writer.evaluate(async (seed) => {
      const random = (bound) => {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        return (seed >>> 8) % bound;
      };
      const { postMessage } = BroadcastChannel.prototype;
      const late = [];
      BroadcastChannel.prototype.postMessage = function (notice) {
        const send = (each) => postMessage.call(this, each);
        const fate = random(5);
        if (fate === 0) return;
        if (fate === 1) return void late.push(notice);
        send(notice);
        if (fate === 2) send(notice);
        if (fate === 3) late.splice(random(late.length)).reverse().forEach(send);
      };
      globalThis.bus = await everbus.openBus("shop");
      for (let n = 0; n < 300; n++) await bus.publish(created(n)).committed;
    }, 7);
    // Whatever came last may have been lost: the reader's own commit brings it.
    await reader.evaluate(() => bus.publish(created("own")).committed);
    await gotAll(reader, 301);
  });

  test("messages that are forged change nothing", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow);
    await reader.evaluate(keepEnvelopes);
    await writer.evaluate(async () => {
      // What another log's tabs say is as real as it can be, but for this log.
      const [shop, other] = ["everbus:shop", "everbus:other"].map((name) => new BroadcastChannel(name));
      other.onmessage = ({ data }) => shop.postMessage(data);
      const changed = (bytes, at, by) => bytes.map((byte, i) => (i === at ? byte ^ by : byte));
      shop.onmessage = ({ data }) => {
        if (!(data instanceof Uint8Array)) return;
        for (const at of [0, 8, 10, 16, 24, 40, data.length - 1]) shop.postMessage(changed(data, at, 1));
        shop.postMessage(data.subarray(0, 24));
        shop.postMessage(data.subarray(0, -1));
      };
      const nonsense = ["committed", 1e9, { last: 1e9 }, null, [], new Uint8Array(0), new Uint8Array(24).fill(1), new Uint8Array(1e6)];
      globalThis.bus = await everbus.openBus("shop");
      const elsewhere = await everbus.openBus("other");
      for (let n = 0; n < 50; n++) {
        for (const message of nonsense) shop.postMessage(message);
        // The other log is ahead: its notices have the numbers that come next in this one.
        await elsewhere.publish(created("forged")).committed;
        await bus.publish(created(n)).committed;
      }
      await elsewhere.close();
    });
    await gotAll(reader, 50);
  });

  test("a message that is too long for a notice is kept out of the core's memory", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(() => {
      const { Instance } = WebAssembly;
      WebAssembly.Instance = function (...args) {
        const instance = new Instance(...args);
        globalThis.memory = Object.values(instance.exports).find((each) => each instanceof WebAssembly.Memory);
        return instance;
      };
    });
    await reader.evaluate(follow);
    await writer.evaluate(() => new BroadcastChannel("everbus:shop").postMessage(new Uint8Array(64 << 20)));
    await writer.evaluate(write, 1);
    await until(reader, hasAll, 1);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, [1]);
    const bytes = await reader.evaluate(() => memory.buffer.byteLength);
    assert.ok(bytes < 16 << 20, `${bytes} bytes`);
  });

  test("buses that nobody writes to do nothing: no timer runs, and no transaction", limit, async (t) => {
    const tabs = await twoTabs(t);
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

  test("what a tab has told nobody reaches one that has begun to listen, when the tab closes", limit, async (t) => {
    const [writer, reader] = await twoTabs(t);
    await writer.evaluate(async () => {
      // It isn't told of anybody.
      Object.defineProperty(BroadcastChannel.prototype, "onmessage", { set() {} });
      globalThis.bus = await everbus.openBus("shop");
    });
    await reader.evaluate(follow);
    await writer.evaluate(async () => {
      await bus.publish(created(1)).committed;
      await bus.close();
    });
    await until(reader, hasAll, 1);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, [1]);
  });

  test("what a tab that is gone has committed while another one opened the log reaches that one", limit, async (t) => {
    const [writer, reader] = await twoTabs(t);
    await writer.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
    });
    await reader.evaluate(() => {
      // It is told late how far the log went when it was opened, the second time that it asks.
      const { transaction } = IDBDatabase.prototype;
      let count = 0;
      IDBDatabase.prototype.transaction = function (...args) {
        const begun = transaction.apply(this, args);
        if (++count !== 2) return begun;
        IDBDatabase.prototype.transaction = transaction;
        begun.addEventListener = (type, listener, options) => {
          EventTarget.prototype.addEventListener.call(begun, type, (event) => (globalThis.goOn = () => listener(event)), options);
        };
        return begun;
      };
      globalThis.opening = everbus.openBus("shop");
    });
    await until(reader, () => "goOn" in globalThis);
    await writer.evaluate(async () => {
      await bus.publish(created(1)).committed;
      await bus.close();
    });
    const got = reader.evaluate(async () => {
      goOn();
      const bus = await opening;
      return new Promise((resolve) => bus.subscribe(({ seq_no }) => resolve(seq_no)));
    });
    assert.equal(await got, 1);
  });

  test("a commit that was mistold, and is found to be stored, reaches other tabs", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow);
    await writer.evaluate(write, 1);
    await until(reader, hasAll, 1);
    await writer.evaluate(async () => {
      const { mistellCommits } = await import("/tests/js/suite/raw.js");
      mistellCommits(1);
      await bus.publish(created(2)).committed;
    });
    await until(reader, hasAll, 2);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, [1, 2]);
  });

  test("a page that couldn't read what it missed reads it when it is shown", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(async () => {
      globalThis.errors = [];
      globalThis.bus = await everbus.openBus("shop", { onError: ({ code }) => errors.push(code) });
      globalThis.got = [];
      bus.subscribe(({ seq_no }) => got.push(seq_no));
      const { transaction } = IDBDatabase.prototype;
      IDBDatabase.prototype.transaction = function (stores, ...rest) {
        if (stores.includes("segments")) throw new DOMException("not now", "UnknownError");
        return transaction.call(this, stores, ...rest);
      };
      globalThis.recover = () => (IDBDatabase.prototype.transaction = transaction);
    });
    await writer.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
      // Too large for a notice.
      await bus.publish(created("x".repeat(40_000))).committed;
    });
    await until(reader, () => errors.length > 0);
    await reader.evaluate(() => {
      recover();
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await until(reader, () => got.length > 0);
    assert.deepEqual(await reader.evaluate(() => [got, errors]), [[1], ["storage"]]);
  });

  test("catching up takes large events a few at a time", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop", { crossTab: false });
      Object.assign(globalThis, { got: [], parsed: 0, most: 0 });
      const { parse } = JSON;
      JSON.parse = (text) => {
        // What is parsed and not delivered yet, of the large ones.
        if (text.length > 500_000) most = Math.max(most, (parsed += text.length));
        return parse(text);
      };
      bus.subscribe(({ seq_no, event }) => {
        got.push(seq_no);
        parsed -= event.data.length;
      });
    });
    await writer.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
      for (let n = 0; n < 40; n++) await bus.publish(created("x".repeat(1_000_000))).committed;
    });
    await reader.evaluate(() => bus.publish(created("own")).committed);
    await until(reader, () => got.length === 41);
    const most = await reader.evaluate(() => most);
    assert.ok(most > 1_000_000 && most < 10_000_000, `${most} characters at once`);
  });

  test("large events of a tab's own don't pile up while it reads what another has written", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    for (const tab of [reader, writer]) {
      await tab.evaluate(async () => {
        globalThis.bus = await everbus.openBus("shop", { crossTab: false });
      });
    }
    await writer.evaluate(() => bus.publish(created("another's")).committed);
    const { kept, numbers } = await reader.evaluate(async () => {
      const numbers = [];
      const ended = new Promise((resolve) => {
        bus.subscribe(({ seq_no, event }) => {
          numbers.push(seq_no);
          if (event.data === "end") resolve();
        });
      });
      // It is told late that it has read the other one's event.
      const { addEventListener } = EventTarget.prototype;
      const late = [];
      IDBTransaction.prototype.addEventListener = function (type, listener, options) {
        const isHeld = this.mode === "readonly" && type === "complete";
        return addEventListener.call(this, type, isHeld ? (event) => late.push(() => listener(event)) : listener, options);
      };
      for (let n = 0; n < 30; n++) await bus.publish(created("x".repeat(1_000_000))).committed;
      bus.publish(created("end"));
      // What was kept is parsed from the text of its payload, what is read with all else that it is.
      const { parse } = JSON;
      let kept = 0;
      JSON.parse = (text) => {
        if (text.startsWith('"xxx')) kept++;
        return parse(text);
      };
      delete IDBTransaction.prototype.addEventListener;
      for (const tell of late) tell();
      await ended;
      return { kept, numbers };
    });
    assert.deepEqual(numbers, range(1, 32));
    assert.ok(kept > 0 && kept < 10, `${kept} events of 1 MB were kept`);
  });

  test("a bus can be closed while another tab writes all the time, faster than it reads", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
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
    const [reader, writer] = await twoTabs(t);
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

  test("what a tab commits before it has heard of the others reaches them once it has", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow);
    await writer.evaluate(async () => {
      // What this tab is told comes late.
      const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage");
      const late = [];
      Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
        set(listener) {
          set.call(this, (event) => late.push(() => listener(event)));
        },
      });
      globalThis.bus = await everbus.openBus("shop");
      for (let n = 0; n < 5; n++) await bus.publish(created(n)).committed;
      globalThis.hear = () => late.splice(0).forEach((each) => each());
      globalThis.late = late;
    });
    await until(writer, () => late.length > 0);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, [], "nobody is told yet");
    await writer.evaluate(() => hear());
    await until(reader, hasAll, 5);
    await writer.evaluate(write, 1);
    await until(reader, hasAll, 6);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, range(1, 6));
  });

  test("a tab that is alone says nothing when it commits", limit, async (t) => {
    const [writer, reader] = await twoTabs(t);
    await writer.evaluate(async () => {
      const { postMessage } = BroadcastChannel.prototype;
      globalThis.said = 0;
      BroadcastChannel.prototype.postMessage = function (message) {
        said++;
        postMessage.call(this, message);
      };
    });
    await writer.evaluate(write, 50);
    assert.equal(await writer.evaluate(() => said), 1, "its hello");
    await reader.evaluate(follow);
    await until(writer, () => said >= 2);
    await writer.evaluate(write, 50);
    await until(reader, () => got.subscriber.length >= 50);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, range(51, 100));
  });

  test("subscriptions from the beginning hand over while another tab writes all the time", limit, async (t) => {
    const seed = Number(process.env.EVERBUS_SEED ?? Date.now() % 1e6);
    t.diagnostic(`EVERBUS_SEED=${seed}`);
    const [reader, writer] = await twoTabs(t);
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

  test("a page that missed every message catches up when it is shown", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow);
    await writer.evaluate(() => {
      BroadcastChannel.prototype.postMessage = () => {};
    });
    await writer.evaluate(write, 20);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, [], "no message, no delivery");
    await reader.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await until(reader, hasAll, 20);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, range(1, 20));
  });

  test("a page that is shown again while it still looks misses nothing that came in between", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
      globalThis.got = [];
      bus.subscribe(({ seq_no }) => got.push(seq_no));
      globalThis.show = () => document.dispatchEvent(new Event("visibilitychange"));
      // It is told late how its first look has ended.
      globalThis.ends = [];
      IDBTransaction.prototype.addEventListener = function (type, listener, options) {
        EventTarget.prototype.addEventListener.call(this, type, (event) => ends.push(() => listener(event)), options);
      };
      show();
    });
    await until(reader, () => ends.length > 0);
    await writer.evaluate(() => {
      BroadcastChannel.prototype.postMessage = () => {};
    });
    await writer.evaluate(write, 5);
    await reader.evaluate(() => {
      delete IDBTransaction.prototype.addEventListener;
      show();
      for (const end of ends) end();
    });
    await until(reader, () => got.length >= 5);
    assert.deepEqual(await reader.evaluate(() => got), range(1, 5));
  });

  test("without crossTab another tab's events come, in order, with the next commit", limit, async (t) => {
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow, { crossTab: false });
    await writer.evaluate(write, 20);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, []);
    await reader.evaluate(() => bus.publish(created("own")).committed);
    await until(reader, hasAll, 21);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, range(1, 21));
  });

  for (const trimmed of [false, true]) {
    test(`without crossTab the latest is not what another tab has committed${trimmed ? " and trimmed" : ""} before the call`, limit, async (t) => {
      const [reader, writer] = await twoTabs(t);
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
    const [reader, writer] = await twoTabs(t);
    await reader.evaluate(follow, { crossTab: false });
    await writer.evaluate(write, 20);
    const delivered = await reader.evaluate(async () => {
      bus.publish(created("own"));
      await bus.close();
      return [...got.subscriber];
    });
    assert.deepEqual(delivered, range(1, 21));
  });

  for (const before of [501, 1501, 3501]) {
    test(`a subscriber is told once that what is before ${before} was trimmed before it has read it, and gets all the others`, limit, async (t) => {
      const [reader, writer] = await twoTabs(t);
      await reader.evaluate(async () => {
        globalThis.errors = [];
        // It isn't told of what the other one writes: it has to read that.
        const onError = ({ code, cause }) => errors.push({ code, cause });
        globalThis.bus = await everbus.openBus("shop", { crossTab: false, onError });
        globalThis.got = [];
        bus.subscribe(({ seq_no }) => got.push(seq_no));
      });
      await writer.evaluate(async (before) => {
        const bus = await everbus.openBus("shop");
        // The first one is half full, so that pages that are read end within the others.
        for (const count of [500, 3000]) await Promise.all(bus.publishAll(Array.from({ length: count }, (_, n) => created(n))).map(({ committed }) => committed));
        await bus.log.trim(before);
      }, before);
      await reader.evaluate(() => bus.publish(created("own")).committed);
      await until(reader, () => got.at(-1) === 3501);
      assert.deepEqual(await reader.evaluate(() => got), range(before, 3501));
      assert.deepEqual(await reader.evaluate(() => errors), [{ code: "trimmed", cause: { requested: 1, first: before } }]);
    });
  }

  for (const [what, chosen] of Object.entries({ "a segment that is": [2], "two segments that are": [0, 3] })) {
    test(`a subscriber is told once of ${what} damaged before it has read them, and gets all the others`, limit, async (t) => {
      const [reader, writer] = await twoTabs(t);
      await reader.evaluate(async () => {
        globalThis.errors = [];
        // It isn't told of what the other one writes: it has to read that.
        const onError = ({ code, cause }) => errors.push({ code, cause });
        globalThis.bus = await everbus.openBus("shop", { crossTab: false, onError });
        globalThis.got = [];
        bus.subscribe(({ seq_no, event }) => got.push([seq_no, event.data]));
      });
      const damaged = await writer.evaluate(async (chosen) => {
        const { within } = await import("/tests/js/suite/raw.js");
        const bus = await everbus.openBus("shop");
        // The first one is half full, so that pages that are read end within the others.
        for (const count of [500, 3000]) await Promise.all(bus.publishAll(Array.from({ length: count }, (_, n) => created(n))).map(({ committed }) => committed));
        await bus.close();
        const segments = await within("shop", "segments", (store) => store.getAllKeys());
        for (const i of chosen) {
          const bytes = await within("shop", "segments", (store) => store.get(segments[i]));
          bytes[bytes.length - 1] ^= 1;
          await within("shop", "segments", (store) => store.put(bytes, segments[i]));
        }
        return chosen.map((i) => ({ first: segments[i], last: (segments[i + 1] ?? 3501) - 1 }));
      }, chosen);
      assert.deepEqual(await reader.evaluate(() => [got, errors]), [[], []], "before it has heard");
      // Its own commit shows what is missing; the next one comes as if nothing had been.
      for (const own of ["first", "second"]) await reader.evaluate((own) => bus.publish(created(own)).committed, own);
      await until(reader, () => got.at(-1)?.[1] === "second");
      const { got, errors } = await reader.evaluate(() => ({ got, errors }));
      const isDamaged = (seqNo) => damaged.some(({ first, last }) => first <= seqNo && seqNo <= last);
      const data = (seqNo) => (seqNo > 3500 ? ["first", "second"][seqNo - 3501] : seqNo > 500 ? seqNo - 501 : seqNo - 1);
      assert.deepEqual(got, range(1, 3502).filter((seqNo) => !isDamaged(seqNo)).map((seqNo) => [seqNo, data(seqNo)]));
      assert.deepEqual(errors, damaged.map((cause) => ({ code: "corrupt", cause })));
    });
  }
});
