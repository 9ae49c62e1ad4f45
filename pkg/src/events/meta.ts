import { describe, everbusError } from "../api/errors.js";
import { MAX_JSON_BYTES, isLongerThan } from "../values/text.js";

/** The JSON text of an envelope's meta. Runs the publisher's code. */
export function metaText(meta: object): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(meta);
  } catch (cause) {
    throw everbusError("invalid_option", "meta can't be written as JSON: leave out cycles, BigInts, getters that throw and what is nested thousands deep", cause);
  }
  if (!text?.startsWith("{")) {
    throw everbusError("invalid_option", `meta must be a plain JSON object, but is ${describe(meta)}`);
  }
  if (isLongerThan(text, MAX_JSON_BYTES)) throw everbusError("invalid_option", "meta is more than 1 MiB of JSON");
  return text;
}
