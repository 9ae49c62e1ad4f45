import type { EventEnvelope } from "../api/envelope.js";
import { describe, type EverbusError, everbusError, unreadable } from "../api/errors.js";
import type { FrameworkEvent, Json, SeqNo, Uuid } from "../api/event.js";
import { platformClock } from "../clock.js";
import { isEverybodys } from "../values/objects.js";
import { isLongerThan, isName, MAX_JSON_BYTES } from "../values/text.js";
import { formatTime } from "../values/time.js";
import { parseUuid, uuidV7 } from "../values/uuid.js";

/** What an event is, as the log numbers it: an action, and LINK more for a link event. */
export const CREATED = 0;
export const UPDATED = 1;
export const DELETED = 2;
export const LINK = 3;
export const ACTIONS = ["created", "updated", "deleted"] as const;

/** What decides who gets an event. */
export interface Routed {
  readonly shape: number;
  /** The entity type or the link type. */
  readonly type: string;
  /** The entity's id or the link's own. */
  readonly subject: Uuid;
  /** Empty for entities. */
  readonly source: Uuid;
  readonly target: Uuid;
}

/** An event on its way from the publisher to the log and the subscribers: checked, no longer the caller's object. */
export class Draft implements Routed {
  readonly shape: number;
  readonly type: string;
  readonly subject: Uuid;
  readonly source: Uuid;
  readonly target: Uuid;
  id: Uuid = "";
  ms = 0;
  nanos = 0;
  origin: Uuid | undefined = undefined;
  /** The payload as the publisher gave it, until `text` is there. */
  payload: unknown;
  /** The payload's JSON text, made once; empty on a bus without a log, where the payload goes by reference. */
  text = "";
  /** JSON text, or the publisher's object on a bus without a log. */
  meta: string | object | undefined = undefined;

  constructor(shape: number, type: string, subject: Uuid, source: Uuid, target: Uuid, payload: unknown) {
    this.shape = shape;
    this.type = type;
    this.subject = subject;
    this.source = source;
    this.target = target;
    this.payload = payload;
  }

  /** How long the texts are that it brings to the log, in UTF-16 units. */
  get textLength(): number {
    return this.text.length + (typeof this.meta === "string" ? this.meta.length : 0);
  }

  /** Gives it its identity: after all that runs the publisher's code, so that ids are in the order of the queue. */
  stamp(time: number, origin: Uuid, id: Uuid | undefined): void {
    this.ms = time;
    this.id = id ?? uuidV7(time);
    this.origin = origin;
  }

  /** The envelope as subscribers get it; a payload that was turned into text is a fresh copy. */
  envelope(seqNo: SeqNo | undefined): EventEnvelope {
    const payload = this.text === "" ? (this.payload as Json) : (JSON.parse(this.text) as Json);
    const { id, origin } = this;
    const timestamp = formatTime(this.ms, this.nanos);
    const event = makeEvent(this.shape, this.type, this.subject, this.source, this.target, payload);
    // In one piece as far as possible: a field that is added later takes as long as the rest.
    let envelope: EventEnvelope;
    if (origin === undefined) envelope = seqNo === undefined ? { id, timestamp, event } : { id, timestamp, event, seq_no: seqNo };
    else envelope = seqNo === undefined ? { id, timestamp, event, origin } : { id, timestamp, event, seq_no: seqNo, origin };
    if (this.meta !== undefined) {
      envelope.meta = (typeof this.meta === "string" ? JSON.parse(this.meta) : this.meta) as { [key: string]: Json };
    }
    return envelope;
  }
}

/** The event as an object of its own: the fields of its shape, no others. */
export function makeEvent(
  shape: number,
  type: string,
  subject: Uuid,
  source: Uuid,
  target: Uuid,
  payload: Json,
): FrameworkEvent {
  if (shape < LINK) {
    return shape === DELETED
      ? { kind: "entity", action: "deleted", entity_type: type, entity_id: subject }
      : {
          kind: "entity",
          action: shape === CREATED ? "created" : "updated",
          entity_type: type,
          entity_id: subject,
          data: payload,
        };
  }
  return shape === LINK + DELETED
    ? { kind: "link", action: "deleted", link_type: type, link_id: subject, source_id: source, target_id: target }
    : {
        kind: "link",
        action: shape === LINK + CREATED ? "created" : "updated",
        link_type: type,
        link_id: subject,
        source_id: source,
        target_id: target,
        metadata: payload,
      };
}

/** Where an event stands in the caller's arguments, for a message. */
export type Where = () => string;
const EVENT: Where = () => "event";

/**
 * Checks an event and reads each of its fields once: they may be getters. The payload isn't looked into.
 *
 * @throws EverbusError `invalid_event`.
 */
export function readEvent(value: unknown, where: Where = EVENT): Draft {
  try {
    return readDraft(value, where);
  } catch (cause) {
    throw unreadable("invalid_event", where(), cause);
  }
}

function readDraft(value: unknown, where: Where): Draft {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidEvent(where(), `must be an object such as entity.created("order", {…})`, value);
  }
  const event = value as Readonly<Record<string, unknown>>;
  const kind = event.kind;
  if (kind === "entity") {
    const action = readAction(event.action, where);
    const type = readType(event.entity_type, "entity_type", where);
    const id = readId(event.entity_id, "entity_id", where);
    const data = action === DELETED ? null : isEverybodys(event, "data") ? undefined : event.data;
    if (data === undefined) throw invalidEvent(`${where()}.data`, "must be JSON; use null for no data", data);
    return new Draft(action, type, id, "", "", data);
  }
  if (kind === "link") {
    const action = readAction(event.action, where);
    const type = readType(event.link_type, "link_type", where);
    const id = readId(event.link_id, "link_id", where);
    const source = readId(event.source_id, "source_id", where);
    const target = readId(event.target_id, "target_id", where);
    const metadata = action === DELETED || isEverybodys(event, "metadata") ? null : (event.metadata ?? null);
    return new Draft(LINK + action, type, id, source, target, metadata);
  }
  throw invalidEvent(`${where()}.kind`, 'must be "entity" or "link"', kind);
}

function readAction(value: unknown, where: Where): number {
  switch (value) {
    case "created":
      return CREATED;
    case "updated":
      return UPDATED;
    case "deleted":
      return DELETED;
    default:
      throw invalidEvent(`${where()}.action`, 'must be "created", "updated" or "deleted"', value);
  }
}

/** Types that passed the check. Applications have a few; one that makes them up must not fill the memory. */
const knownTypes = /* @__PURE__ */ new Set<string>();
const MOST_KNOWN_TYPES = 1024;

function readType(value: unknown, field: string, where: Where): string {
  if (knownTypes.has(value as string)) return value as string;
  if (!isName(value)) throw invalidEvent(`${where()}.${field}`, "must be a string of 1 to 255 bytes of UTF-8", value);
  if (knownTypes.size === MOST_KNOWN_TYPES) knownTypes.clear();
  knownTypes.add(value);
  return value;
}

function readId(value: unknown, field: string, where: Where): Uuid {
  return parseUuid(value) ?? noUuid(value, field, where);
}

function noUuid(value: unknown, field: string, where: Where): never {
  throw invalidEvent(`${where()}.${field}`, `must be a UUID such as "${uuidV7(platformClock.now())}"`, value);
}

/**
 * Turns the payload into text: the snapshot, and the check that it is JSON. Runs the publisher's code (`toJSON`,
 * getters).
 *
 * @throws EverbusError `invalid_event`.
 */
export function snapshot(draft: Draft, where: Where = EVENT): void {
  if (draft.payload === null) {
    draft.text = "null";
    return;
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(draft.payload) as string | undefined;
  } catch (cause) {
    const message = `${payloadOf(draft, where)} can't be written as JSON: leave out cycles, BigInts, getters that throw and what is nested thousands deep`;
    throw everbusError("invalid_event", message, cause);
  }
  if (text === undefined) throw noJson(draft, where);
  if (isLongerThan(text, MAX_JSON_BYTES)) {
    const message = `${payloadOf(draft, where)} is more than 1 MiB of JSON: publish a reference to it`;
    throw everbusError("invalid_event", message);
  }
  draft.text = text;
  draft.payload = undefined;
}

/** The check for a bus without a log, where the payload goes by reference: only what it is, not what is in it. */
export function checkPayload(draft: Draft, where: Where = EVENT): void {
  switch (typeof draft.payload) {
    case "function":
    case "symbol":
    case "bigint":
      throw noJson(draft, where);
  }
}

function noJson(draft: Draft, where: Where): EverbusError {
  return invalidEvent(payloadOf(draft, where), "must be JSON", draft.payload);
}

function payloadOf(draft: Draft, where: Where): string {
  return `${where()}.${draft.shape < LINK ? "data" : "metadata"}`;
}

/** `what must be …, but is …`. */
export function invalidEvent(what: string, must: string, value: unknown): EverbusError {
  return everbusError("invalid_event", `${what} ${must}, but is ${describe(value)}`);
}
