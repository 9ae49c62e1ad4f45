// Exclusive consumers across tabs and workers, in each engine: holders that close, crash, freeze, hang and come back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as later } from "node:timers/promises";
import { launchBare } from "./engines/devtools.js";
import { inEachEngine, serveFor } from "./engines/each.js";
import { startWorker, until, untilSeen } from "./engines/realm.js";
import { browseKillable, load, profile, visit } from "./engines/visits.js";
import { pseudoRandom, range } from "./suite/fixtures.js";

const limit = { timeout: 180_000 };

/**
 * In a realm: does what comes, and acknowledges it once `proceed` resolves; `got`, `acked` and `refused` tell of it, `asked`
 * of how often it asked whether the holder is alive, `stolen` of how often it took a lock from it, and `transactions` of how
 * many it is in the middle of.
 */
const work = async () => {
  Object.assign(globalThis, { got: [], acked: [], refused: [], asked: 0, stolen: 0, transactions: 0, proceed: undefined });
  const { postMessage } = BroadcastChannel.prototype;
  BroadcastChannel.prototype.postMessage = function (message) {
    if (message === "are you alive?") asked++;
    postMessage.call(this, message);
  };
  const { request } = LockManager.prototype;
  navigator.locks.request = function (name, options, ...rest) {
    if (options.steal) stolen++;
    return request.call(this, name, options, ...rest);
  };
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...args) {
    const begun = transaction.apply(this, args);
    transactions++;
    for (const end of ["complete", "abort"]) begun.addEventListener(end, () => transactions--);
    return begun;
  };
  globalThis.bus = await everbus.openBus("shop");
  globalThis.iterator = bus.log.subscribe("worker", "beginning", { exclusive: true });
  void (async () => {
    for await (const { seq_no } of iterator) {
      got.push(seq_no);
      await proceed;
      const ack = bus.log.ack("worker", seq_no);
      void ack.then(() => acked.push(seq_no), ({ code, cause }) => refused.push({ seq_no, code, cause }));
    }
  })();
};
const publish = (realm, count) =>
  realm.evaluate(async (count) => {
    for (let n = 0; n < count; n++) bus.publish(created(n));
    await bus.flush();
  }, count);
/** What comes of acknowledging event 9. */
const acknowledge = async () => {
  globalThis.bus ??= await everbus.openBus("shop");
  return bus.log.ack("worker", 9).then(() => "made", ({ code, cause }) => ({ code, cause }));
};
const hasAcked = (count) => acked.length >= count;
const hasGot = (count) => got.length >= count;

/** One that holds the consumer, has acknowledged eight events and works on the ninth, and one that waits. */
async function holderAndWaiter(openHolder, openWaiter = openHolder) {
  const holder = await openHolder();
  await holder.evaluate(work);
  await publish(holder, 5);
  await until(holder, hasAcked, 5);
  const waiter = await openWaiter();
  await waiter.evaluate(work);
  await publish(waiter, 3);
  await until(holder, hasAcked, 8);
  await holder.evaluate(() => {
    globalThis.proceed = new Promise((resolve) => (globalThis.goOn = resolve));
  });
  await publish(waiter, 1);
  await until(holder, hasGot, 9);
  assert.deepEqual(await waiter.evaluate(() => got), [], "what the one that waits got");
  return { holder, waiter };
}

/**
 * The one that waited goes on after the last acknowledged event. The browser has handed it the lock, at once, if its holder
 * has given that up or is gone; from a holder that `isSilent` it has stolen it.
 */
async function takesOver(waiter, { isSilent = false, wait = until } = {}) {
  await wait(waiter, hasAcked, 1);
  await publish(waiter, 1);
  await wait(waiter, hasAcked, 2);
  assert.deepEqual(await waiter.evaluate(() => [got, acked]), [[9, 10], [9, 10]]);
  assert.equal(await waiter.evaluate(() => stolen), isSilent ? 1 : 0, "stolen locks");
}

/**
 * The old holder, back with its event 9, is refused; it goes on with what the other left when that closes. Until it hears
 * that it has lost, it may be given event 10, too.
 */
async function isFencedOff(holder, waiter) {
  await holder.evaluate(() => goOn());
  await until(holder, () => refused.length > 0);
  assert.deepEqual(await waiter.evaluate(() => acked), [9, 10]);
  await waiter.close();
  await publish(holder, 1);
  await until(holder, hasAcked, 9);
  const { acked, refused } = await holder.evaluate(() => ({ acked, refused }));
  assert.deepEqual(acked, range(1, 8).concat(11));
  const all = [9, 10].map((seq_no) => ({ seq_no, code: "conflict", cause: { epoch: 1, current: 2 } }));
  assert.deepEqual(refused, all.slice(0, refused.length));
}

/**
 * In a realm that works: nothing runs there until the server answers. In the middle of a transaction it would hold up
 * everybody who commits.
 */
const hang = async () => {
  while (transactions > 0) await new Promise((resolve) => setTimeout(resolve));
  const request = new XMLHttpRequest();
  request.open("POST", "/outcomes", false);
  request.send("{}");
};

/** In a realm: keeps the log's database busy until `letGo()`. */
const holdUp = async () => {
  const db = await new Promise((resolve, reject) => {
    const request = indexedDB.open("everbus:shop");
    Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) });
  });
  const store = db.transaction([...db.objectStoreNames], "readwrite").objectStore("meta");
  const again = () => (store.get("nothing").onsuccess = again);
  again();
  globalThis.letGo = () => {
    store.transaction.abort();
    db.close();
  };
};

/** A page that has a consumer's lock, and can't claim it yet; `goOn()` lets it. */
async function claiming(open) {
  const [page, other] = [await open(), await open()];
  await page.evaluate(async () => {
    globalThis.bus = await everbus.openBus("shop");
    await bus.publish(created(1)).committed;
  });
  await other.evaluate(holdUp);
  await page.evaluate(work);
  await until(page, async () => (await navigator.locks.query()).held.length === 1);
  return { page, goOn: () => other.evaluate(() => letGo()) };
}

async function crash(page) {
  const crashed = page.waitForEvent("crash");
  (await page.context().newCDPSession(page)).send("Page.crash").catch(() => {});
  await crashed;
}

inEachEngine(({ test, site, engine }) => {
  const openers = ({ visit }) => ({
    tab: visit,
    async worker() {
      const worker = await startWorker(await visit());
      await load(worker);
      return worker;
    },
  });
  const ends = {
    "a tab that closes its bus": ["tab", (holder) => holder.evaluate(() => bus.close())],
    "a tab that closes": ["tab", (holder) => holder.close()],
    "a worker that is terminated": ["worker", (holder) => holder.terminate()],
    "a worker whose tab closes": ["worker", (holder) => holder.close()],
    // The other drivers have no command for it.
    ...(engine === "Chromium" && { "a tab that crashes": ["tab", crash] }),
  };
  for (const [what, [where, end]] of Object.entries(ends)) {
    test(`${what} hands its consumer on`, limit, async (t) => {
      const open = openers(await site(t));
      const { holder, waiter } = await holderAndWaiter(open[where], open.tab);
      await end(holder);
      await takesOver(waiter);
    });
  }

  test("only the tab that holds a consumer acknowledges", limit, async (t) => {
    const { holder, waiter } = await holderAndWaiter((await site(t)).visit);
    assert.deepEqual(await waiter.evaluate(acknowledge), { code: "conflict", cause: { epoch: 0, current: 1 } });
    await holder.evaluate(() => void iterator.return());
    await takesOver(waiter);
    assert.deepEqual(await holder.evaluate(acknowledge), { code: "conflict", cause: { epoch: 1, current: 2 } });
  });

  test("a holder that answers isn't robbed, however long another waits", limit, async (t) => {
    const { holder, waiter } = await holderAndWaiter((await site(t)).visit);
    // More often than a silent one is asked.
    await until(waiter, () => asked > 5 || stolen > 0);
    await holder.evaluate(() => goOn());
    await until(holder, () => acked.length + refused.length === 9);
    assert.deepEqual(await holder.evaluate(() => [acked, refused]), [range(1, 9), []]);
    assert.deepEqual(await waiter.evaluate(() => [got, stolen]), [[], 0]);
  });

  // Chromium doesn't hear of it when a page gives up its first request at once.
  for (const how of ["return", "close"]) {
    test(`who gives up at once waits no more: ${how}()`, limit, async (t) => {
      const { visit } = await site(t);
      const holder = await visit();
      await holder.evaluate(work);
      await publish(holder, 1);
      await until(holder, hasAcked, 1);
      const waiter = await visit();
      const end = await waiter.evaluate(async (how) => {
        const bus = await everbus.openBus("shop");
        const iterator = bus.log.subscribe("worker", "beginning", { exclusive: true });
        const given = iterator.next();
        const ended = Promise.all([given, how === "return" ? iterator.return() : bus.close()]).then(([{ done }]) => done);
        return Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000, "still waiting"))]);
      }, how);
      assert.equal(end, true);
      await publish(holder, 1);
      await until(holder, hasAcked, 2);
    });
  }

  test("who gives up waiting asks for the consumer no more", limit, async (t) => {
    const { waiter } = await holderAndWaiter((await site(t)).visit);
    const isAskedFor = async (isAsked) => (await navigator.locks.query()).pending.length === (isAsked ? 1 : 0);
    assert.ok(await waiter.evaluate(isAskedFor, true));
    await waiter.evaluate(() => iterator.return());
    await until(waiter, isAskedFor, false);
    await waiter.evaluate(work);
    await until(waiter, isAskedFor, true);
    await waiter.evaluate(() => bus.close());
    await until(waiter, isAskedFor, false);
  });

  test("once the holder is gone and nobody waits, anybody may acknowledge", limit, async (t) => {
    const { holder, waiter } = await holderAndWaiter((await site(t)).visit);
    await waiter.reload();
    await load(waiter);
    assert.equal((await waiter.evaluate(acknowledge)).code, "conflict");
    await holder.close();
    // A tab that was closed takes a moment to go.
    await until(waiter, async () => (await navigator.locks.query()).held.length === 0);
    assert.equal(await waiter.evaluate(acknowledge), "made");
  });

  test("a page that closes its bus as it is left has closed it, whether it held or waited", limit, async (t) => {
    const { holder, waiter } = await holderAndWaiter((await site(t)).visit);
    for (const page of [waiter, holder]) {
      await page.evaluate(async () => {
        globalThis.dispatchEvent(new PageTransitionEvent("pagehide"));
        await bus.close();
      });
    }
    assert.deepEqual(await holder.evaluate(async () => (await navigator.locks.query()).held), []);
  });

  test("a page that is suspended while it claims a consumer claims it again once it is back", limit, async (t) => {
    const { page, goOn } = await claiming((await site(t)).visit);
    await page.evaluate(() => {
      for (const event of ["pagehide", "pageshow"]) dispatchEvent(new PageTransitionEvent(event, { persisted: true }));
    });
    await goOn();
    await until(page, hasAcked, 1);
  });

  test("a worker that hangs is taken over, and can't acknowledge over its successor", limit, async (t) => {
    let runOn;
    const runsOn = new Promise((resolve) => (runOn = resolve));
    const open = openers(await site(t, () => runsOn));
    const { holder, waiter } = await holderAndWaiter(open.worker, open.tab);
    // Another one waits, too, and asks, but leaves the stealing to the first.
    const other = await open.tab();
    await other.evaluate(() => {
      const { request } = LockManager.prototype;
      LockManager.prototype.request = function (name, options, hold) {
        return options.steal ? new Promise(() => {}) : request.call(this, name, options, hold);
      };
    });
    await other.evaluate(work);
    const hung = holder.evaluate(hang);
    await takesOver(waiter, { isSilent: true });
    await other.close();
    runOn();
    await hung;
    await isFencedOff(holder, waiter);
  });

  test("however holders end, no event is acknowledged by two, and none is skipped", limit, async (t) => {
    const seed = Number(process.env.EVERBUS_SEED ?? Date.now() % 1e6);
    const turns = Number(process.env.EVERBUS_TURNS ?? 8);
    t.diagnostic(`again with EVERBUS_SEED=${seed}; longer with EVERBUS_TURNS`);
    const random = pseudoRandom(seed);
    const gotBy = new Map();
    const ackedBy = new Map();
    const note = (map, key, value) => map.set(key, [...(map.get(key) ?? []), value]);
    let tellProgress = () => {};
    const place = await site(t, (_, { by, got, acked }) => {
      if (got) note(gotBy, by, got);
      if (acked) note(ackedBy, acked, by);
      tellProgress();
    });
    const open = openers(place);
    let count = 0;
    const begin = async () => {
      const [where, end] = Object.values(ends)[random(Object.keys(ends).length)];
      const realm = await open[where]();
      await realm.evaluate(async (by) => {
        const tell = (told) => fetch("/outcomes", { method: "POST", body: JSON.stringify({ by, ...told }) });
        globalThis.bus = await everbus.openBus("shop", { onError: () => {} });
        void (async () => {
          for await (const { seq_no } of bus.log.subscribe("worker", "beginning", { exclusive: true })) {
            await tell({ got: seq_no });
            bus.log.ack("worker", seq_no).then(() => tell({ acked: seq_no }), () => {});
          }
        })();
      }, ++count);
      return () => end(realm);
    };
    const writer = await place.visit();
    await writer.evaluate(async () => {
      globalThis.bus = await everbus.openBus("shop");
    });
    const endings = [await begin(), await begin()];
    let published = 0;
    for (let turn = 0; turn < turns; turn++) {
      const more = 1 + random(40);
      await publish(writer, more);
      published += more;
      // The next one ends once somebody has got this far.
      const far = published - random(more);
      await new Promise((resolve) => {
        tellProgress = () => Math.max(0, ...ackedBy.keys()) >= far && resolve();
        tellProgress();
      });
      const [end] = endings.splice(random(endings.length), 1);
      await end();
      endings.push(await begin());
    }
    await until(writer, async (published) => (await bus.log.consumers())[0].lastAcked === published, published);
    const ascending = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);
    assert.deepEqual(ascending([...gotBy.values()].flat()), range(1, published));
    for (const got of gotBy.values()) assert.deepEqual(got, ascending(got), "each gets what it gets once and in order");
    for (const [seqNo, by] of ackedBy) assert.equal(by.length, 1, `who acknowledged ${seqNo}`);
  });
});

// Freezing a tab, throttling its timers and stopping its process: the other drivers have nothing of the kind.

test("a tab that is frozen hands its consumer on, and can't acknowledge over its successor: Chromium", limit, async (t) => {
  const { origin } = await serveFor(t);
  const browser = await launchBare(t);
  const { holder, waiter } = await holderAndWaiter(async () => {
    const page = await browser.open(`${origin}/tests/js/hosts/blank.html`);
    await load(page);
    return page;
  });
  await holder.send("Page.setWebLifecycleState", { state: "frozen" });
  await takesOver(waiter);
  await holder.send("Page.setWebLifecycleState", { state: "active" });
  await isFencedOff(holder, waiter);
});

test("a tab that is frozen while it claims a consumer claims it again once it is thawed: Chromium", limit, async (t) => {
  const { origin } = await serveFor(t);
  const browser = await launchBare(t);
  const { page, goOn } = await claiming(async () => {
    const page = await browser.open(`${origin}/tests/js/hosts/blank.html`);
    await load(page);
    return page;
  });
  await page.evaluate(() => {
    globalThis.states = [];
    for (const event of ["freeze", "resume"]) document.addEventListener(event, () => states.push(event));
  });
  for (const state of ["frozen", "active"]) await page.send("Page.setWebLifecycleState", { state });
  await until(page, () => states.length === 2);
  await goOn();
  await until(page, hasAcked, 1);
});

/** Chromium lets the timers of a hidden page run once a minute when it has been hidden for a second, not for minutes. */
const THROTTLING_SOON =
  "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1,QuickIntensiveWakeUpThrottlingAfterLoading:grace_period_seconds_loaded/1";

test("a hidden tab whose timers run once a minute takes over within 10 s from one that hangs: Chromium", limit, async (t) => {
  let runOn;
  const runsOn = new Promise((resolve) => (runOn = resolve));
  const { origin } = await serveFor(t, () => runsOn);
  const browser = await launchBare(t, [THROTTLING_SOON]);
  let first;
  const { holder, waiter } = await holderAndWaiter(async () => {
    const page = await browser.open(`${origin}/tests/js/hosts/blank.html`, { newWindow: false });
    first ??= page;
    await first.send("Page.bringToFront");
    await load(page);
    return page;
  });
  await waiter.evaluate(() => {
    const tick = () => (globalThis.ticked = performance.now());
    tick();
    setInterval(tick, 10);
  });
  // In any hidden page it would tick once a second.
  await untilSeen(waiter, () => document.visibilityState === "hidden" && performance.now() - ticked > 4000);
  const hung = holder.evaluate(hang);
  const late = later(10_000, undefined, { ref: false }).then(() => assert.fail("not taken over within 10 s"));
  await Promise.race([takesOver(waiter, { isSilent: true, wait: untilSeen }), late]);
  runOn();
  await hung;
  await isFencedOff(holder, waiter);
});

test("a tab that is stopped without being told is taken over, and can't acknowledge over its successor: Chromium", limit, async (t) => {
  const { origin } = await serveFor(t);
  // Without a spare process, a new one is that of the new tab.
  const { context } = await browseKillable(t, await profile(t), ["--disable-features=SpareRendererForSitePerProcess"]);
  const browser = await context.browser().newBrowserCDPSession();
  const renderers = async () =>
    (await browser.send("SystemInfo.getProcessInfo")).processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  const before = await renderers();
  const pids = [];
  const { holder, waiter } = await holderAndWaiter(async () => {
    const page = await visit(t, context, origin);
    pids.push((await renderers()).find((id) => !before.includes(id) && !pids.includes(id)));
    return page;
  });
  const [pid] = pids;
  assert.ok(pids.every(Number.isInteger), `a process for each tab: ${pids}`);
  process.kill(pid, "SIGSTOP");
  try {
    await takesOver(waiter, { isSilent: true });
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await isFencedOff(holder, waiter);
});

// Firefox doesn't use its back/forward cache while it is driven.
inEachEngine(({ test, site }) => {
  test("an exclusive consumer doesn't keep a page out of the back/forward cache, and waits there", limit, async (t) => {
    const told = new Map();
    /** What a page posts to /outcomes<about>, once. */
    const hearing = (about) => new Promise((resolve) => told.set(about, resolve));
    const [away, back] = [hearing("/away"), hearing("/back")];
    const { visit } = await site(t, (about, outcome) => told.get(about)?.(outcome));
    const { holder, waiter } = await holderAndWaiter(visit);
    // It may be gone before it has answered.
    const leaving = holder.evaluate(() => {
      addEventListener("pageshow", ({ persisted }) => fetch("/outcomes/back", { method: "POST", body: JSON.stringify({ persisted }) }));
      location.href = "/tests/js/hosts/away.html";
    });
    leaving.catch(() => {});
    await away;
    await takesOver(waiter);
    await waiter.evaluate(() => new BroadcastChannel("away").postMessage("come back"));
    assert.equal((await back).persisted, true);
    // The driver notices later.
    while (!(await holder.evaluate(() => "goOn" in globalThis).catch(() => false))) await later(20);
    await isFencedOff(holder, waiter);
  });
}, ["Chromium", "WebKitGTK"]);
