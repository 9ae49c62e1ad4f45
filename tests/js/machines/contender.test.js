// Waiting for a lock, and stealing it from a holder that hangs: contenders in a world of their own, with its own time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pseudoRandom } from "../suite/fixtures.js";
import { source } from "./source.js";

const { ALIVE, ARE_YOU_ALIVE, Contender } = await source("consumers/contender.ts");

/** How long a contender waits before it asks, and how much longer the next one: as in `locks.ts`. */
const WAIT = 900;
const SPREAD = 15;

/** Some contenders, the lock that they want, and the messages between them. */
class World {
  time = 0;
  holder;
  stolen = [];
  #since = 0;
  #events = [];
  #queue = [];
  #members = new Map();

  /** `delay()` is how long a message takes. */
  constructor(delay = () => 1) {
    this.delay = delay;
  }

  join(name) {
    this.#members.set(name, { contender: new Contender(), hangs: false, timer: 0, wait: WAIT + SPREAD * this.#members.size });
    this.#queue.push(name);
    this.#wait(name);
    this.#grant();
  }

  hang(name) {
    this.#members.get(name).hangs = true;
  }

  release(name) {
    assert.equal(this.holder, name);
    this.#members.delete(name);
    this.holder = undefined;
    this.#grant();
  }

  run(until) {
    for (;;) {
      this.#events.sort((a, b) => a.time - b.time);
      if (this.#events.length === 0 || this.#events[0].time > until) break;
      const { time, happen } = this.#events.shift();
      this.time = time;
      happen();
    }
    this.time = until;
  }

  #at(delay, happen) {
    this.#events.push({ time: this.time + delay, happen });
  }

  #wait(name) {
    const member = this.#members.get(name);
    const timer = ++member.timer;
    this.#at(member.wait, () => {
      if (this.#members.get(name)?.timer === timer && !member.hangs) this.#do(name, member.contender.waited());
    });
  }

  #grant() {
    if (this.holder !== undefined || this.#queue.length === 0) return;
    this.#hold(this.#queue.shift());
  }

  #hold(name) {
    this.holder = name;
    this.#since = this.time;
    this.#do(name, this.#members.get(name).contender.granted());
  }

  #do(name, move) {
    if (move === "ask") this.#post(name, ARE_YOU_ALIVE);
    if (move === "answer") this.#post(name, ALIVE);
    if (move === "ask" || move === "wait") this.#wait(name);
    if (move === "steal") {
      this.stolen.push({ from: this.holder, time: this.time, after: this.time - this.#since });
      const robbed = this.holder;
      const { hangs } = this.#members.get(robbed);
      this.#members.delete(robbed);
      this.#queue = this.#queue.filter((other) => other !== name);
      this.#hold(name);
      // Who lives asks anew.
      if (!hangs) this.join(robbed);
    }
  }

  #post(from, message) {
    for (const [name, member] of this.#members) {
      const delay = this.delay();
      if (name === from) continue;
      this.#at(delay, () => {
        if (this.#members.get(name) === member && !member.hangs) this.#do(name, member.contender.heard(message));
      });
    }
  }
}

test("a holder that answers keeps its lock, however many wait", () => {
  const world = new World();
  for (const name of ["a", "b", "c", "d"]) world.join(name);
  world.run(3_600_000);
  assert.equal(world.holder, "a");
  assert.deepEqual(world.stolen, []);
});

test("a holder that hangs loses its lock after four questions, once", () => {
  const world = new World();
  for (const name of ["a", "b", "c"]) world.join(name);
  world.run(10_000);
  world.hang("a");
  world.run(3_600_000);
  assert.equal(world.stolen.length, 1);
  const [{ from, time }] = world.stolen;
  assert.equal(from, "a");
  assert.ok(time <= 10_000 + 5 * (WAIT + 3 * SPREAD), `stolen after ${time - 10_000} ms`);
  assert.ok(["b", "c"].includes(world.holder));
});

test("of those who wait one asks", () => {
  const contender = new Contender();
  assert.equal(contender.heard(ARE_YOU_ALIVE), "wait");
  assert.equal(contender.waited(), "ask");
  // It is the one: it goes on, whoever else asks.
  assert.equal(contender.heard(ARE_YOU_ALIVE), undefined);
  assert.equal(contender.heard(ALIVE), "wait");
  assert.equal(contender.heard(ALIVE), undefined);
});

test("one that has the lock when its time is up steals nothing", () => {
  const contender = new Contender();
  assert.equal(contender.waited(), "ask");
  assert.equal(contender.granted(), "answer");
  assert.equal(contender.waited(), undefined);
  assert.equal(contender.heard(ALIVE), undefined);
  assert.equal(contender.heard("what another version asks"), "answer");
});

test("one that steals does so once, whatever it hears", () => {
  const contender = new Contender();
  for (let asked = 0; asked < 4; asked++) assert.equal(contender.waited(), "ask");
  assert.equal(contender.waited(), "steal");
  assert.equal(contender.waited(), undefined);
  assert.equal(contender.heard(ALIVE), undefined);
  assert.equal(contender.heard(ARE_YOU_ALIVE), undefined);
});

const firstSeed = Number(process.env.CONTENDER_SEED ?? 1);

for (let seed = firstSeed; seed < firstSeed + 100; seed++) {
  test(`nobody who answers in time is stolen from, and nobody waits for one who hangs: CONTENDER_SEED=${seed}`, () => {
    const random = pseudoRandom(seed);
    const world = new World(() => 1 + random(300));
    const hung = new Set();
    const count = 2 + random(5);
    for (let name = 0; name < count; name++) {
      world.join(name);
      world.run(world.time + random(2000));
    }
    for (let step = 0; step < count - 1; step++) {
      const { holder } = world;
      world.run(world.time + random(20_000));
      assert.equal(world.holder, holder, `${holder} answers`);
      if (random(2) === 0) {
        world.release(holder);
      } else {
        world.hang(holder);
        hung.add(holder);
        world.run(world.time + 6 * WAIT + 300);
      }
      assert.notEqual(world.holder, holder);
    }
    // That somebody else has just got the lock may not have got around.
    for (const { from, after } of world.stolen) assert.ok(hung.has(from) || after < WAIT, `${from} was stolen from after ${after} ms`);
  });
}
