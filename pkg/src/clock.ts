// The package's clock. Tests and libraries put other clocks in the place of the platform's: whatever those say, what comes
// from here can be stored.
import { FIRST_MS, LAST_MS } from "./time.js";

/** Now, in whole milliseconds since the epoch; a clock that doesn't know what time it is stands at the epoch. */
export function now(): number {
  const ms = Math.floor(Date.now());
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, FIRST_MS), LAST_MS);
}

/** Milliseconds since some moment, for comparing: monotonic where the platform has such a clock. */
export function elapsed(): number {
  return typeof performance === "object" ? performance.now() : now();
}
