import type { EverbusError } from "../api/errors.js";
import type { SeqNo } from "../api/event.js";
import type { Chunk, CoreCursor } from "./binding.js";
import { awaitCore, callCore } from "./module.js";
import type { Call } from "./store.js";

/** What a cursor needs of its log. */
interface Source {
  /** Has a call run, and gives what came of it. */
  make<T>(begin: () => Call<T>): Promise<T>;
  /** Calls once there may be something new. Returns the way to call it off. */
  onNews(tell: () => void): () => void;
}

/** A reader of the log that waits for more at its end. */
export class Cursor {
  /** The epoch of its claim, 0 if it isn't exclusive. */
  readonly epoch: number;
  /** The last number in the log when it was opened, 0 for none. */
  readonly last: SeqNo;
  readonly #core: CoreCursor;
  readonly #log: Source;
  #isClosed = false;
  #isReading = false;
  #stopWaiting: () => void = ignore;

  constructor(core: CoreCursor, log: Source) {
    this.#core = core;
    this.#log = log;
    this.epoch = core.epoch;
    this.last = core.last;
  }

  /**
   * Resolves undefined once the cursor or the log is closed, and once null: when there is nothing more up to `last`. One call
   * at a time.
   */
  next(): Promise<Chunk | null | undefined> {
    return awaitCore(() => this.#next());
  }

  async #next(): Promise<Chunk | null | undefined> {
    this.#isReading = true;
    try {
      while (!this.#isClosed) {
        const next = callCore(() => this.#core.next());
        if (next === false) await this.#news();
        else if (next == null || "length" in next) return next;
        else await this.#log.make(() => next);
      }
    } catch (error) {
      // What is read of a log that was closed meanwhile is as if it ended.
      if ((error as EverbusError).code !== "closed") throw error;
    } finally {
      this.#isReading = false;
      if (this.#isClosed) this.#free();
    }
    return undefined;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#log.onNews(resolve);
      this.#stopWaiting = () => {
        stop();
        resolve();
      };
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopWaiting();
    if (!this.#isReading) this.#free();
  }

  #free(): void {
    callCore(() => this.#core.free());
  }
}

function ignore(): void {}
