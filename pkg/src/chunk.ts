// Stored events on their way out of the core: columns, turned into envelopes.
import type { Chunk } from "./binding.js";
import { LINK, makeEvent } from "./entry.js";
import { formatTime } from "./time.js";
import type { Json, Logged } from "./types.js";

type Columns = [
  types: string[],
  origins: string[],
  ids: string[],
  subjects: string[],
  ends: string[],
  payloads: Json[],
  metas: ({ [key: string]: Json } | null)[] | null,
  nanos: number[] | null,
];

const STRIDE = 5;

/** The envelopes in a chunk, in its order. */
export function decode([heads, text]: Chunk): Logged[] {
  const [types, origins, ids, subjects, ends, payloads, metas, nanos] = JSON.parse(text) as Columns;
  const envelopes = new Array<Logged>(ids.length);
  let end = 0;
  for (let i = 0, head = 0; i < ids.length; i++, head += STRIDE) {
    const shape = heads[head + 2]!;
    const isLink = shape >= LINK;
    const source = isLink ? ends[end++]! : "";
    const target = isLink ? ends[end++]! : "";
    const type = types[heads[head + 3]!]!;
    const envelope: Logged = {
      id: ids[i]!,
      timestamp: formatTime(heads[head + 1]!, nanos === null ? 0 : nanos[i]!),
      event: makeEvent(shape, type, subjects[i]!, source, target, payloads[i]!),
      seq_no: heads[head]!,
    };
    const origin = heads[head + 4]!;
    if (origin !== 0) envelope.origin = origins[origin - 1]!;
    const meta = metas?.[i];
    if (meta) envelope.meta = meta;
    envelopes[i] = envelope;
  }
  return envelopes;
}

/** The envelopes of several chunks. */
export function decodeAll(chunks: readonly Chunk[]): Logged[] {
  return chunks.length === 1 ? decode(chunks[0]!) : chunks.flatMap(decode);
}
