// In a page or a worker: does at random what applications do, on buses of one log, and keeps a record of what comes of it.
import { openBus } from "../suite/everbus.js";
import { pseudoRandom } from "../suite/fixtures.js";
import { actions, decks, pause } from "./actions.js";
import { eventOf, everyKind, kindOf, lastWanted } from "./events.js";
import { injectFaults } from "./faults.js";

/** What counts even if it is gone the moment after, it tells the journal: somebody listens who stays. */
export class Actor {
  /** What the check wants to know of it. */
  record;
  /** The open ones, with what they were opened with. */
  buses = [];
  /** The highest number that a receipt or a handler was told. */
  known = 0;
  /** Of each subscription that can still be left, the way to. */
  leaving = new Map();
  /** From its end on slow readers read fast. */
  hurries = false;
  #deck;
  #faults;
  #acting;
  #pending = new Map();
  #opened = 0;
  #journal = new BroadcastChannel("journal");

  constructor({ name, seed, deck, faults }) {
    this.record = { name, published: [], subscriptions: [], reported: [], refused: [], uncaught: [] };
    this.random = pseudoRandom(seed);
    this.#deck = Object.entries(decks[deck]).flatMap(([action, weight]) => Array(weight).fill(action));
    for (const type of ["error", "unhandledrejection"]) {
      addEventListener(type, ({ message, reason }) => this.record.uncaught.push(message ?? `${reason} ${reason?.stack}`));
    }
    this.#faults = injectFaults(faults, this.random(2 ** 20));
  }

  chance(percent) {
    return this.random(100) < percent;
  }

  /** One of them, undefined if there is none. */
  pick(list) {
    return list[this.random(list.length)];
  }

  /** Does one thing after the other, or several at once, for so long. */
  begin(duration) {
    this.#acting = this.#act(performance.now() + duration);
  }

  async #act(end) {
    while (performance.now() < end) {
      const action = this.buses.length === 0 ? "open" : this.pick(this.#deck);
      const failed = (error) => this.record.uncaught.push(`${action}: ${error} ${error.stack}`);
      const done = this.follow(action, actions[action](this).catch(failed));
      // Who holds an exclusive consumer may be long in letting it go.
      if (this.chance(70)) await Promise.race([done, pause(3000)]);
      if (this.chance(50)) await pause(this.random(12));
    }
  }

  /** Keeps in mind what isn't settled yet. */
  follow(what, promise) {
    const followed = promise.finally(() => this.#pending.delete(followed));
    this.#pending.set(followed, what);
    return followed;
  }

  /** Resolves when it is known what comes of a call that may be refused. */
  ask(what, promise) {
    const refused = ({ code, message }) => this.record.refused.push({ what, code, message });
    return this.follow(what, promise.then(() => {}, refused));
  }

  async open(options) {
    const onError = ({ code, message, cause }) => {
      const range = code === "trimmed" ? { ...cause } : undefined;
      this.record.reported.push({ code, message, range });
    };
    // By name: falling back to memory is no way out here.
    const bus = await openBus("shop", { log: "indexeddb", ...options, onError });
    this.buses.push({ bus, number: ++this.#opened, crossTab: options.crossTab });
  }

  close(opened) {
    this.buses.splice(this.buses.indexOf(opened), 1);
    for (const subscription of this.leaving.keys()) {
      if (subscription.bus === opened.number) this.left(subscription, "closed");
    }
    return opened.bus.close();
  }

  /** Takes note of what was published, perhaps not for the first time. */
  published(receipt, kind, { isRetry = false } = {}) {
    const { id, committed } = receipt;
    const published = { id, kind, at: Date.now(), isRetry };
    this.record.published.push(published);
    const told = committed.then((number) => {
      published.number = number;
      this.knows(number);
      this.tell({ committed: published });
    });
    return this.follow("a receipt", told.catch(({ code, message }) => Object.assign(published, { code, message })));
  }

  /** Takes note of a subscription of any kind, before it is made. */
  subscribed({ number }, about) {
    const before = { known: this.known, published: this.record.published.length, at: Date.now() };
    const isShared = this.buses.some(({ crossTab }) => crossTab);
    const subscription = { bus: number, before, isShared, got: [], ...about };
    this.record.subscriptions.push(subscription);
    return subscription;
  }

  knows(number) {
    this.known = Math.max(this.known, number);
  }

  got(subscription, { seq_no, id, event }) {
    subscription.got.push([seq_no, id, kindOf(event)]);
  }

  left(subscription, ended) {
    this.leaving.delete(subscription);
    subscription.ended ??= ended;
  }

  /** Reads an iterator until it ends; `each` may take its time, and has it left by returning true. */
  async read(subscription, iterator, each) {
    this.leaving.set(subscription, () => iterator.return());
    try {
      for await (const envelope of iterator) {
        this.got(subscription, envelope);
        if (!(await each(envelope))) continue;
        this.left(subscription, "left");
        break;
      }
      this.left(subscription, "by itself");
    } catch ({ code, message }) {
      this.left(subscription, "failed");
      subscription.failure = { code, message };
    }
  }

  tell(what) {
    this.#journal.postMessage({ by: this.record.name, ...what });
  }

  /** Lets it come to its end: faults too, and what is pending. Resolves to the number of its last event, one of each kind. */
  async finish() {
    await this.#acting;
    this.#faults.stop();
    this.hurries = true;
    while (this.#pending.size > 0) await Promise.allSettled([...this.#pending.keys()]);
    if (!this.buses.some(({ crossTab }) => crossTab)) await this.follow("its last bus", this.open({ crossTab: true }));
    const { bus } = this.buses.find(({ crossTab }) => crossTab);
    const receipts = bus.publishAll(everyKind.map((kind) => eventOf(kind)));
    await Promise.all(receipts.map((receipt, kind) => this.published(receipt, kind)));
    return receipts.at(-1).committed;
  }

  /** Those of its subscriptions that should have more, where the log ends with one event of each kind. */
  behind(end) {
    return this.record.subscriptions.filter(({ kind, ended, position, filter, got }) => {
      const wanted = lastWanted(filter, end);
      return kind !== "exclusive" && !ended && !(position?.sequence > wanted) && !(got.at(-1)?.[0] >= wanted);
    });
  }

  /** What it waits for, for who asks why nothing goes on. */
  state(end) {
    const behind = end === undefined ? [] : this.behind(end);
    return { pending: [...this.#pending.values()], behind: behind.map(({ got, ...about }) => ({ ...about, last: got.at(-1) })) };
  }

  /** Closes what is open. Resolves to how many receivers are left then. */
  async end() {
    const buses = this.buses.map(({ bus }) => bus);
    for (const opened of [...this.buses]) await this.follow("close", this.close(opened));
    return buses.reduce((sum, { receiverCount }) => sum + receiverCount, 0);
  }
}
