import type { Chunk, Cursor } from "./binding.js";
import { decode } from "./chunk.js";
import { EventIterator } from "./iterator.js";
import { awaitCore, callCore } from "./module.js";
import type { EventEnvelope } from "./types.js";

/**
 * Events from the log, stored ones and then live ones, as fast as they are asked for.
 *
 * One chunk is read ahead, so that reading the log and using its events overlap; a reader that stops keeps no more
 * than that in memory.
 */
export class CursorIterator extends EventIterator {
  readonly #cursor: Promise<Cursor>;
  #ahead: Promise<Chunk | undefined> | undefined = undefined;
  #reading = false;
  #envelopes: EventEnvelope[] = [];
  #taken = 0;

  /** Starts at once: `open` is called here, not at the first `next()`. */
  constructor(open: () => Promise<Cursor>, onEnd: () => void) {
    super(onEnd);
    this.#cursor = awaitCore(open);
    this.#cursor.catch(ignore);
  }

  protected take(): EventEnvelope | undefined {
    return this.#envelopes[this.#taken++] ?? this.#drained();
  }

  #drained(): undefined {
    this.clear();
    return undefined;
  }

  protected clear(): void {
    this.#envelopes = [];
    this.#taken = 0;
  }

  protected request(): void {
    if (!this.#reading) void this.#read();
  }

  protected release(): void {
    this.#cursor.then((cursor) => callCore(() => cursor.close())).catch(ignore);
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      const cursor = await this.#cursor;
      const chunk = await (this.#ahead ?? awaitCore(() => cursor.next()));
      if (this.isEnded) return;
      if (chunk === undefined) return this.finish();
      this.#ahead = awaitCore(() => cursor.next());
      this.#ahead.catch(ignore);
      this.#envelopes = decode(chunk);
    } catch (error) {
      return this.fail(error);
    } finally {
      this.#reading = false;
    }
    this.answer();
  }
}

function ignore(): void {}
