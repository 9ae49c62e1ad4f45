import type { EventEnvelope } from "../api/envelope.js";

export type Result = IteratorResult<EventEnvelope, undefined>;
const DONE: Result = { done: true, value: undefined };

interface Reader {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * What is behind the async iterators of everbus: readers on one side, a source of envelopes on the other.
 *
 * Several `next()` may wait at once; they are answered in order. An iterator ends once, for good.
 */
export abstract class EventIterator {
  #readers: Reader[] = [];
  #ended = false;
  #abandoned = false;
  #failure: { readonly error: unknown } | undefined = undefined;
  readonly #onEnd: () => void;

  /** `onEnd` is called once, when nothing more will come. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Takes the next envelope that is there already. */
  protected abstract take(): EventEnvelope | undefined;
  /** Someone waits, and nothing is there. */
  protected abstract request(): void;
  /** Nobody will request anything again: releases the source. */
  protected abstract release(): void;
  /** Forgets what is there. */
  protected abstract clear(): void;

  protected get isEnded(): boolean {
    return this.#ended;
  }

  next(): Promise<Result> {
    // Those who came first are answered first.
    const value = this.#readers.length === 0 ? this.take() : undefined;
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.request();
    });
  }

  return(): Promise<Result> {
    this.end();
    return Promise.resolve(DONE);
  }

  /** Nobody can ask for more: ends it once those who wait are answered. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#readers.length === 0) this.end();
  }

  /** Ends it at once. */
  end(): void {
    this.finish();
    this.#failure = undefined;
    this.clear();
  }

  /** Ends it after what is there already: nothing more comes. */
  finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.release();
    this.#onEnd();
    for (const reader of this.#readers.splice(0)) reader.resolve(DONE);
  }

  /** Ends it with an error, which the next reader gets after what is there already. */
  protected fail(error: unknown): void {
    if (this.#ended) return;
    const first = this.#readers.shift();
    if (first === undefined) this.#failure = { error };
    else first.reject(error);
    this.finish();
  }

  /** Answers those who wait, as far as there is something to give them. */
  protected answer(): void {
    while (this.#readers.length > 0) {
      const value = this.take();
      if (value === undefined) return this.request();
      this.#readers.shift()!.resolve({ done: false, value });
    }
    if (this.#abandoned) this.end();
  }
}
