import type { Uuid } from "../api/event.js";

const LOWER = 2;
const HEX = 1;

/** By character code: HEX for a hexadecimal digit, LOWER too unless it is an upper case letter. */
const DIGITS = /* @__PURE__ */ digits();

function digits(): Uint8Array {
  const table = new Uint8Array(128);
  for (const digit of "0123456789abcdef") table[digit.charCodeAt(0)] = HEX | LOWER;
  for (const digit of "ABCDEF") table[digit.charCodeAt(0)] = HEX;
  return table;
}

/**
 * Ids in lower case that need no look at their digits: those that were made here, and those that come again. An application
 * publishes about the same entities over and over, and that look takes as long as all else that an event without a log takes.
 * Each is in a place that its last digits say; a hash of all of them would take as long as the look.
 */
const known = /* @__PURE__ */ new Array<string>(4096).fill("");

/** What some other digits of the last id were that was looked at, and would be in this place. */
const lookedAt = /* @__PURE__ */ new Uint16Array(4096);

/** The UUID in `value` in lower case, or undefined if it is none. */
export function parseUuid(value: unknown): Uuid | undefined {
  if (typeof value !== "string" || value.length !== 36) return undefined;
  const place = placeOf(value);
  if (known[place] === value) return value;
  const found = digitsOf(value);
  if ((found & HEX) === 0) return undefined;
  if ((found & LOWER) === 0) return value.toLowerCase();
  const others = fourDigits(value, 29);
  // As a copy: what was cut out of a long text would keep all of it.
  if (lookedAt[place] === others) known[place] = JSON.parse(`"${value}"`) as string;
  lookedAt[place] = others;
  return value;
}

function placeOf(id: string): number {
  return fourDigits(id, 32) & 4095;
}

function fourDigits(id: string, from: number): number {
  return ((id.charCodeAt(from) << 12) ^ (id.charCodeAt(from + 1) << 8) ^ (id.charCodeAt(from + 2) << 4) ^ id.charCodeAt(from + 3)) & 0xffff;
}

// Unrolled: a loop takes twice as long, a regular expression three times, and each publish checks an id at least once.
function digitsOf(s: string): number {
  // Outside of the table there is undefined, which `&` takes for 0: no digit.
  const t = DIGITS as { readonly [code: number]: number };
  if (s.charCodeAt(8) !== 45 || s.charCodeAt(13) !== 45 || s.charCodeAt(18) !== 45 || s.charCodeAt(23) !== 45) return 0;
  return (
    t[s.charCodeAt(0)]! & t[s.charCodeAt(1)]! & t[s.charCodeAt(2)]! & t[s.charCodeAt(3)]! &
    t[s.charCodeAt(4)]! & t[s.charCodeAt(5)]! & t[s.charCodeAt(6)]! & t[s.charCodeAt(7)]! &
    t[s.charCodeAt(9)]! & t[s.charCodeAt(10)]! & t[s.charCodeAt(11)]! & t[s.charCodeAt(12)]! &
    t[s.charCodeAt(14)]! & t[s.charCodeAt(15)]! & t[s.charCodeAt(16)]! & t[s.charCodeAt(17)]! &
    t[s.charCodeAt(19)]! & t[s.charCodeAt(20)]! & t[s.charCodeAt(21)]! & t[s.charCodeAt(22)]! &
    t[s.charCodeAt(24)]! & t[s.charCodeAt(25)]! & t[s.charCodeAt(26)]! & t[s.charCodeAt(27)]! &
    t[s.charCodeAt(28)]! & t[s.charCodeAt(29)]! & t[s.charCodeAt(30)]! & t[s.charCodeAt(31)]! &
    t[s.charCodeAt(32)]! & t[s.charCodeAt(33)]! & t[s.charCodeAt(34)]! & t[s.charCodeAt(35)]!
  );
}

const PAIRS = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const NO_ENTROPY = /* @__PURE__ */ new Uint8Array(0);

let entropy = NO_ENTROPY;
let used = 0;
let prefix = "";
let prefixTime = -1;
let count = 256;

/** A fresh UUID v7 for an entity or a link: events about it are to come. */
export function entityId(time: number): Uuid {
  const id = uuidV7(time);
  known[placeOf(id)] = id;
  return id;
}

/**
 * A fresh UUID v7 for `time`, in milliseconds since the epoch. Up to 256 ids of one millisecond share 66 random bits
 * and count in the last 8, so that they sort as they were made and most of them cost one concatenation.
 */
export function uuidV7(time: number): Uuid {
  if (time !== prefixTime || count === 256) {
    prefix = freshPrefix(time);
    prefixTime = time;
    count = 0;
  }
  return prefix + PAIRS[count++]!;
}

function freshPrefix(time: number): string {
  if (used + 9 > entropy.length) {
    entropy = crypto.getRandomValues(new Uint8Array(1152));
    used = 0;
  }
  const ms = Math.max(time, 0).toString(16).padStart(12, "0");
  const byte = (i: number, and = 0xff, or = 0): string => PAIRS[(entropy[used + i]! & and) | or]!;
  const text =
    `${ms.slice(0, 8)}-${ms.slice(8)}-${byte(0, 0x0f, 0x70)}${byte(1)}-${byte(2, 0x3f, 0x80)}${byte(3)}-` +
    `${byte(4)}${byte(5)}${byte(6)}${byte(7)}${byte(8)}`;
  used += 9;
  return text;
}
