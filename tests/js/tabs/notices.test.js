// What tabs tell each other, in each engine: whatever becomes of it, each event comes once and in order.
import assert from "node:assert/strict";
import { inEachEngine } from "../engines/each.js";
import { until } from "../engines/realm.js";
import { range } from "../suite/fixtures.js";
import { follow, hasAll, hasExactly, twoTabs, write } from "./following.js";

const limit = { timeout: 180_000 };

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
  test("a small commit is delivered by its notice alone, without reading the log", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
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
    const [reader, writer] = await twoTabs(await site(t));
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
    const [reader, writer] = await twoTabs(await site(t));
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
    const [reader, writer] = await twoTabs(await site(t));
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
    const [reader, writer] = await twoTabs(await site(t));
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

  test("what a tab has told nobody reaches one that has begun to listen, when the tab closes", limit, async (t) => {
    const [writer, reader] = await twoTabs(await site(t));
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

  test("who opens a log begins behind what a tab that is gone has committed meanwhile", limit, async (t) => {
    const [writer, reader] = await twoTabs(await site(t));
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
    const got = await reader.evaluate(async () => {
      goOn();
      const bus = await opening;
      const got = [];
      bus.subscribe(({ seq_no }) => got.push(seq_no));
      const iterator = bus.events();
      await bus.publish(created(2)).committed;
      return [...got, (await iterator.next()).value.seq_no];
    });
    assert.deepEqual(got, [2, 2]);
  });

  test("a commit that was mistold, and is found to be stored, reaches other tabs", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
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

  test("what a tab commits before it has heard of the others reaches them once it has", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
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
    await hasExactly(reader, 6);
  });

  test("what a third tab commits reaches two that know each other already", { timeout: 60_000 }, async (t) => {
    const { visit } = await site(t);
    const tabs = [await visit(), await visit()];
    for (const tab of tabs) await tab.evaluate(follow);
    for (const [i, tab] of tabs.entries()) {
      await tab.evaluate(write, 1);
      for (const each of tabs) await until(each, hasAll, i + 1);
    }
    const third = await visit();
    await third.evaluate(write, 1);
    for (const tab of tabs) await hasExactly(tab, 3);
  });

  test("a tab that is alone says nothing when it commits", limit, async (t) => {
    const [writer, reader] = await twoTabs(await site(t));
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
});
