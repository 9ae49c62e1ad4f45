// Exclusive consumers across tabs and workers in Firefox and WebKitGTK, as far as their drivers allow. Crashes and frozen
// tabs are tested in Chromium: see exclusive.test.js.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch as launchFirefox } from "./engines/firefox.js";
import { serve } from "./engines/static-server.js";
import { launch as launchWebKit } from "./engines/webkit.js";
import { pseudoRandom, range } from "./suite/fixtures.js";

const limit = { timeout: 60_000 };
const ascending = (numbers) => numbers.toSorted((a, b) => a - b);

/** A claimant (hosts/claimant.js), and what it has told. */
class Claimant {
  got = [];
  acked = [];
  refused = [];
  published = 0;
  isReady = false;
  isHanging = false;
  /** What the server answers once the claimant may run on. */
  #runOn;
  #waiting = new Set();
  #browser;
  #name;

  constructor(browser, name) {
    this.#browser = browser;
    this.#name = name;
  }

  hear({ ready, got, acked, refused, published, hangs }) {
    if (ready) this.isReady = true;
    if (got) this.got.push(got);
    if (acked) this.acked.push(acked);
    if (refused) this.refused.push(refused);
    if (published) this.published = published;
    if (hangs) this.isHanging = true;
    for (const look of this.#waiting) look();
    return hangs && new Promise((resolve) => (this.#runOn = resolve));
  }

  /** Resolves once this holds. */
  until(condition) {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition(this)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  order(order, more) {
    const script = "const channel = new BroadcastChannel('orders'); channel.postMessage(arguments[0]); channel.close()";
    return this.#browser.command("POST", "/execute/sync", { script, args: [{ to: this.#name, order, ...more }] });
  }

  async publish(count) {
    const before = this.published;
    await this.order("publish", { count });
    await this.until(({ published }) => published > before);
    return this.published;
  }

  async acknowledge(seqNo) {
    const before = this.acked.length + this.refused.length;
    await this.order("acknowledge", { seqNo });
    await this.until(({ acked, refused }) => acked.length + refused.length > before);
    return this.refused.at(-1);
  }

  async hang() {
    await this.order("hang");
    await this.until(({ isHanging }) => isHanging);
  }

  runOn() {
    this.#runOn();
  }
}

for (const [engine, launch] of Object.entries({ Firefox: launchFirefox, WebKitGTK: launchWebKit })) {
  describe(engine, () => {
    const claimants = new Map();
    let server;
    let browser;
    before(async () => {
      server = await serve((_, told) => claimants.get(told.from).hear(told));
      browser = await launch();
      // Orders are given from here.
      await browser.open(`${server.origin}/tests/js/hosts/blank.html`);
    });
    after(async () => {
      await browser?.close();
      await server?.close();
    });

    /** Begins a claimant in a tab of its own; it acknowledges up to the number `alone` without being told to. */
    async function claim(t, bus, { where = "tab", alone = Infinity } = {}) {
      const name = `${bus}: claimant ${claimants.size + 1}`;
      const claimant = new Claimant(browser, name);
      claimants.set(name, claimant);
      const about = new URLSearchParams({ bus, name, alone, in: where });
      const closeTab = await browser.openTab(`${server.origin}/tests/js/hosts/claimant.html?${about}`);
      let isOpen = true;
      claimant.closeTab = async () => {
        if (isOpen) await closeTab();
        isOpen = false;
      };
      t.after(() => claimant.closeTab());
      await claimant.until(({ isReady }) => isReady);
      return claimant;
    }

    /** One that holds the consumer, has acknowledged eight events and works on the ninth, and one that waits. */
    async function holderAndWaiter(t, where) {
      const holder = await claim(t, t.name, { where, alone: 8 });
      await holder.publish(5);
      const waiter = await claim(t, t.name);
      await waiter.publish(4);
      await holder.until(({ got, acked }) => got.length === 9 && acked.length === 8);
      assert.deepEqual(holder.got, range(1, 9));
      assert.deepEqual(waiter.got, [], "what the one that waits got");
      return { holder, waiter };
    }

    /** The waiter goes on after the last acknowledged event. */
    async function takesOver(waiter) {
      await waiter.until(({ acked }) => acked.includes(9));
      await waiter.publish(1);
      await waiter.until(({ acked }) => acked.includes(10));
      assert.deepEqual(waiter.got, [9, 10]);
      assert.deepEqual(waiter.refused, []);
    }

    const ends = {
      "a tab that closes its bus": ["tab", (holder) => holder.order("close the bus")],
      "a tab that closes": ["tab", (holder) => holder.closeTab()],
      "a worker that is terminated": ["worker", (holder) => holder.order("terminate")],
      "a worker whose tab closes": ["worker", (holder) => holder.closeTab()],
    };
    for (const [what, [where, end]] of Object.entries(ends)) {
      test(`${what} hands its consumer on`, limit, async (t) => {
        const { holder, waiter } = await holderAndWaiter(t, where);
        await end(holder);
        await takesOver(waiter);
        assert.deepEqual(ascending(holder.acked), range(1, 8));
      });
    }

    test("only the tab that holds a consumer acknowledges", limit, async (t) => {
      const { holder, waiter } = await holderAndWaiter(t, "tab");
      assert.deepEqual(await waiter.acknowledge(9), { seqNo: 9, code: "conflict", cause: { epoch: 0, current: 1 } });
      waiter.refused = [];
      await holder.order("stop reading");
      await takesOver(waiter);
      assert.deepEqual(await holder.acknowledge(9), { seqNo: 9, code: "conflict", cause: { epoch: 1, current: 2 } });
    });

    test("a worker that hangs is taken over, and can't acknowledge over its successor", limit, async (t) => {
      const { holder, waiter } = await holderAndWaiter(t, "worker");
      await holder.hang();
      await takesOver(waiter);
      holder.runOn();
      await holder.order("go on");
      await holder.until(({ refused }) => refused.length > 0);
      assert.deepEqual(holder.refused, [{ seqNo: 9, code: "conflict", cause: { epoch: 1, current: 2 } }]);
      assert.deepEqual(ascending(holder.acked), range(1, 8));
      await waiter.closeTab();
      await holder.publish(1);
      await holder.until(({ acked }) => acked.includes(11));
      assert.deepEqual(holder.got, range(1, 9).concat(11));
    });

    test("however holders end, no event is acknowledged by two, and none is skipped", limit, async (t) => {
      const seed = Number(process.env.EVERBUS_SEED ?? Date.now() % 1e6);
      const turns = Number(process.env.EVERBUS_TURNS ?? 6);
      t.diagnostic(`again with EVERBUS_SEED=${seed}; longer with EVERBUS_TURNS`);
      const random = pseudoRandom(seed);
      const all = [];
      const begin = async () => {
        const [where, end] = Object.values(ends)[random(4)];
        const claimant = await claim(t, t.name, { where });
        all.push(claimant);
        return { claimant, end: () => end(claimant) };
      };
      const open = [await begin(), await begin()];
      let published = 0;
      for (let turn = 0; turn < turns; turn++) {
        const count = 1 + random(40);
        published = await open[0].claimant.publish(count);
        // The next one ends once somebody has got this far.
        const far = published - random(count);
        await Promise.race(open.map(({ claimant }) => claimant.until(({ got }) => got.at(-1) >= far)));
        const [one] = open.splice(random(open.length), 1);
        await one.end();
        open.push(await begin());
      }
      const last = await open[0].claimant.publish(1);
      assert.equal(last, published + 1);
      await Promise.race(open.map(({ claimant }) => claimant.until(({ acked }) => acked.includes(last))));
      assert.deepEqual(ascending([...new Set(all.flatMap(({ got }) => got))]), range(1, last));
      const acked = ascending(all.flatMap(({ acked }) => acked));
      assert.deepEqual(acked, [...new Set(acked)], "none is acknowledged twice");
      for (const { got } of all) assert.deepEqual(got, ascending([...new Set(got)]), "each gets what it gets once and in order");
    });
  });
}
