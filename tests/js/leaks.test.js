// A thousand buses and subscriptions, opened and ended in every way: nothing of them is left.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import v8 from "node:v8";
import vm from "node:vm";
import * as everbus from "everbus";
import { serve } from "./engines/static-server.js";
import { browse, profile, visit } from "./engines/visits.js";

const limit = { timeout: 300_000 };
let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

/** Two buses each. */
const ROUNDS = 500;
const SAMPLES = 10;
/** How many bytes of a page's heap a round may leave once half of them have run. */
const MOST_LEFT = 1024;
/** How often half as many rounds again are run to see it: an engine that is short of time compiles late. What leaks goes on. */
const MOST_TRIES = 3;
/**
 * `rounds` rounds: buses that are opened and closed, and on each of them, and on one that stays open, every kind of
 * subscription and of ending. `globalThis.known` has a weak reference to every bus, handler, iterator and callback.
 */
const live = async ([log, rounds]) => {
  const { entity, openBus } = everbus;
  const order = (n) => entity.created("order", n);
  const know = (object) => {
    (globalThis.known ??= []).push(new WeakRef(object));
    return object;
  };
  const open = async (name) => know(await openBus(name, { log, onError: know((error) => { throw error; }) }));
  globalThis.keeper ??= await open("leaks");
  globalThis.forever ??= new AbortController();
  const exclusive = (each, options, name = "exclusive") =>
    know(each.log.subscribe(name, "beginning", { ...options, exclusive: true, onTrimmed: "skip" }));
  globalThis.holder ??= exclusive(globalThis.keeper, {}, "held all the time");
  for (let round = 0; round < rounds; round++) {
    const abort = new AbortController();
    const [bus, alone] = [await open("leaks"), await open("leaks alone")];
    for (const each of [bus, globalThis.keeper]) {
      for (const deliver of ["committed", "immediate"]) {
        const leave = each.subscribe({ entity_type: "order" }, know(() => {}), { deliver });
        each.subscribe(know(() => {}), { deliver, signal: abort.signal });
        const left = each.subscribe(know(() => {}), { deliver, signal: globalThis.forever.signal });
        const read = know(each.events(undefined, { deliver }));
        const aborted = know(each.events(undefined, { deliver, signal: abort.signal }));
        const waiting = aborted.next();
        const abandoned = each === bus ? know(each.events(undefined, { deliver })) : undefined;
        await Promise.all([each.publish(order(round)).committed, abandoned?.next()]);
        for await (const _ of read) break;
        leave();
        left();
        await waiting;
      }
    }
    // These end with their bus.
    bus.subscribe(know(() => {}), { signal: globalThis.forever.signal });
    const consumed = know(bus.log.subscribe("consumer", "last_acknowledged", { signal: globalThis.forever.signal }));
    await consumed.next();
    const last = await bus.log.lastSeqNo();
    await bus.log.ack("consumer", last);
    await exclusive(bus, {}, "held all the time").return();
    const held = exclusive(bus);
    await held.next();
    // One of those that wait for it ends on its own, one with its bus, and one gets it.
    const waiters = [exclusive(globalThis.keeper, { signal: abort.signal }), exclusive(bus), exclusive(globalThis.keeper)];
    const [aborted, ended, next] = waiters.map((each) => each.next());
    const ending = [know(bus.log.subscribe("waiting")).next(), know(bus.events()).next(), ended];
    abort.abort();
    await aborted;
    await alone.publish(order(round)).committed;
    // The logs must not be what grows.
    if (round % 20 === 19) for (const { log } of [bus, alone]) await log.trim((await log.lastSeqNo()) + 1);
    await Promise.all([bus.close(), alone.close()]);
    await Promise.all(ending);
    await globalThis.keeper.publish(order(round)).committed;
    await next;
    await waiters[2].return();
  }
};

/** How many of the known objects are still there, and of how many. Forgets the others. */
const countKnown = () => {
  const made = globalThis.known.length;
  globalThis.known = globalThis.known.filter((each) => each.deref() !== undefined);
  return { made, kept: globalThis.known.length };
};

/**
 * Fails if more of the objects than a round has are kept, if the heap or something else that `sample` gives still grows
 * halfway, or if in the end it isn't what is `left`.
 */
async function levelsOff(live, sample, left) {
  const samples = [];
  const take = async (count) => {
    for (let i = 0; i < count; i++) {
      await live(ROUNDS / SAMPLES);
      samples.push(await sample());
    }
    return [samples.at(-1 - SAMPLES / 2), samples.at(-1)];
  };
  const grows = (halfway, { heap }) => heap !== undefined && heap - halfway.heap >= (MOST_LEFT * ROUNDS) / 2;
  let [halfway, last] = await take(SAMPLES);
  for (let tries = 1; tries < MOST_TRIES && grows(halfway, last); tries++) [halfway, last] = await take(SAMPLES / 2);
  const shown = samples.map((each) => JSON.stringify(each)).join("\n");
  const { made, kept, heap, ...end } = last;
  assert.ok(made > ROUNDS, `${made} objects`);
  assert.ok(kept < made / (ROUNDS / SAMPLES), shown);
  assert.ok(!grows(halfway, last), `the heap:\n${shown}`);
  for (const what of Object.keys(end)) assert.equal(end[what], halfway[what], `${what}:\n${shown}`);
  assert.deepEqual({ ...end, ...left }, end);
}

/** Notes the memory of each module, and counts what is open. In a page, before anything else runs. */
const watch = () => {
  globalThis.watched = { channels: 0, listeners: 0 };
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function (...args) {
    const instance = new Instance(...args);
    globalThis.memory = Object.values(instance.exports).find((each) => each instanceof WebAssembly.Memory);
    return instance;
  };
  globalThis.BroadcastChannel &&= class extends BroadcastChannel {
    constructor(name) {
      super(name);
      watched.channels++;
    }
    close() {
      super.close();
      watched.channels--;
    }
  };
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const isCounted = (target) => target === globalThis || target === globalThis.document;
  EventTarget.prototype.addEventListener = function (...args) {
    if (isCounted(this ?? globalThis)) watched.listeners++;
    return addEventListener.apply(this, args);
  };
  EventTarget.prototype.removeEventListener = function (...args) {
    if (isCounted(this ?? globalThis)) watched.listeners--;
    return removeEventListener.apply(this, args);
  };
};

test("a page that opens and closes a thousand buses and subscriptions keeps nothing of them", limit, async (t) => {
  const context = await browse(t, await profile(t));
  await context.addInitScript(watch);
  const page = await visit(t, context, server.origin);
  const devtools = await context.newCDPSession(page);
  await levelsOff(
    (rounds) => page.evaluate(live, ["indexeddb", rounds]),
    async () => {
      await devtools.send("HeapProfiler.collectGarbage");
      const open = await page.evaluate(async () => {
        const { held, pending } = await navigator.locks.query();
        return { ...watched, memory: memory.buffer.byteLength, locks: held.length + pending.length };
      });
      const counted = await page.evaluate(countKnown);
      await devtools.send("HeapProfiler.collectGarbage");
      const { usedSize, embedderHeapUsedSize } = await devtools.send("Runtime.getHeapUsage");
      return { ...open, ...counted, heap: usedSize + embedderHeapUsedSize };
    },
    // One bus stays open, and listens to others; it holds one consumer, for which others may ask.
    { channels: 2, locks: 1 },
  );
});

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc");

// The heap of this process is the test runner's, too.
test("a process that opens and closes a thousand buses and subscriptions keeps nothing of them", limit, async () => {
  globalThis.everbus = everbus;
  await levelsOff(
    (rounds) => live(["memory", rounds]),
    async () => {
      // What a turn has looked at stays until its end.
      await new Promise(setImmediate);
      collect();
      return countKnown();
    },
  );
});

/**
 * Iterators that nobody holds: some are waited for, one is looped over, and one is exclusive. Resolves to how many those are,
 * which are not to be ended.
 */
const letGo = async (log) => {
  const { entity, openBus } = everbus;
  const bus = (globalThis.bus = await openBus("let go", { log }));
  const ways = [
    () => bus.events(),
    () => bus.events(undefined, { deliver: "immediate" }),
    () => bus.log.subscribe("some consumer"),
  ];
  for (const open of ways) open();
  bus.log.subscribe("exclusive", "latest", { exclusive: true });
  globalThis.waiting = Promise.all(ways.map(async (open) => (await open().next()).value.event.data));
  globalThis.looped = [];
  globalThis.looping = (async () => {
    for await (const { event } of bus.events()) if (looped.push(event.data) === 3) break;
  })();
  globalThis.publish = async (data) => void (await bus.publish(entity.created("order", data)).committed);
  return ways.length + 2;
};

/** Fails unless only those end that nobody waits for, and the others as soon as they have been answered. */
async function endsWhatWasLetGo(evaluate, log, collect) {
  const needed = await evaluate(letGo, log);
  const comesDownTo = async (count) => {
    do await collect();
    while ((await evaluate(() => bus.receiverCount)) > count);
    // What is needed isn't collected later either.
    for (let i = 0; i < 3; i++) await collect();
    assert.equal(await evaluate(() => bus.receiverCount), count);
  };
  await comesDownTo(needed);
  await evaluate((data) => publish(data), 1);
  assert.deepEqual(await evaluate(() => waiting), [1, 1, 1]);
  assert.equal(await evaluate(() => bus.receiverCount), 2, "the loop, and the exclusive one");
  for (const data of [2, 3]) await evaluate((data) => publish(data), data);
  await evaluate(() => looping);
  assert.deepEqual(await evaluate(() => looped), [1, 2, 3]);
  await comesDownTo(1);
  const claim = await evaluate(async () => (await bus.log.consumers()).find(({ name }) => name === "exclusive").heldBy);
  assert.equal(claim, await evaluate(() => bus.origin), "who holds the consumer");
  await evaluate(() => bus.close());
}

test("in a page the garbage collector ends iterators that nobody holds or waits for", limit, async (t) => {
  const context = await browse(t, await profile(t));
  const page = await visit(t, context, server.origin);
  const devtools = await context.newCDPSession(page);
  await endsWhatWasLetGo((work, argument) => page.evaluate(work, argument), "indexeddb", () => devtools.send("HeapProfiler.collectGarbage"));
});

test("in a process the garbage collector ends iterators that nobody holds or waits for", limit, async () => {
  globalThis.everbus = everbus;
  await endsWhatWasLetGo(async (work, argument) => work(argument), "memory", async () => {
    // What a turn has looked at stays until its end.
    await new Promise(setImmediate);
    collect();
  });
});
