// End to end in Chromium: reloads, tabs, crashes, quota, deletion, and no storage at all.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "./engines/static-server.js";
import { browse, browseKillable, load, profile, readAll, visit } from "./engines/visits.js";
import { range } from "./suite/fixtures.js";

const limit = { timeout: 180_000 };
let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

const numbers = (envelopes) => envelopes.map((envelope) => envelope.seq_no);

test("a reload replays what was published", limit, async (t) => {
  const page = await visit(t, await browse(t, await profile(t)), server.origin);
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

test("a restart of the browser replays what was published", limit, async (t) => {
  const folder = await profile(t);
  const first = await browse(t, folder);
  const page = await visit(t, first, server.origin);
  await page.evaluate(async () => {
    const bus = await everbus.openBus("shop");
    await Promise.all([1, 2, 3].map((n) => bus.publish(created(n)).committed));
  });
  const before = await readAll(page, "shop");
  await first.close();
  const again = await visit(t, await browse(t, folder), server.origin);
  assert.equal(before.length, 3);
  assert.deepEqual(await readAll(again, "shop"), before);
});

test("two tabs that write 500 events each at once agree on one dense order", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const pages = [await visit(t, context, server.origin), await visit(t, context, server.origin)];
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

// Publishes for ever and reports each committed number with its payload, until the page is gone.
async function publishForEver(page, enough) {
  const reported = [];
  const reached = new Promise((resolve) => {
    page.exposeFunction("report", (entries) => {
      reported.push(...entries);
      if (reported.length >= enough) resolve();
    });
  });
  await page.waitForFunction(() => "report" in globalThis);
  page
    .evaluate(async () => {
      const bus = await everbus.openBus("shop");
      for (let n = 1; ; ) {
        const receipts = Array.from({ length: 1 + (n % 17) }, () => ({ n, committed: bus.publish(created(n++)).committed }));
        report(await Promise.all(receipts.map(async ({ n, committed }) => [await committed, n])));
      }
    })
    .catch(() => {});
  await reached;
  return reported;
}

async function losesNothing(page, reported) {
  const stored = await readAll(page, "shop");
  assert.deepEqual(numbers(stored), range(1, stored.length));
  assert.deepEqual(stored.map((envelope) => envelope.event.data), range(1, stored.length));
  assert.ok(reported.length > 0 && stored.length >= reported.length, `${stored.length} stored, ${reported.length} reported`);
  for (const [number, n] of reported) assert.equal(stored[number - 1]?.event.data, n, `number ${number}`);
  const next = await page.evaluate(async () => (await everbus.openBus("shop")).publish(created("next")).committed);
  assert.equal(next, stored.length + 1);
}

test("a page that is closed while it publishes loses nothing it reported committed", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const page = await visit(t, context, server.origin);
  const reported = await publishForEver(page, 300);
  await page.close();
  await losesNothing(await visit(t, context, server.origin), reported);
});

test("a page that crashes while it publishes loses nothing it reported committed", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const page = await visit(t, context, server.origin);
  const crashed = page.waitForEvent("crash");
  const reported = await publishForEver(page, 300);
  const devtools = await context.newCDPSession(page);
  devtools.send("Page.crash").catch(() => {});
  await crashed;
  await losesNothing(await visit(t, context, server.origin), reported);
});

test("a browser that is killed while a page publishes loses nothing it reported committed", limit, async (t) => {
  const folder = await profile(t);
  const { context, program } = await browseKillable(t, folder);
  const reported = await publishForEver(await visit(t, context, server.origin), 300);
  await program.kill();
  await losesNothing(await visit(t, await browse(t, folder), server.origin), reported);
});

test("what is too much for the quota is refused alone, and the log works on", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const page = await visit(t, context, server.origin);
  const devtools = await context.newCDPSession(page);
  const quota = (quotaSize) => devtools.send("Storage.overrideQuotaForOrigin", { origin: server.origin, quotaSize });
  // Chromium remembers for a while how much room there was: the quota is set before the first write.
  await quota(300_000);
  await page.evaluate(async () => {
    globalThis.errors = [];
    globalThis.bus = await everbus.openBus("shop", { onError: (error) => errors.push(error.code) });
    globalThis.delivered = [];
    bus.subscribe((envelope) => delivered.push(envelope.event.data.name));
    await bus.publish(created({ name: "before" })).committed;
  });
  const outcome = await page.evaluate(async () => {
    // Random, so that no compression makes it small.
    const big = Array.from({ length: 900_000 }, () => String.fromCharCode(32 + Math.floor(Math.random() * 90))).join("").replace(/["\\]/g, " ");
    const receipts = {
      small1: bus.publish(created({ name: "small1" })),
      big: bus.publish(created({ name: "big", big })),
      small2: bus.publish(created({ name: "small2" })),
    };
    const settled = {};
    for (const [name, { committed }] of Object.entries(receipts)) {
      settled[name] = await committed.then((number) => number, (error) => `${error instanceof everbus.EverbusError} ${error.code}`);
    }
    const names = (await bus.log.read()).map((envelope) => envelope.event.data.name);
    return { settled, names, errors };
  });
  assert.deepEqual(outcome.settled, { small1: 2, big: "true quota_exceeded", small2: 3 });
  assert.deepEqual(outcome.names, ["before", "small1", "small2"]);
  assert.deepEqual([...new Set(outcome.errors)], ["quota_exceeded"]);
  await quota(50_000_000);
  const after = await page.evaluate(async () => {
    const number = await bus.publish(created({ name: "after" })).committed;
    await bus.flush();
    return { number, delivered };
  });
  assert.deepEqual(after, { number: 4, delivered: ["before", "small1", "small2", "after"] });
});

test("a log that another tab deletes closes the bus, and no old event gets into the new log", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const [left, right] = [await visit(t, context, server.origin), await visit(t, context, server.origin)];
  await left.evaluate(async () => {
    globalThis.errors = [];
    globalThis.bus = await everbus.openBus("shop", { onError: (error) => errors.push(error.code) });
    await Promise.all([1, 2, 3].map((n) => bus.publish(created(`old ${n}`)).committed));
    await bus.log.ack("view", 2);
    globalThis.waiting = [bus.events().next(), bus.log.subscribe("view").next()];
  });
  await right.evaluate(async () => {
    await everbus.deleteBus("shop");
    globalThis.bus = await everbus.openBus("shop");
    await bus.publish(created("new")).committed;
  });
  const told = await left.evaluate(async () => {
    const ends = (await Promise.allSettled(waiting)).map(({ value, reason }) => (value ? value.done : reason.code === "closed"));
    let code;
    try {
      bus.publish(created("too late"));
    } catch (error) {
      code = error.code;
    }
    return { ends, code, closed: bus.closed, errors: [...new Set(errors)] };
  });
  assert.deepEqual(told, { ends: [true, true], code: "closed", closed: true, errors: ["closed"] });
  const anew = await left.evaluate(async () => {
    const bus = await everbus.openBus("shop");
    const first = (await bus.log.subscribe("view", "last_acknowledged").next()).value;
    return { all: (await bus.log.read()).map((envelope) => envelope.event.data), first: first.event.data };
  });
  assert.deepEqual(anew, { all: ["new"], first: "new" });
});

const without = {
  "a page without indexedDB": () => Object.defineProperty(globalThis, "indexedDB", { value: undefined, configurable: true }),
  "a page whose indexedDB throws at open": () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
  },
};

const openByDefault = async (everbus) => {
  const errors = [];
  const bus = await everbus.openBus("shop", { onError: (error) => errors.push(error.code) });
  const event = { kind: "entity", action: "created", entity_type: "order", entity_id: "00000000-0000-4000-8000-00000000000a", data: 1 };
  const number = await bus.publish(event).committed;
  return { errors, number, storage: bus.storage, stored: (await bus.log.read()).length };
};
const inMemory = { errors: ["unavailable"], number: 1, storage: "memory", stored: 1 };

for (const [name, take] of Object.entries(without)) {
  test(`${name} gets a log in memory, and is told`, limit, async (t) => {
    const context = await browse(t, await profile(t));
    await context.addInitScript(take);
    const page = await visit(t, context, server.origin);
    assert.deepEqual(await page.evaluate(`(${openByDefault})(everbus)`), inMemory);
  });
}

test("a frame of an opaque origin gets a log in memory, and is told", limit, async (t) => {
  const page = await visit(t, await browse(t, await profile(t)), server.origin);
  await page.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.srcdoc = "<!doctype html><title>opaque</title>";
    const loaded = new Promise((resolve) => (frame.onload = resolve));
    document.body.append(frame);
    return loaded;
  });
  const frame = page.frames().find((each) => each !== page.mainFrame());
  assert.equal(await frame.evaluate(() => globalThis.origin), "null");
  assert.deepEqual(await frame.evaluate(`import("${server.origin}/pkg/dist/index.js").then(${openByDefault})`), inMemory);
});
