import type { EventEnvelope } from "../api/envelope.js";
import { leaveUnproxied } from "../values/objects.js";
import type { EventIterator, Result } from "./iterator.js";

// Not every edge has it: what is abandoned there ends with its bus. The reference is weak, as the stack of an error, which
// what is behind may keep, holds the handle whose method was called.
const abandoned =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : /* @__PURE__ */ new FinalizationRegistry<WeakRef<EventIterator>>((iterator) => iterator.deref()?.abandon());

/**
 * What an application holds of an iterator. Its bus holds what is behind it, and the garbage collector tells when the
 * application has let go of it without ending it.
 */
export class Handle implements AsyncIterableIterator<EventEnvelope, undefined> {
  static {
    leaveUnproxied(this.prototype);
  }

  readonly #iterator: EventIterator;

  constructor(iterator: EventIterator) {
    this.#iterator = iterator;
    abandoned?.register(this, new WeakRef(iterator));
    // The symbol is newer than some browsers.
    if (Symbol.asyncDispose !== undefined) {
      Object.defineProperty(this, Symbol.asyncDispose, { value: async () => void (await this.return()) });
    }
  }

  next(): Promise<Result> {
    return this.#iterator.next();
  }

  return(): Promise<Result> {
    return this.#iterator.return();
  }

  throw(error?: unknown): Promise<Result> {
    this.#iterator.end();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
