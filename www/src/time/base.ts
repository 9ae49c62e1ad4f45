/**
 * What the picture starts from where the log's oldest events are trimmed: the picture as it was before the first one that
 * is left. It is taken before a trim, and kept beside the log, in `localStorage`: that has its own limit, so it can be
 * written when there is no room for the log.
 */
import type { EventLog } from "everbus";
import { Atlas, type Snapshot } from "../picture/state.ts";

const KEY = "everbus-demo base";

/** Keeps a picture to start from. Throws when there is no room for it: then nothing must be trimmed. */
export function keepBase(snapshot: Snapshot): void {
  localStorage.setItem(KEY, JSON.stringify(snapshot));
}

export function forgetBase(): void {
  localStorage.removeItem(KEY);
}

/** What to start a log's replay from: a kept picture if the log begins at most one event after it, else an empty one. */
export async function baseOf(log: EventLog): Promise<Snapshot> {
  const last = (await log.lastSeqNo()) ?? 0;
  const first = (await log.firstSeqNo()) ?? last + 1;
  const kept = first === 1 ? undefined : read();
  if (kept !== undefined && kept.seqNo >= first - 1 && kept.seqNo <= last) return kept;
  return { ...new Atlas().snapshot(), seqNo: first - 1 };
}

function read(): Snapshot | undefined {
  const text = localStorage.getItem(KEY);
  return text === null ? undefined : (JSON.parse(text) as Snapshot);
}
