import type { FrameworkEvent, Json, SeqNo, Uuid } from "./event.js";
import type { EventOf, Schema } from "./schema.js";

/** An event with its identity, its time and, once the log has assigned it, its number. */
export interface EventEnvelope<E extends EventOf<Schema> = FrameworkEvent> {
  /** UUID v7: unique, and the key that makes an append idempotent. */
  id: Uuid;
  /** RFC 3339, UTC, ends in "Z". Never an ordering key: order is `seq_no`. */
  timestamp: string;
  /** What happened. */
  event: E;
  /** Absent until the log has assigned it. */
  seq_no?: SeqNo;
  /** The open bus (tab, worker, process) that published it: `bus.origin`. Absent in envelopes from elsewhere. */
  origin?: Uuid;
  /** What the publisher attached (actor, tenant, trace …), carried verbatim and never interpreted. */
  meta?: { [key: string]: Json };
}

/** An envelope as the log gives it: with its number. */
export type Logged<E extends EventEnvelope<EventOf<Schema>> = EventEnvelope> = E & { seq_no: SeqNo };
