/**
 * Replay, then live, in one loop. `log.subscribe` gives the stored events and then those to come, each once and in order,
 * so there is no seam to take care of: where the replay ends is only a thing to tell.
 */
import type { Bus, EventEnvelope, SeqNo } from "everbus";

export interface Follower {
  receive(envelope: EventEnvelope, live: boolean): void;
  /** During a replay, now and then. */
  replaying(done: number, total: number): void;
  /** Once, when what was stored is replayed: how many events that were, and in how many milliseconds. */
  live(replayed: number, ms: number): void;
}

/** The name of the consumer that draws the picture. It acknowledges nothing: the picture begins anew with each page. */
export const PICTURE = "picture";

/** A replay lets the page draw after so many milliseconds. */
const BREATH_MS = 12;

/** Follows a log from an event on. Ends, or rejects with `closed`, when the bus is closed or its log is deleted. */
export async function follow(bus: Bus, from: SeqNo, follower: Follower): Promise<void> {
  const last = (await bus.log.lastSeqNo()) ?? 0;
  const total = Math.max(0, last - from + 1);
  const started = performance.now();
  let breath = started;
  if (total === 0) follower.live(0, 0);
  for await (const envelope of bus.log.subscribe(PICTURE, { sequence: from })) {
    const { seq_no = 0 } = envelope;
    follower.receive(envelope, seq_no > last);
    if (seq_no > last) continue;
    const now = performance.now();
    if (seq_no === last) follower.live(total, now - started);
    else if (now - breath > BREATH_MS) {
      follower.replaying(seq_no - from + 1, total);
      await new Promise((resolve) => setTimeout(resolve));
      breath = performance.now();
    }
  }
}
