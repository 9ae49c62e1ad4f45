import type { EverbusError } from "./errors.js";
import type { Owner } from "./unit.js";

/** A promise that knows whether anybody listens to it. */
class Observed extends Promise<void> {
  /** What `then` makes is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  isObserved = false;

  override then<T = void, U = never>(
    onFulfilled?: ((value: void) => T | PromiseLike<T>) | null,
    onRejected?: ((reason: unknown) => U | PromiseLike<U>) | null,
  ): Promise<T | U> {
    this.isObserved = true;
    return super.then(onFulfilled, onRejected);
  }
}

/** What becomes of an acknowledgement. A failure that nobody listens for goes to the owner's `onError`. */
export class Outcome {
  readonly promise: Promise<void>;
  readonly owner: Owner;
  readonly #observed: Observed;
  #resolve!: () => void;
  #reject!: (error: EverbusError) => void;

  constructor(owner: Owner) {
    this.owner = owner;
    this.promise = this.#observed = new Observed((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Without an error it is done. */
  settle(error: EverbusError | undefined): void {
    if (error === undefined) return this.#resolve();
    const { isObserved } = this.#observed;
    // So that it is no unhandled rejection.
    if (!isObserved) this.#observed.catch(ignore);
    this.#reject(error);
    if (!isObserved) this.owner.report(error);
  }

  /** The promise of what is refused at the call. */
  static refused(error: EverbusError, owner: Owner): Promise<void> {
    const outcome = new Outcome(owner);
    // Two turns later: `await` listens one turn after the call.
    void Promise.resolve().then(ignore).then(() => outcome.settle(error));
    return outcome.promise;
  }
}

function ignore(): void {}
