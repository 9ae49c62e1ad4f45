import type { PublishOptions } from "../api/bus.js";
import type { SeqNo, Uuid } from "../api/event.js";
import { isPlainObject } from "../values/objects.js";
import { parseUuid } from "../values/uuid.js";
import { invalidOption, readFields, readSeqNo } from "./fields.js";

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
