import { FIRST_MS, LAST_MS } from "./values/time.js";

/** What tells the time, and calls later: the package asks nobody else. Who simulates it gives it another. */
export interface Clock {
  /** Now, in whole milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some moment, for comparing: monotonic where the platform has such a clock. */
  elapsed(): number;
  /**
   * Calls once so many milliseconds have passed. Returns the way to call it off. What is done in the background doesn't keep a
   * process alive.
   */
  after(ms: number, call: () => void, inBackground?: boolean): () => void;
}

/**
 * The platform's clock. Tests and libraries put other ones in its place: whatever those say, what comes from here can be
 * stored.
 */
export const platformClock: Clock = {
  now() {
    const ms = Math.floor(Date.now());
    if (ms >= FIRST_MS && ms <= LAST_MS) return ms;
    // One that doesn't know what time it is stands at the epoch.
    return Number.isNaN(ms) ? 0 : ms < FIRST_MS ? FIRST_MS : LAST_MS;
  },

  elapsed() {
    return typeof performance === "object" ? performance.now() : this.now();
  },

  after(ms, call, inBackground = false) {
    const timer = setTimeout(call, ms);
    if (inBackground) (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer);
  },
};
