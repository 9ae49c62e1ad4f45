import type { Chunk, Cursor, Log } from "./binding.js";
import { decodeSound } from "./chunk.js";
import { EventIterator } from "./iterator.js";
import { awaitCore, callCore } from "./module.js";
import type { EventEnvelope } from "./types.js";

interface Source {
  readonly cursor: Promise<Cursor>;
  ahead: Promise<Chunk | undefined> | undefined;
  isReading: boolean;
}

/**
 * Events from the log, stored ones and then live ones, as fast as they are asked for.
 *
 * One chunk is read ahead, so that reading the log and using its events overlap; a reader that stops keeps no more
 * than that in memory.
 */
export class CursorIterator extends EventIterator {
  readonly #log: Log;
  #source: Source | undefined = undefined;
  #envelopes: EventEnvelope[] = [];
  #taken = 0;

  /** Starts at once: `open` is called here, not at the first `next()`. */
  constructor(log: Log, open: (() => Promise<Cursor>) | undefined, onEnd: () => void) {
    super(onEnd);
    this.#log = log;
    if (open !== undefined) this.attach(awaitCore(open));
  }

  /** From now on events come from there. */
  protected attach(cursor: Promise<Cursor>): void {
    this.#source = { cursor, ahead: undefined, isReading: false };
    cursor.catch(ignore);
    this.answer();
  }

  /** Lets go of where events came from, and of what isn't given out yet. */
  protected detach(): void {
    this.#close();
    this.clear();
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
    if (this.#source?.isReading === false) void this.#read(this.#source);
  }

  protected release(): void {
    this.#close();
  }

  #close(): void {
    this.#source?.cursor.then((cursor) => callCore(() => cursor.close())).catch(ignore);
    this.#source = undefined;
  }

  async #read(source: Source): Promise<void> {
    source.isReading = true;
    try {
      const cursor = await source.cursor;
      const chunk = await (source.ahead ?? awaitCore(() => cursor.next()));
      if (this.#source !== source) return;
      if (chunk === undefined) return this.finish();
      source.ahead = awaitCore(() => cursor.next());
      source.ahead.catch(ignore);
      const [envelopes, damage] = await decodeSound(this.#log, chunk);
      if (this.#source !== source) return;
      if (damage !== undefined) {
        // What comes before it is given out first.
        source.ahead = Promise.reject(damage);
        source.ahead.catch(ignore);
      }
      this.#envelopes = envelopes;
    } catch (error) {
      if (this.#source === source) this.fail(error);
      return;
    } finally {
      source.isReading = false;
    }
    this.answer();
  }
}

function ignore(): void {}
