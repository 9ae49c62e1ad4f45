import type { EventEnvelope } from "../api/envelope.js";
import type { SeqNo } from "../api/event.js";
import type { Chunk } from "../core/binding.js";
import type { Cursor } from "../core/cursor.js";
import type { Log } from "../core/log.js";
import { decodeSound } from "./chunk.js";
import { EventIterator } from "./iterator.js";

/** Is told, once, that everything that was stored up to a number has been given. Must not throw. */
export type CaughtUp = (last: SeqNo) => void;

interface Source {
  readonly cursor: Promise<Cursor>;
  ahead: Promise<Chunk | null | undefined> | undefined;
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
  #onCaughtUp: CaughtUp | undefined;
  /** What comes after this number wasn't stored when it began, and comes after `onCaughtUp`. */
  #last = Infinity;

  /** Starts at once: `open` is called here, not at the first `next()`. */
  constructor(log: Log, open: (() => Promise<Cursor>) | undefined, onEnd: () => void, onCaughtUp?: CaughtUp) {
    super(onEnd);
    this.#log = log;
    this.#onCaughtUp = onCaughtUp;
    if (open !== undefined) this.attach(open());
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
    // First, because it may end this.
    if ((this.#envelopes[this.#taken]?.seq_no ?? 0) > this.#last) this.#catchUp();
    return this.#envelopes[this.#taken++] ?? this.#drained();
  }

  #drained(): undefined {
    this.clear();
    return undefined;
  }

  #catchUp(): void {
    const [last, tell] = [this.#last, this.#onCaughtUp];
    this.#last = Infinity;
    this.#onCaughtUp = undefined;
    tell?.(last);
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
    this.#source?.cursor.then((cursor) => cursor.close()).catch(ignore);
    this.#source = undefined;
  }

  async #read(source: Source): Promise<void> {
    source.isReading = true;
    try {
      const cursor = await source.cursor;
      if (this.#onCaughtUp !== undefined) this.#last = cursor.last;
      const chunk = await (source.ahead ?? cursor.next());
      if (this.#source !== source) return;
      if (chunk === undefined) return this.finish();
      source.ahead = cursor.next();
      source.ahead.catch(ignore);
      if (chunk === null) this.#catchUp();
      else await this.#decode(source, chunk);
      if (this.#source !== source) return;
    } catch (error) {
      if (this.#source === source) this.fail(error);
      return;
    } finally {
      source.isReading = false;
    }
    this.answer();
  }

  async #decode(source: Source, chunk: Chunk): Promise<void> {
    const [envelopes, damage] = await decodeSound(this.#log, chunk);
    if (this.#source !== source) return;
    this.#envelopes = envelopes;
    if (damage === undefined) return;
    // What comes before it is given out first.
    source.ahead = Promise.reject(damage);
    source.ahead.catch(ignore);
  }
}

function ignore(): void {}
