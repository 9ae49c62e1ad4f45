/** The most bytes of UTF-8 that a payload's or a meta's JSON text may have. */
export const MAX_JSON_BYTES = 1_048_576;

/** The most bytes of UTF-8 that a type, a bus's or a consumer's name may have. */
export const MAX_NAME_BYTES = 255;

/** Whether `text` takes more than `limit` bytes of UTF-8. Counts only where the length doesn't decide it. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length * 3 <= limit) return false;
  if (text.length > limit) return true;
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is four bytes: two of each half.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes > limit;
}

/** Whether `value` is a string of 1 to 255 bytes of UTF-8 without a lone surrogate: a type or a name. */
export function isName(value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  return !isLongerThan(value, MAX_NAME_BYTES) && !LONE_SURROGATE.test(value);
}

export const LONE_SURROGATE: RegExp = /\p{Surrogate}/u;
