/**
 * Stable codes: what a program may branch on. The message is for people.
 *
 * - `invalid_event`, `invalid_filter`, `invalid_position`, `invalid_option`: the call was wrong, and changed nothing.
 * - `unsupported`: the call is right, but not for this bus or this platform.
 * - `closed`: the bus was closed, or its log deleted. Open it again.
 * - `conflict`: the log doesn't end where `expectedLastSeqNo` says, or isn't the one that a position is in, or somebody else
 *   holds an exclusive consumer.
 * - `queue_full`, `quota_exceeded`: too much waits to be stored; the storage is full. Await `flush()`; `trim` the log.
 * - `trimmed`: events that a reader wants are forgotten, or about to be. `seek`, or go on with `onTrimmed: "skip"`.
 * - `unavailable`: there is no IndexedDB here or it can't be opened, or the WebAssembly can't be loaded. As with `storage`,
 *   what was being appended may be stored all the same: publish it again with its `id`, which stores it once.
 * - `blocked`: another tab keeps the log from being opened or deleted. Close it.
 * - `corrupt`, `storage`: what is stored is damaged; any other failure of the storage, with its error as the cause.
 * - `subscriber`: a handler threw or rejected, with the cause.
 * - `module_failed`: everbus itself has failed, and does nothing more until the page is loaded again.
 */
export type EverbusErrorCode =
  | "invalid_event"
  | "invalid_filter"
  | "invalid_position"
  | "invalid_option"
  | "closed"
  | "conflict"
  | "queue_full"
  | "trimmed"
  | "quota_exceeded"
  | "blocked"
  | "unavailable"
  | "corrupt"
  | "storage"
  | "unsupported"
  | "subscriber"
  | "module_failed";

/**
 * Every error that everbus throws, rejects with or reports.
 *
 * @example
 * await bus.publish(event, { expectedLastSeqNo: 7 }).committed.catch((error) => {
 *   if (error instanceof EverbusError && error.code === "conflict") return readOnAndDecideAgain();
 *   throw error;
 * });
 */
export class EverbusError extends Error {
  declare readonly name: "EverbusError";
  /** What kind of failure it is. */
  readonly code: EverbusErrorCode;
  /** What lies behind it: what a subscriber threw, the storage's own error. */
  declare readonly cause?: unknown;

  /** As `Error` has it, with a code: "storage" unless given. */
  constructor(message?: string, options?: { code?: EverbusErrorCode; cause?: unknown }) {
    super(message, options);
    this.code = options?.code ?? "storage";
  }

  static {
    // On the prototype, so that the stack's first line has it and it is no field of each error.
    const name = { value: "EverbusError", configurable: true, writable: true };
    Object.defineProperty(this.prototype, "name", name);
    // The minified class would be printed by its short name.
    Object.defineProperty(this, "name", name);
  }
}

/** An error with this code. Without a cause it has no such property. */
export function everbusError(code: EverbusErrorCode, message: string, cause?: unknown): EverbusError {
  return new EverbusError(message, cause === undefined ? { code } : { code, cause });
}

/** What was caught, as an error with a code: that of what has none is "storage". */
export function withCode(cause: unknown): EverbusError {
  if (cause instanceof EverbusError) return cause;
  return everbusError("storage", `the platform threw where it mustn't: ${messageOf(cause)}`, cause);
}

/** What was thrown while a caller's object was read: its getters and traps run then, and what they throw is the cause. */
export function unreadable(code: EverbusErrorCode, what: string, cause: unknown): EverbusError {
  if (cause instanceof EverbusError) return cause;
  return everbusError(code, `${what} can't be read, as looking at it threw: ${messageOf(cause)}`, cause);
}

/** What was thrown says. Never throws, though looking at it may run its own code. */
export function messageOf(cause: unknown): string {
  try {
    const message = (cause as Partial<Error> | null | undefined)?.message;
    return typeof message === "string" ? message : describe(cause);
  } catch {
    return "what was thrown can't be looked at";
  }
}

/** A short name for a value in a message. Never runs the value's own code. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    default:
      return String(value);
  }
}

/** Tells an `onError`; what has no code is given one. Never throws. */
export type Report = (error: unknown) => void;
