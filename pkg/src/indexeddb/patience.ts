import type { Clock } from "../clock.js";

/** How much of a wait one timer is for, in milliseconds. */
const TICK = 1000;

/**
 * Calls once this page has run for so many milliseconds. While it stands still, because it is busy, at a breakpoint or asleep,
 * nothing that it waits for can be told to it: that time counts as one tick at most. Returns the way to call it off.
 */
export function afterRunning(clock: Clock, ms: number, call: () => void): () => void {
  let stop: () => void;
  const wait = (left: number): void => {
    const tick = Math.min(left, TICK);
    stop = clock.after(tick, () => (left > tick ? wait(left - tick) : call()));
  };
  wait(ms);
  return () => stop();
}

/** Resolves after so many milliseconds. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
