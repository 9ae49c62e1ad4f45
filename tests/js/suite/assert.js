// Assertions that any host can run, with messages one can read in a log.
import { EverbusError } from "./everbus.js";

export function fail(message) {
  throw new Error(message);
}

export function ok(condition, message) {
  if (!condition) fail(message);
}

export function equal(actual, expected, what = "value") {
  if (!Object.is(actual, expected)) fail(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Deep equality of JSON values; own keys like `__proto__` count, key order doesn't. */
export function same(actual, expected, what = "value") {
  const path = difference(actual, expected, "");
  if (path !== undefined) fail(`${what}${path}: expected ${show(expected)}, got ${show(actual)}`);
}

/** `act` throws, at once, an EverbusError with this code (or one of these). Returns the error. */
export function throws(act, codes, what = "the call") {
  let error;
  try {
    act();
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) fail(`${what}: expected it to throw ${codes}, it returned`);
  return hasCode(error, codes, what);
}

/** `act` returns a promise, without throwing, that rejects with this code (or one of these). Returns the error. */
export async function rejects(act, codes, what = "the call") {
  let promise;
  try {
    promise = act();
  } catch (thrown) {
    fail(`${what}: expected a rejected promise, it threw ${thrown}`);
  }
  let value;
  try {
    value = await promise;
  } catch (error) {
    return hasCode(error, codes, what);
  }
  fail(`${what}: expected it to reject with ${codes}, it resolved to ${show(value)}`);
}

export function hasCode(error, codes, what = "the error") {
  ok(error instanceof EverbusError && error instanceof Error, `${what}: expected an EverbusError, got ${error?.stack ?? show(error)}`);
  equal(error.name, "EverbusError", `${what}: name`);
  ok([codes].flat().includes(error.code), `${what}: expected code ${codes}, got ${error.code}: ${error.message}`);
  ok(error.message.length > 0, `${what}: its message is empty`);
  return error;
}

// Where two values differ: "" at the top, ".data[3]" deeper, undefined nowhere.
function difference(a, b, path) {
  if (Object.is(a, b)) return undefined;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return path;
  if (Array.isArray(a) !== Array.isArray(b)) return path;
  if (Array.isArray(a) && a.length !== b.length) return `${path}.length`;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return `${path} {${keys}} {${Object.keys(b)}}`;
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return `${path}.${key}`;
    const deeper = difference(own(a, key), own(b, key), `${path}.${key}`);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function own(object, key) {
  return Object.getOwnPropertyDescriptor(object, key).value;
}

function show(value) {
  let text;
  try {
    text = value === undefined || typeof value === "bigint" || typeof value === "function" ? String(value) : JSON.stringify(value);
  } catch {
    text = String(value);
  }
  return text.length > 600 ? `${text.slice(0, 300)} … ${text.slice(-300)}` : text;
}
