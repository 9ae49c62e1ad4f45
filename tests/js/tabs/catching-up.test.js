// Tabs that have missed something, in each engine: they read it from the log, however long it is and whatever has become of it.
import assert from "node:assert/strict";
import { inEachEngine } from "../engines/each.js";
import { until } from "../engines/realm.js";
import { range } from "../suite/fixtures.js";
import { follow, hasExactly, twoTabs, write } from "./following.js";

const limit = { timeout: 180_000 };

inEachEngine(({ test, site }) => {
  test("a page that couldn't read what it missed reads it when it is shown", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
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

  test("a follower has caught up with all that another tab had committed at the call, told of it or not", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
    await reader.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
    });
    await writer.evaluate(() => {
      BroadcastChannel.prototype.postMessage = () => {};
    });
    await writer.evaluate(write, 20);
    const caughtUpWith = await reader.evaluate(() => {
      const filter = { entity_type: "nothing" };
      return new Promise((onCaughtUp) => bus.log.follow("beginning", { filter, onCaughtUp }).next());
    });
    assert.equal(caughtUpWith, 20);
  });

  test("catching up takes large events a few at a time", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
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
    const [reader, writer] = await twoTabs(await site(t));
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

  test("a page that missed every message catches up when it is shown", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
    await reader.evaluate(follow);
    await writer.evaluate(() => {
      BroadcastChannel.prototype.postMessage = () => {};
    });
    await writer.evaluate(write, 20);
    assert.deepEqual((await reader.evaluate(() => got)).subscriber, [], "no message, no delivery");
    await reader.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await hasExactly(reader, 20);
  });

  test("a page that is shown again while it still looks misses nothing that came in between", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
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

  for (const before of [501, 1501, 3501]) {
    test(`a subscriber is told once that what is before ${before} was trimmed before it has read it, and gets all the others`, limit, async (t) => {
      const [reader, writer] = await twoTabs(await site(t));
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

  test("a subscriber gets what its own tab has committed, also if that is trimmed before what comes before it was read", limit, async (t) => {
    const [reader, writer] = await twoTabs(await site(t));
    await reader.evaluate(async () => {
      globalThis.errors = [];
      const onError = ({ code, cause }) => errors.push({ code, cause });
      globalThis.bus = await everbus.openBus("shop", { crossTab: false, onError });
      globalThis.got = [];
      bus.subscribe(({ seq_no }) => got.push(seq_no));
    });
    await writer.evaluate(write, 3);
    await reader.evaluate(() => {
      // It is told late that its own event is stored.
      globalThis.ends = [];
      IDBTransaction.prototype.addEventListener = function (type, listener, options) {
        const isHeld = this.mode === "readwrite" && type === "complete";
        return EventTarget.prototype.addEventListener.call(this, type, isHeld ? (event) => ends.push(() => listener(event)) : listener, options);
      };
      bus.publish(created("own"));
    });
    await until(reader, () => ends.length > 0);
    await writer.evaluate(write, 2);
    await writer.evaluate(() => bus.log.trim(6));
    await reader.evaluate(async () => {
      delete IDBTransaction.prototype.addEventListener;
      for (const end of ends) end();
      await bus.publish(created("next")).committed;
    });
    await until(reader, () => got.at(-1) === 7);
    assert.deepEqual(await reader.evaluate(() => got), [4, 6, 7]);
    const trimmed = (requested, first) => ({ code: "trimmed", cause: { requested, first } });
    assert.deepEqual(await reader.evaluate(() => errors), [trimmed(1, 4), trimmed(5, 6)]);
  });

  for (const [what, chosen] of Object.entries({ "a segment that is": [2], "two segments that are": [0, 3] })) {
    test(`a subscriber is told once of ${what} damaged before it has read them, and gets all the others`, limit, async (t) => {
      const [reader, writer] = await twoTabs(await site(t));
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
