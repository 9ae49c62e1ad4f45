/** How long the newest events of other tabs were under way: from the publish there to the handler here. */
import type { EventEnvelope } from "everbus";
import { msSinceSent } from "../traffic/sent.ts";

export const NEWEST = 200;

export class Latency {
  readonly #since = performance.now();
  readonly #ms: number[] = [];
  #next = 0;

  get events(): number {
    return this.#ms.length;
  }

  /** Counts an event, unless it was published before this began: it then waited for the page to be there. */
  take(envelope: EventEnvelope): void {
    const ms = msSinceSent(envelope);
    if (ms === undefined || ms > performance.now() - this.#since) return;
    this.#ms[this.#next] = ms;
    this.#next = (this.#next + 1) % NEWEST;
  }

  /** The milliseconds that this part of the events, from 0 to 1, took at most. */
  quantile(part: number): number {
    const sorted = this.#ms.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  }
}
