/** Pages of the log: the most recently used are kept, and one is read at a time, so that a fast scroll reads what it ends at. */
import type { EventEnvelope } from "everbus";
import { describe } from "../page/status.ts";

/** How many events a page has. */
export const PAGE = 200;
/** Some 13,000 events. */
const MOST_PAGES = 64;

export interface Page {
  readonly events: readonly EventEnvelope[];
  /** Why it couldn't be read. */
  readonly problem?: string;
}

export class Pages<K extends object | number> {
  /** How many events were read last, and in how many milliseconds. */
  lastRead = { events: 0, ms: 0 };

  readonly #read: (key: K) => Promise<EventEnvelope[]>;
  readonly #changed: () => void;
  /** In the order of their last use. */
  readonly #pages = new Map<K, Page>();
  #wanted: K[] = [];
  #reading: K | undefined;

  constructor(read: (key: K) => Promise<EventEnvelope[]>, changed: () => void) {
    this.#read = read;
    this.#changed = changed;
  }

  get(key: K): Page | undefined {
    const page = this.#pages.get(key);
    if (page === undefined) return undefined;
    this.#pages.delete(key);
    this.#pages.set(key, page);
    return page;
  }

  put(key: K, page: Page): void {
    this.#pages.delete(key);
    this.#pages.set(key, page);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= MOST_PAGES) break;
      this.#pages.delete(oldest);
    }
  }

  forget(key: K): void {
    this.#pages.delete(key);
  }

  /** Reads these pages, and no longer those that were wanted before. */
  want(keys: K[]): void {
    this.#wanted = keys.filter((key) => key !== this.#reading);
    if (this.#reading === undefined) void this.#readWanted();
  }

  async #readWanted(): Promise<void> {
    for (let key = this.#wanted.shift(); key !== undefined; key = this.#wanted.shift()) {
      this.#reading = key;
      const started = performance.now();
      try {
        const events = await this.#read(key);
        this.lastRead = { events: events.length, ms: performance.now() - started };
        this.put(key, { events });
      } catch (error) {
        this.put(key, { events: [], problem: describe(error) });
      }
      this.#reading = undefined;
      this.#changed();
    }
  }
}
