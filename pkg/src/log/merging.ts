import type { EverbusError } from "../api/errors.js";
import type { Clock } from "../clock.js";
import type { Log } from "../core/log.js";

/** How long nothing may have been committed before chapters are written: who has just written or opened may want to read. */
const QUIET_MS = 1000;

/**
 * Merges the log's small segments in the background, while nothing waits to be written; and writes chapters once nothing
 * has been for a while.
 */
export class Merging {
  readonly #log: Log;
  readonly #report: (error: EverbusError) => void;
  #running = false;
  #stopped = false;
  readonly #clock: Clock;
  #stopWaiting: () => void = ignore;

  constructor(log: Log, clock: Clock, report: (error: EverbusError) => void) {
    this.#log = log;
    this.#clock = clock;
    this.#report = report;
  }

  /** There is time. Mostly there is nothing to do, which costs next to nothing. */
  idle(): void {
    this.#stopWaiting();
    void this.#run(() => this.#log.needsMerge());
  }

  stop(): void {
    this.#stopped = true;
    this.#stopWaiting();
  }

  async #run(isDue: () => boolean): Promise<void> {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    try {
      while (!this.#stopped && isDue()) await this.#log.merge();
      if (!this.#stopped && this.#log.needsChapter()) this.#waitForQuiet();
    } catch (error) {
      // The log is as it was. Trying again at every commit would fail as often.
      if (!this.#stopped) this.#report(error as EverbusError);
      this.#stopped = true;
    } finally {
      this.#running = false;
    }
  }

  #waitForQuiet(): void {
    this.#stopWaiting();
    const isDue = (): boolean => this.#log.needsMerge() || this.#log.needsChapter();
    this.#stopWaiting = this.#clock.after(QUIET_MS, () => void this.#run(isDue), true);
  }
}

function ignore(): void {}
