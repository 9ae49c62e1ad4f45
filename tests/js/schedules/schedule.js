// Several tabs and a worker, each with an actor, and what becomes of them: up to what the check needs to know.
import { setTimeout as later } from "node:timers/promises";
import { startWorker, until } from "../engines/realm.js";
import { load } from "../engines/visits.js";
import { pseudoRandom } from "../suite/fixtures.js";
import { exclusives, lastWanted } from "./events.js";
import { allSubscriptions } from "./survey.js";
import { isOpenWork } from "./wanted.js";

/** How long anything may take: taking over from who hangs takes 5 s, and the machine may be busy. */
const LIMIT_MS = 30_000;

/** In the page that outlives all: what the others tell. */
const listen = () => {
  globalThis.journal = [];
  globalThis.channel = new BroadcastChannel("journal");
  channel.onmessage = ({ data }) => journal.push(data);
};

/** In a page that had nothing to do with the log: what is in it. */
const readStored = async () => {
  const { kindOf } = await import("/tests/js/schedules/events.js");
  const bus = await everbus.openBus("shop", { log: "indexeddb" });
  const rows = (await bus.log.read({ limit: 1_000_000 })).map(({ seq_no, id, event }) => [seq_no, id, kindOf(event)]);
  const { events, firstSeqNo, lastSeqNo } = await bus.log.stats();
  const consumers = await bus.log.consumers();
  await bus.close();
  return { rows, events, first: firstSeqNo, last: lastSeqNo, consumers };
};

/** In a page: whether the exclusive consumers in `wanted` have acknowledged so much. */
const haveWorked = (wanted) =>
  wanted.every(({ consumer, number }) => journal.some((told) => told.consumer === consumer && told.acknowledged >= number));

class Schedule {
  #visit;
  #random;
  #faults;
  #deck;
  #observer;
  #actors = [];
  #made = 0;
  /** The number of the last event, once that is known. */
  #end;

  constructor(visit, random, faults) {
    this.#visit = visit;
    this.#random = random;
    this.#faults = faults;
    this.#deck = ["everything", "exclusive"][random(2)];
  }

  async perform() {
    const random = this.#random;
    this.#observer = await this.#visit();
    await this.#observer.evaluate(listen);
    for (let tabs = 2 + random(3); tabs > 0; tabs--) await this.#enter("tab", await this.#visit());
    await this.#enter("worker", await this.#visit());
    const duration = 1000 + random(2500);
    for (const actor of this.#actors) await this.#begin(actor, duration);
    for (let accidents = random(3); accidents > 0; accidents--) {
      await later(200 + random(600));
      await this.#accident(duration);
    }
    return this.#finish();
  }

  /** An actor in a page, or in a worker that the page starts. */
  async #enter(kind, page) {
    const name = `${kind} ${++this.#made}`;
    const realm = kind === "worker" ? await startWorker(page) : page;
    const actor = { kind, name, page, realm };
    const role = { name, seed: this.#random(2 ** 20), deck: this.#deck, faults: this.#faults };
    const entered = realm.evaluate(async (role) => {
      const { Actor } = await import("/tests/js/schedules/actor.js");
      globalThis.actor = new Actor(role);
    }, role);
    await this.#within(entered, `${name} to begin`);
    this.#actors.push(actor);
    return actor;
  }

  #begin({ name, realm }, duration) {
    return this.#within(realm.evaluate((duration) => actor.begin(duration), duration), `${name} to begin`);
  }

  /** A worker is ended, a tab closed or loaded again; somebody else may come. */
  async #accident(duration) {
    const random = this.#random;
    const [gone] = this.#actors.splice(random(this.#actors.length), 1);
    const comes = [];
    if (gone.kind === "worker") {
      await gone.realm.terminate();
    } else if (random(2) === 0) {
      await gone.page.close();
    } else {
      await gone.page.reload();
      await load(gone.page);
      comes.push(["tab", gone.page]);
    }
    if (random(2) === 0) comes.push([["tab", "worker"][random(2)], await this.#visit()]);
    for (const [kind, page] of comes) await this.#begin(await this.#enter(kind, page), duration);
  }

  async #finish() {
    const one = (what, ask) => ({ name, realm }) => this.#within(realm.evaluate(ask), `${name} ${what}`);
    const all = (what, ask) => Promise.all(this.#actors.map(one(what, ask)));
    this.#end = Math.max(...(await all("to finish", () => actor.finish())));
    // Who doesn't get all in time has missed something: what, the check says.
    await Promise.race([Promise.all(this.#actors.map(this.#hasAll)), later(LIMIT_MS, undefined, { ref: false })]);
    const records = await all("to report", () => actor.record);
    await this.#within(until(this.#observer, haveWorked, this.#openWork(records)), "exclusive consumers to acknowledge all");
    const left = await all("to close", () => actor.end());
    const stored = await this.#within(this.#observer.evaluate(readStored), "the log to be read");
    const journal = await this.#observer.evaluate(() => journal);
    return { records, journal, stored, end: this.#end, left, isFaulty: this.#faults > 0 };
  }

  #hasAll = ({ realm }) => until(realm, (end) => actor.behind(end).length === 0, this.#end);

  /** What the exclusive consumers that somebody has open will acknowledge in the end. */
  #openWork(records) {
    const open = allSubscriptions(records).filter(({ subscription }) => isOpenWork(subscription));
    const wanted = new Set(open.map(({ subscription: { consumer } }) => consumer));
    return [...wanted].map((consumer) => ({ consumer, number: lastWanted(exclusives[consumer], this.#end) }));
  }

  /** What is awaited, unless it takes too long: then who waits for what is the error's message. */
  async #within(promise, what) {
    const done = new AbortController();
    const isLate = later(LIMIT_MS, true, { signal: done.signal }).catch(() => {});
    try {
      const first = await Promise.race([promise.then((value) => ({ value })), isLate]);
      if (first !== true) return first.value;
    } finally {
      done.abort();
    }
    const states = this.#actors.map(async ({ name, realm }) => {
      const state = realm.evaluate((end) => actor.state(end), this.#end);
      return `${name}: ${JSON.stringify(await Promise.race([state, later(2000, "doesn't answer", { ref: false })]))}`;
    });
    throw new Error(`waited ${LIMIT_MS} ms for ${what}:\n${(await Promise.all(states)).join("\n")}`);
  }
}

/** Plays the schedule of a seed, in tabs of one origin. Resolves to what `broken` looks at. */
export const play = ({ visit }, seed, faults) => new Schedule(visit, pseudoRandom(seed), faults).perform();
