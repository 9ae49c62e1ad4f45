// The checks of everything that callers pass beside events and filters: at the call, before anything happens.
import { describe, type EverbusError, everbusError, unreadable } from "../api/errors.js";
import type { SeqNo } from "../api/event.js";
import { hasFields, ownFields } from "../values/objects.js";
import { isName } from "../values/text.js";

export type Fields<T> = { readonly [field in keyof T]?: unknown };

/** The fields of an options object, of which every one has to be known: a misspelt option is no default. */
export function readFields<T>(value: unknown, what: string, known: readonly (keyof T & string)[]): Fields<T> {
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

export function invalidOption(must: string, value: unknown): EverbusError {
  return everbusError("invalid_option", `${must}, but is ${describe(value)}`);
}

export function readChoice<T extends string>(value: unknown, what: string, choices: readonly T[]): T | undefined {
  if (value !== undefined && !choices.includes(value as T)) {
    throw invalidOption(`${what} must be ${choices.map((choice) => `"${choice}"`).join(" or ")}`, value);
  }
  return value as T | undefined;
}

export function readFlag(value: unknown, what: string): boolean {
  if (value !== undefined && typeof value !== "boolean") throw invalidOption(`${what} must be true or false`, value);
  return value === true;
}

export function readFunction<T extends (...args: never[]) => unknown>(value: unknown, what: string): T | undefined {
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

export function readCount(value: unknown, what: string, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw invalidOption(`${what} must be a positive integer`, value);
}
