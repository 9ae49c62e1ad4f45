import { type EverbusError, everbusError, unreadable } from "../api/errors.js";
import { isEverybodys, isPlainObject } from "../values/objects.js";
import { parseTime } from "../values/time.js";
import { parseUuid } from "../values/uuid.js";
import { type Draft, invalidEvent, readEvent, snapshot } from "./draft.js";
import { metaText } from "./meta.js";

/**
 * Checks envelopes from elsewhere and takes a snapshot of them. Their `seq_no` is ignored, and so are unknown fields.
 *
 * @throws EverbusError `invalid_event`.
 */
export function readEnvelopes(value: unknown): Draft[] {
  if (!Array.isArray(value)) throw invalidEvent("the envelopes", "must be an array", value);
  return Array.from(value, (envelope: unknown, i) => {
    const at = `envelopes[${i}]`;
    try {
      return readEnvelope(envelope, at);
    } catch (cause) {
      throw unreadable("invalid_event", at, cause);
    }
  });
}

function readEnvelope(value: unknown, at: string): Draft {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidEvent(at, "must be an envelope { id, timestamp, event }", value);
  }
  const envelope = value as Readonly<Record<string, unknown>>;
  const { timestamp } = envelope;
  const [origin, meta] = ["origin", "meta"].map((field) => (isEverybodys(envelope, field) ? undefined : envelope[field]));
  const where = () => `${at}.event`;
  const draft = readEvent(envelope.event, where);
  snapshot(draft, where);
  draft.id = readId(envelope.id, `${at}.id`);
  const moment = parseTime(timestamp);
  if (moment === undefined) {
    throw invalidEvent(`${at}.timestamp`, "must be a date and time in UTC such as 2026-11-23T08:32:21.566Z", timestamp);
  }
  draft.ms = moment.ms;
  draft.nanos = moment.nanos;
  if (origin !== undefined) draft.origin = readId(origin, `${at}.origin`);
  if (meta !== undefined) draft.meta = readMeta(meta, `${at}.meta`);
  return draft;
}

function readId(value: unknown, what: string): string {
  const id = parseUuid(value);
  if (id === undefined) throw invalidEvent(what, "must be a UUID", value);
  return id;
}

function readMeta(value: unknown, what: string): string {
  if (!isPlainObject(value)) throw invalidEvent(what, "must be a plain JSON object", value);
  try {
    return metaText(value);
  } catch (error) {
    throw everbusError("invalid_event", `${what}: ${(error as EverbusError).message}`, error);
  }
}
