import type { BusOptions } from "../api/bus.js";
import { type EverbusError, everbusError } from "../api/errors.js";
import { readChoice, readCount, readFields, readFlag, readFunction } from "./fields.js";

/** What `retention` in the bus options says. Absent limits are Infinity. */
export interface RetentionLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** What `queue` in the bus options says. */
export interface QueueLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

export const DEFAULT_QUEUE_LIMITS: QueueLimits = { maxEvents: 1_000_000, maxBytes: 134_217_728 };

export interface OpenSettings {
  readonly log: "indexeddb" | "memory" | "none" | undefined;
  readonly capacity: number;
  readonly strict: boolean;
  readonly crossTab: boolean;
  readonly retention: RetentionLimits | undefined;
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

function readRetention(value: unknown): RetentionLimits | undefined {
  if (value === undefined) return undefined;
  const options = readFields<RetentionLimits>(value, "the retention limits", ["maxEvents", "maxBytes", "maxAgeMs"]);
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
