import { describe, everbusError, unreadable } from "../api/errors.js";
import type { SeqNo, Uuid } from "../api/event.js";
import { isPlainObject, ownFields } from "../values/objects.js";
import { LAST_MS, readMoment } from "../values/time.js";
import { parseUuid } from "../values/uuid.js";
import { readSeqNo } from "./fields.js";

export type Position =
  | "beginning"
  | "last_acknowledged"
  | "latest"
  | { readonly sequence: SeqNo; readonly log: Uuid | undefined }
  | { readonly time: number; readonly nanos: number };

/** Where to start in a log. */
export function readPosition(value: unknown): Position {
  try {
    return readStart(value);
  } catch (cause) {
    throw unreadable("invalid_position", "the position", cause);
  }
}

function readStart(value: unknown): Position {
  if (value === "beginning" || value === "last_acknowledged" || value === "latest") return value;
  if (isPlainObject(value)) {
    const { sequence, log, time, ...others } = ownFields<{ [field: string]: unknown }>(value);
    const isKnown = Object.keys(others).length === 0;
    if (isKnown && sequence !== undefined && time === undefined) {
      return ownFields({ sequence: readSeqNo(sequence, "sequence", 0), log: log === undefined ? undefined : readLogId(log) });
    }
    if (isKnown && time !== undefined && sequence === undefined && log === undefined) {
      const moment = readMoment(time);
      if (moment !== undefined) return ownFields({ time: Math.min(moment.ms, LAST_MS), nanos: moment.nanos });
      const forms = "a Date, milliseconds since the epoch, or RFC 3339 in UTC such as 2026-01-31T12:00:00Z";
      throw everbusError("invalid_position", `time must be ${forms}, but is ${describe(time)}`);
    }
  }
  const choices = '"beginning", "last_acknowledged", "latest", { sequence: n }, { sequence: n, log } or { time }';
  throw everbusError("invalid_position", `the position must be ${choices}, but is ${describe(value)}`);
}

function readLogId(value: unknown): Uuid {
  const id = parseUuid(value);
  if (id !== undefined) return id;
  throw everbusError("invalid_position", `a position's log must be its bus.log.id, but is ${describe(value)}`);
}
