// The checks of everything that callers pass beside events and filters: at the call, before anything happens.
import { describe, type EverbusError, everbusError, unreadable } from "./errors.js";
import { readFilter, type FilterSpec } from "./filter.js";
import { hasFields, isPlainObject, ownFields } from "./plain.js";
import { MAX_JSON_BYTES, isLongerThan, isName } from "./text.js";
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from "./queue.js";
import type { Limits } from "./retention.js";
import { LAST_MS, readMoment } from "./time.js";
import type { BusOptions, ConsumerOptions, FollowOptions, PublishOptions, SeqNo, SubscribeOptions, Uuid } from "./types.js";
import { parseUuid } from "./uuid.js";

type Fields<T> = { readonly [field in keyof T]?: unknown };

/** The fields of an options object, of which every one has to be known: a misspelt option is no default. */
function readFields<T>(value: unknown, what: string, known: readonly (keyof T & string)[]): Fields<T> {
  try {
    return readKnown(value, what, known);
  } catch (cause) {
    throw unreadable("invalid_option", what, cause);
  }
}

function readKnown<T>(value: unknown, what: string, known: readonly (keyof T & string)[]): Fields<T> {
  if (value === undefined) return ownFields({});
  if (!hasFields(value)) throw invalidOption(`${what} must be an object of options`, value);
  for (const field of Object.keys(value)) {
    if (!(known as readonly string[]).includes(field)) {
      throw everbusError("invalid_option", `${what} have no field ${describe(field)}: use ${known.join(", ")}`);
    }
  }
  return ownFields(value);
}

function invalidOption(must: string, value: unknown): EverbusError {
  return everbusError("invalid_option", `${must}, but is ${describe(value)}`);
}

function readChoice<T extends string>(value: unknown, what: string, choices: readonly T[]): T | undefined {
  if (value !== undefined && !choices.includes(value as T)) {
    throw invalidOption(`${what} must be ${choices.map((choice) => `"${choice}"`).join(" or ")}`, value);
  }
  return value as T | undefined;
}

function readFlag(value: unknown, what: string): boolean {
  if (value !== undefined && typeof value !== "boolean") throw invalidOption(`${what} must be true or false`, value);
  return value === true;
}

function readFunction<T extends (...args: never[]) => unknown>(value: unknown, what: string): T | undefined {
  if (value !== undefined && typeof value !== "function") throw invalidOption(`${what} must be a function`, value);
  return value as T | undefined;
}

/** A name of a bus or of a consumer. */
export function readName(value: unknown, what: string): string {
  if (isName(value)) return value;
  throw invalidOption(`${what} must be a string of 1 to 255 bytes of UTF-8`, value);
}

/** A subscriber's handler. */
export function readHandler<T extends (...args: never[]) => unknown>(value: unknown): T {
  if (typeof value !== "function") throw invalidOption("the handler must be a function", value);
  return value as T;
}

/** An integer from `least` to the largest sequence number. */
export function readSeqNo(value: unknown, what: string, least: 0 | 1): SeqNo {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  const message = `${what} must be an integer from ${least} to 2^53 - 1, but is ${describe(value)}`;
  throw everbusError("invalid_position", message);
}

function readCount(value: unknown, what: string, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw invalidOption(`${what} must be a positive integer`, value);
}

export interface OpenSettings {
  readonly log: "indexeddb" | "memory" | "none" | undefined;
  readonly capacity: number;
  readonly strict: boolean;
  readonly crossTab: boolean;
  readonly retention: Limits | undefined;
  readonly queue: QueueLimits;
  readonly onError: ((error: EverbusError) => unknown) | undefined;
}

/** The options of `openBus`. */
export function readBusOptions(value: unknown): OpenSettings {
  const known = ["log", "capacity", "durability", "crossTab", "retention", "queue", "onError"] as const;
  const options = readFields<BusOptions>(value, "the bus options", known);
  const settings = {
    log: readChoice(options.log, "log", ["indexeddb", "memory", "none"]),
    capacity: readCount(options.capacity, "capacity", 1024),
    strict: readChoice(options.durability, "durability", ["relaxed", "strict"]) === "strict",
    crossTab: options.crossTab === undefined ? undefined : readFlag(options.crossTab, "crossTab"),
    onError: readFunction<(error: EverbusError) => unknown>(options.onError, "onError"),
  };
  if (settings.crossTab === true && (settings.log === "memory" || settings.log === "none")) {
    throw everbusError("unsupported", 'crossTab needs a log that tabs share: leave it out, or open with log "indexeddb"');
  }
  const retention = readRetention(options.retention);
  if (retention !== undefined && settings.log === "none") {
    throw everbusError("unsupported", 'retention needs a log: open the bus with log "indexeddb" or "memory"');
  }
  const queue = readQueue(options.queue);
  if (options.queue !== undefined && settings.log === "none") {
    throw everbusError("unsupported", 'queue needs a log: open the bus with log "indexeddb" or "memory"');
  }
  return { ...settings, crossTab: settings.crossTab !== false, retention, queue };
}

function readRetention(value: unknown): Limits | undefined {
  if (value === undefined) return undefined;
  const options = readFields<Limits>(value, "the retention limits", ["maxEvents", "maxBytes", "maxAgeMs"]);
  return {
    maxEvents: readCount(options.maxEvents, "maxEvents", Infinity),
    maxBytes: readCount(options.maxBytes, "maxBytes", Infinity),
    maxAgeMs: readCount(options.maxAgeMs, "maxAgeMs", Infinity),
  };
}

function readQueue(value: unknown): QueueLimits {
  const { maxEvents, maxBytes } = readFields<QueueLimits>(value, "the queue limits", ["maxEvents", "maxBytes"]);
  return {
    maxEvents: readCount(maxEvents, "maxEvents", DEFAULT_QUEUE_LIMITS.maxEvents),
    maxBytes: readCount(maxBytes, "maxBytes", DEFAULT_QUEUE_LIMITS.maxBytes),
  };
}

export interface PublishSettings {
  readonly expected: SeqNo | undefined;
  readonly id: Uuid | undefined;
  readonly meta: object | undefined;
}

/** The options of `publish` and `publishAll`. */
export function readPublishOptions(value: unknown): PublishSettings {
  const options = readFields<PublishOptions>(value, "the publish options", ["expectedLastSeqNo", "id", "meta"]);
  const { expectedLastSeqNo, meta } = options;
  const id = parseUuid(options.id);
  if (options.id !== undefined && id === undefined) throw invalidOption("id must be a UUID", options.id);
  if (meta !== undefined && !isPlainObject(meta)) throw invalidOption("meta must be a plain JSON object", meta);
  return {
    expected: expectedLastSeqNo === undefined ? undefined : readSeqNo(expectedLastSeqNo, "expectedLastSeqNo", 0),
    id,
    meta,
  };
}

/** The JSON text of an envelope's meta. Runs the publisher's code. */
export function metaText(meta: object): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(meta);
  } catch (cause) {
    throw everbusError("invalid_option", "meta can't be written as JSON: leave out cycles, BigInts, getters that throw and what is nested thousands deep", cause);
  }
  if (!text?.startsWith("{")) throw invalidOption("meta must be a plain JSON object", meta);
  if (isLongerThan(text, MAX_JSON_BYTES)) throw everbusError("invalid_option", "meta is more than 1 MiB of JSON");
  return text;
}

export interface SubscribeSettings {
  readonly deliver: "committed" | "immediate" | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onLagged: ((missed: number) => unknown) | undefined;
}

/** The options of `subscribe` and `events`. */
export function readSubscribeOptions(value: unknown): SubscribeSettings {
  const options = readFields<SubscribeOptions>(value, "the subscribe options", ["deliver", "signal", "onLagged"]);
  return {
    deliver: readChoice(options.deliver, "deliver", ["committed", "immediate"]),
    signal: readSignal(options.signal),
    onLagged: readFunction(options.onLagged, "onLagged"),
  };
}

function readSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  const signal = value as Partial<AbortSignal> | null;
  // By what it can do: it may come from another realm.
  const isTarget = typeof signal?.addEventListener === "function" && typeof signal.removeEventListener === "function";
  if (isTarget && typeof signal.aborted === "boolean") return signal as AbortSignal;
  throw invalidOption("signal must be an AbortSignal", value);
}

export interface FollowSettings {
  readonly filter: FilterSpec | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onCaughtUp: ((seqNo: SeqNo) => unknown) | undefined;
  readonly skipTrimmed: boolean;
}

const FOLLOW_FIELDS = ["filter", "signal", "onCaughtUp", "onTrimmed"] as const;

/** The options of `log.follow`. */
export function readFollowOptions(value: unknown): FollowSettings {
  return followSettings(readFields<FollowOptions>(value, "the follow options", FOLLOW_FIELDS));
}

function followSettings({ filter, signal, onCaughtUp, onTrimmed }: Fields<FollowOptions>): FollowSettings {
  return {
    filter: filter === undefined ? undefined : readFilter(filter),
    signal: readSignal(signal),
    onCaughtUp: readFunction(onCaughtUp, "onCaughtUp"),
    skipTrimmed: readChoice(onTrimmed, "onTrimmed", ["error", "skip"]) === "skip",
  };
}

export interface ConsumerSettings extends FollowSettings {
  readonly isExclusive: boolean;
}

/** The options of `log.subscribe`. */
export function readConsumerOptions(value: unknown): ConsumerSettings {
  const options = readFields<ConsumerOptions>(value, "the consumer options", [...FOLLOW_FIELDS, "exclusive"]);
  return { ...followSettings(options), isExclusive: readFlag(options.exclusive, "exclusive") };
}

export interface ReadSettings {
  readonly from: SeqNo;
  readonly to: number;
  readonly limit: number;
  readonly filter: FilterSpec | undefined;
  readonly reverse: boolean;
}

/** The options of `log.read`. */
export function readReadOptions(value: unknown): ReadSettings {
  const known = ["from", "to", "limit", "filter", "reverse"] as const;
  type Given = { [field in (typeof known)[number]]: unknown };
  const { from, to, limit, filter, reverse } = readFields<Given>(value, "the read options", known);
  return {
    from: from === undefined ? 1 : Math.max(readSeqNo(from, "from", 0), 1),
    to: to === undefined ? Infinity : readSeqNo(to, "to", 0),
    limit: readCount(limit, "limit", 1000),
    filter: filter === undefined ? undefined : readFilter(filter),
    reverse: readFlag(reverse, "reverse"),
  };
}

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
