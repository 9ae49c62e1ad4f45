// A test is a sentence and an async function of a Context. Hosts run them in order, one at a time.
import { deleteBus, openBus } from "./everbus.js";
import { fail } from "./assert.js";
import { uuid } from "./fixtures.js";

export const tests = [];

/** `skip` says, given the host, why the test can't run there, or nothing. */
export function test(name, body, { skip = () => undefined } = {}) {
  tests.push({ name, body, skip });
}

/** Runs one test: its body within the host's time limit, then closes and deletes what it opened. */
export async function runOne({ body }, host) {
  const t = new Context(host);
  try {
    await within(host.timeLimit, body(t));
  } finally {
    await within(host.timeLimit, t.end());
  }
  const unexpected = t.unexpectedErrors.map((error) => `${error.code}: ${error.message}`);
  if (unexpected.length > 0) fail(`onError got what the test did not expect: ${unexpected.join("; ")}`);
}

/** What a test is given: buses that are closed and deleted after it, and the errors that reached onError. */
export class Context {
  /** Errors that reached onError and were not taken by `nextError`. A test that leaves any fails. */
  errors = [];
  #forgiven = new Set();
  #wanted = [];
  #buses = [];
  #names = new Set();

  constructor(host) {
    this.log = host.log;
    this.readText = host.readText;
    this.busName = `test ${uuid()}`;
  }

  async open(options = {}, name = this.busName) {
    this.#names.add(name);
    const bus = await openBus(name, { log: this.log, onError: (error) => this.#heard(error), ...options });
    this.#buses.push(bus);
    return bus;
  }

  /** Closes `bus` and opens it again. A memory log lives as long as a bus of its name is open, so there the new one opens first. */
  async reopen(bus, options = {}) {
    if (this.log === "indexeddb") await bus.close();
    const next = await this.open(options, bus.name);
    await bus.close();
    return next;
  }

  /** The next error that reaches onError, now or later. */
  nextError() {
    if (this.errors.length > 0) return Promise.resolve(this.errors.shift());
    return new Promise((resolve) => this.#wanted.push(resolve));
  }

  /** Allows errors with this code: what a receipt has told may reach onError as well. */
  forgive(code) {
    this.#forgiven.add(code);
  }

  get unexpectedErrors() {
    return this.errors.filter((error) => !this.#forgiven.has(error.code));
  }

  async end() {
    await Promise.all(this.#buses.map((bus) => bus.close()));
    await Promise.all([...this.#names].map((name) => deleteBus(name)));
  }

  #heard(error) {
    const wanted = this.#wanted.shift();
    if (wanted) wanted(error);
    else this.errors.push(error);
  }
}

async function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
