import type { Log } from "./binding.js";
import type { EverbusError } from "./errors.js";
import { awaitCore, callCore } from "./module.js";

/** Merges the log's small segments in the background, while nothing waits to be written. */
export class Merging {
  readonly #log: Log;
  readonly #report: (error: EverbusError) => void;
  #running = false;
  #stopped = false;

  constructor(log: Log, report: (error: EverbusError) => void) {
    this.#log = log;
    this.#report = report;
  }

  /** There is time. Mostly there is nothing to do, which costs next to nothing. */
  idle(): void {
    if (this.#running || this.#stopped) return;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      if (!callCore(() => this.#log.needsMerge())) return;
      while (!this.#stopped && (await awaitCore(() => this.#log.merge())));
    } catch (error) {
      // The log is as it was. Trying again at every commit would fail as often.
      if (!this.#stopped) this.#report(error as EverbusError);
      this.#stopped = true;
    } finally {
      this.#running = false;
    }
  }
}
