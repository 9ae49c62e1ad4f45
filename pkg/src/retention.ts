import type { Log } from "./binding.js";
import { elapsed } from "./clock.js";
import { type EverbusError, everbusError } from "./errors.js";
import { awaitCore } from "./module.js";
import type { SeqNo } from "./types.js";

/** What `retention` in the bus options says. Absent limits are Infinity. */
export interface Limits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** A check costs a small read of the log, so a run of commits is checked once in so many events, or milliseconds. */
const EVENTS_BETWEEN = 1000;
const MS_BETWEEN = 1000;

/**
 * Forgets what is beyond the limits, in the background: at the start, and after commits of this tab.
 *
 * Several tabs may do so at once: trimming is one transaction, and trimming what is gone does nothing.
 */
export class Retention {
  readonly #log: Log;
  readonly #limits: Limits;
  readonly #report: (error: EverbusError) => void;
  readonly #overtaken = new Set<string>();
  #sinceCheck = 0;
  #checked = 0;
  #running = false;
  #closed = false;

  constructor(log: Log, limits: Limits, report: (error: EverbusError) => void) {
    this.#log = log;
    this.#limits = limits;
    this.#report = report;
    void this.#check();
  }

  /** Takes note of a commit of so many events. */
  committed(count: number): void {
    this.#sinceCheck += count;
    if (this.#sinceCheck < EVENTS_BETWEEN && elapsed() - this.#checked < MS_BETWEEN) return;
    void this.#check();
  }

  close(): void {
    this.#closed = true;
  }

  async #check(): Promise<void> {
    if (this.#running || this.#closed) return;
    this.#running = true;
    this.#sinceCheck = 0;
    try {
      const [maxEvents, maxBytes, maxAgeMs] = [this.#limits.maxEvents, this.#limits.maxBytes, this.#limits.maxAgeMs].map(
        (limit) => (limit === Infinity ? -1 : limit),
      );
      const surplus = await awaitCore(() => this.#log.surplus(maxEvents!, maxBytes!, maxAgeMs!));
      if (surplus === undefined || this.#closed) return;
      const [before, overtaken] = surplus;
      this.#warn(before, overtaken);
      // onError may have closed the bus.
      if (!this.#closed) await awaitCore(() => this.#log.trim(before));
    } catch (error) {
      if (!this.#closed) this.#report(error as EverbusError);
    } finally {
      this.#checked = elapsed();
      this.#running = false;
      // The commits meanwhile may be the last ones for long.
      if (this.#sinceCheck >= EVENTS_BETWEEN) void this.#check();
    }
  }

  /** Tells of the consumers that are about to lose events, once until they have caught up. */
  #warn(before: SeqNo, consumers: readonly { name: string; lastAcked?: SeqNo }[]): void {
    const known = new Set(this.#overtaken);
    this.#overtaken.clear();
    for (const { name, lastAcked = 0 } of consumers) {
      this.#overtaken.add(name);
      if (known.has(name)) continue;
      const what = `the consumer ${JSON.stringify(name)} has not acknowledged events ${lastAcked + 1} to ${before - 1}`;
      const message = `${what}, which are about to be forgotten: let it catch up, or delete it`;
      this.#report(everbusError("trimmed", message, { requested: lastAcked + 1, first: before }));
    }
  }
}
