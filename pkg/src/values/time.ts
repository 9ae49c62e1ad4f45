import { isA } from "./objects.js";

/** A moment as the log stores it: milliseconds since the epoch, and the nanoseconds (0 to 999,999) below. */
export interface Moment {
  readonly ms: number;
  readonly nanos: number;
}

/** The first and the last millisecond that a year of four digits and the core can both say: 9999-12-30T22:00:00Z. */
export const FIRST_MS = -62_167_219_200_000;
export const LAST_MS = 253_402_207_200_000;

let cachedMs = NaN;
let cachedText = "";

/** The RFC 3339 text of a moment: 3 digits of a second, or 9 if there is something below the millisecond. */
export function formatTime(ms: number, nanos: number): string {
  // Events come in runs of the same millisecond, and toISOString takes as long as stringifying an event.
  if (ms !== cachedMs) {
    cachedText = new Date(ms).toISOString();
    cachedMs = ms;
  }
  return nanos === 0 ? cachedText : `${cachedText.slice(0, -1)}${String(nanos).padStart(6, "0")}Z`;
}

const RFC_3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;

/** The moment in an RFC 3339 text in UTC, or undefined if it is none or no real date. */
export function parseTime(value: unknown): Moment | undefined {
  const parts = typeof value === "string" ? RFC_3339.exec(value) : null;
  if (parts === null) return undefined;
  const second = Date.parse(`${parts[1]}.000Z`);
  // Engines differ on February 30th and 24:00: a real date is one that comes out as it went in.
  if (Number.isNaN(second) || !new Date(second).toISOString().startsWith(parts[1]!)) return undefined;
  const fraction = (parts[2] ?? "").padEnd(9, "0");
  return { ms: second + Number(fraction.slice(0, 3)), nanos: Number(fraction.slice(3)) };
}

/** The moment that an application means by a Date, by milliseconds since the epoch, or by RFC 3339 text in UTC. */
export function readMoment(value: unknown): Moment | undefined {
  if (typeof value === "string") return parseTime(value);
  const time = isA<Date>("Date", value) ? value.getTime() : value;
  // The last millisecond before which a Date's year has four digits, as on the wire.
  if (typeof time !== "number" || !(Math.abs(time) < 253_402_300_800_000)) return undefined;
  const ms = Math.floor(time);
  // What is just before a millisecond is rounded up to a whole one.
  return { ms, nanos: Math.min(Math.floor((time - ms) * 1e6), 999_999) };
}
