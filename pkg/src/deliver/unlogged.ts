import type { EventEnvelope } from "../api/envelope.js";
import { EventIterator } from "./iterator.js";

/**
 * Events as they are published, without the log behind them: keeps the newest `capacity` for a reader who is slower.
 */
export class UnloggedIterator extends EventIterator {
  readonly #capacity: number;
  readonly #onLagged: (missed: number) => void;
  /** A ring: it grows to `capacity` places, then the oldest event gives its place to the newest. */
  #ring: (EventEnvelope | undefined)[] = [];
  #oldest = 0;
  #count = 0;
  #missed = 0;

  /** `onLagged` must not throw. */
  constructor(capacity: number, onLagged: (missed: number) => void, onEnd: () => void) {
    super(onEnd);
    this.#capacity = capacity;
    this.#onLagged = onLagged;
  }

  push(envelope: EventEnvelope): void {
    if (this.isEnded) return;
    if (this.#count < this.#capacity) {
      this.#ring[(this.#oldest + this.#count++) % this.#capacity] = envelope;
    } else {
      this.#ring[this.#oldest] = envelope;
      this.#oldest = (this.#oldest + 1) % this.#capacity;
      this.#missed++;
    }
    this.answer();
  }

  protected take(): EventEnvelope | undefined {
    if (this.#missed > 0) {
      const missed = this.#missed;
      this.#missed = 0;
      this.#onLagged(missed);
    }
    if (this.#count === 0) return undefined;
    const envelope = this.#ring[this.#oldest];
    // The ring must not keep what was read.
    this.#ring[this.#oldest] = undefined;
    this.#count--;
    this.#oldest = this.#count === 0 ? 0 : (this.#oldest + 1) % this.#capacity;
    return envelope;
  }

  protected clear(): void {
    this.#ring = [];
    this.#oldest = 0;
    this.#count = 0;
    this.#missed = 0;
  }

  protected request(): void {}

  protected release(): void {}
}
