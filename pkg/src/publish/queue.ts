import { type EverbusError, everbusError } from "../api/errors.js";
import type { QueueLimits } from "../options/bus.js";

/** What room something takes in a queue. */
export interface Load {
  readonly events: number;
  readonly bytes: number;
}

/**
 * What one open bus has in the writer's queue, and what of its events found no room there.
 *
 * The writer is shared by the buses of one name; this is each one's own share. Refusals are told once after the code
 * that published, and then not before something has left the queue: an `onError` that publishes gets no endless answer.
 */
export class QueueShare {
  readonly #limits: QueueLimits;
  readonly #report: (error: EverbusError) => void;
  #events = 0;
  #bytes = 0;
  /** Events that were refused, of which `report` doesn't know yet. */
  #refused = 0;
  #isTelling = false;
  #mayTell = true;

  constructor(limits: QueueLimits, report: (error: EverbusError) => void) {
    this.#limits = limits;
    this.#report = report;
  }

  /** Counts a unit in, unless there is no room for it. The first always has room, however large. */
  enter({ events, bytes }: Load): boolean {
    const { maxEvents, maxBytes } = this.#limits;
    const fits = this.#events + events <= maxEvents && this.#bytes + bytes <= maxBytes;
    if (!fits && this.#events > 0) return false;
    this.#events += events;
    this.#bytes += bytes;
    return true;
  }

  /** Counts a unit out. */
  leave({ events, bytes }: Load): void {
    this.#events -= events;
    this.#bytes -= bytes;
    this.#mayTell = true;
    this.#tellSoon();
  }

  /** Takes note of events that found no room. */
  refused(events: number): void {
    this.#refused += events;
    this.#tellSoon();
  }

  #tellSoon(): void {
    if (this.#refused === 0 || !this.#mayTell || this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      const error = queueFull(this.#refused);
      this.#refused = 0;
      this.#isTelling = this.#mayTell = false;
      this.#report(error);
    });
  }
}

/** The error for so many events that found no room. */
export function queueFull(events: number): EverbusError {
  const what = events === 1 ? "an event was" : `${events} events were`;
  const message = `${what} not published, because too much waits to be committed: await committed or flush() in between`;
  return everbusError("queue_full", message, { events });
}
