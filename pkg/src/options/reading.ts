import type { SubscribeOptions } from "../api/bus.js";
import type { SeqNo } from "../api/event.js";
import type { ConsumerOptions, FollowOptions } from "../api/log.js";
import { type FilterSpec, readFilter } from "../events/filter.js";
import { type Fields, invalidOption, readChoice, readCount, readFields, readFlag, readFunction, readSeqNo } from "./fields.js";

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
