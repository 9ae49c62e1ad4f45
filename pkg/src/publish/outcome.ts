/** A promise that knows whether anybody listens to it. */
class Observed<T> extends Promise<T> {
  /** What `then` makes is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  isObserved = false;

  override then<U = T, V = never>(
    onFulfilled?: ((value: T) => U | PromiseLike<U>) | null,
    onRejected?: ((reason: unknown) => V | PromiseLike<V>) | null,
  ): Promise<U | V> {
    this.isObserved = true;
    return super.then(onFulfilled, onRejected);
  }
}

/** What becomes of something whose caller may wait for it or not. */
export class Outcome<T> {
  readonly promise: Promise<T>;
  readonly #observed: Observed<T>;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;

  constructor() {
    this.promise = this.#observed = new Observed((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(value: T): void {
    this.#resolve(value);
  }

  /** Returns whether somebody has asked, and so is told. If nobody has, it is no unhandled rejection. */
  reject(error: unknown): boolean {
    const { isObserved } = this.#observed;
    if (!isObserved) this.#observed.catch(ignore);
    this.#reject(error);
    return isObserved;
  }
}

/** Runs `settle` once whoever awaits what the call that is running returns has begun to listen: `await` does a turn later. */
export function whenListening(settle: () => void): void {
  void Promise.resolve().then(ignore).then(settle);
}

function ignore(): void {}
