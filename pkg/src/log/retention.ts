import { type EverbusError, everbusError } from "../api/errors.js";
import type { SeqNo } from "../api/event.js";
import type { Clock } from "../clock.js";
import type { Log } from "../core/log.js";
import type { RetentionLimits } from "../options/bus.js";
import { formatTime } from "../values/time.js";

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
  readonly #limits: RetentionLimits;
  readonly #clock: Clock;
  readonly #report: (error: EverbusError) => void;
  /** Who was overtaken when last looked at, and the number before which it was told to be. */
  #told = new Map<string, SeqNo>();
  #sinceCheck = 0;
  #checked = 0;
  #running = false;
  #closed = false;

  constructor(log: Log, limits: RetentionLimits, clock: Clock, report: (error: EverbusError) => void) {
    this.#log = log;
    this.#limits = limits;
    this.#clock = clock;
    this.#report = report;
    void this.#check();
  }

  /** Takes note of a commit of so many events. */
  committed(count: number): void {
    this.#sinceCheck += count;
    if (this.#sinceCheck < EVENTS_BETWEEN && this.#clock.elapsed() - this.#checked < MS_BETWEEN) return;
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
      const limits = [this.#limits.maxEvents, this.#limits.maxBytes, this.#limits.maxAgeMs];
      const [maxEvents, maxBytes, maxAgeMs] = limits.map((limit) => (limit === Infinity ? -1 : limit));
      for (;;) {
        const surplus = await this.#log.surplus(maxEvents!, maxBytes!, maxAgeMs!);
        if (surplus === undefined || this.#closed) return;
        const [before, overtaken, isAllTooOld] = surplus;
        this.#warn(before, overtaken);
        if (isAllTooOld) this.#warnOfClock(before);
        // onError may have closed the bus.
        if (this.#closed) return;
        await this.#log.trim(before);
      }
    } catch (error) {
      if (!this.#closed) this.#report(error as EverbusError);
    } finally {
      this.#checked = this.#clock.elapsed();
      this.#running = false;
      // The commits meanwhile may be the last ones for long.
      if (this.#sinceCheck >= EVENTS_BETWEEN) void this.#check();
    }
  }

  /** Tells of the consumers that are about to lose events, once until they have caught up with what that was. */
  #warn(before: SeqNo, consumers: readonly { name: string; lastAcked?: SeqNo }[]): void {
    const told = new Map<string, SeqNo>();
    for (const { name, lastAcked = 0 } of consumers) {
      const known = this.#told.get(name) ?? 0;
      const isNews = lastAcked + 1 >= known;
      told.set(name, isNews ? before : known);
      if (!isNews) continue;
      const what = `the consumer ${JSON.stringify(name)} has not acknowledged events ${lastAcked + 1} to ${before - 1}`;
      const message = `${what}, which are about to be forgotten: let it catch up, or delete it`;
      this.#report(everbusError("trimmed", message, { requested: lastAcked + 1, first: before }));
    }
    this.#told = told;
  }

  /** Tells that the age alone leaves next to nothing: the clock that says so may be wrong. */
  #warnOfClock(before: SeqNo): void {
    const message = `events up to ${before - 1} are about to be forgotten, all that may be: by the clock of this device, which says ${formatTime(this.#clock.now(), 0)}, they are older than maxAgeMs`;
    this.#report(everbusError("trimmed", message, { first: before }));
  }
}
