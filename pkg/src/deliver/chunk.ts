// Stored events on their way out of the core: columns, turned into envelopes.
import type { Logged } from "../api/envelope.js";
import { type EverbusError, everbusError } from "../api/errors.js";
import type { Json, SeqNo } from "../api/event.js";
import type { Chunk } from "../core/binding.js";
import type { Log } from "../core/log.js";
import { LINK, makeEvent } from "../events/draft.js";
import { formatTime } from "../values/time.js";

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

/** The envelopes in a chunk, in its order. Throws if a text in it is no JSON. */
export function decode([heads, text]: Chunk): Logged[] {
  const columns = JSON.parse(text) as Columns;
  const [types, origins, ids, subjects, ends, payloads, metas, nanos] = columns;
  const counts = [payloads.length, (metas ?? ids).length];
  // A text that is more than one value would put others in its neighbours' places.
  if (columns.length !== 8 || counts.some((count) => count !== ids.length)) throw new SyntaxError("a text is no JSON value");
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

/** The envelopes of a chunk, up to the first that can't be read, and why it can't. */
export type Decoded = readonly [envelopes: Logged[], damage: EverbusError | undefined];

/**
 * Decodes a chunk as far as it can be: a text may be no JSON though it is, to the last bit, what somebody has written.
 */
export function decodeSound(log: Log, chunk: Chunk): Decoded | Promise<Decoded> {
  try {
    return [decode(chunk), undefined];
  } catch {
    return decodeOneByOne(log, chunk);
  }
}

async function decodeOneByOne(log: Log, [heads]: Chunk): Promise<Decoded> {
  const envelopes: Logged[] = [];
  for (let head = 0; head < heads.length; head += STRIDE) {
    const seqNo = heads[head]!;
    const [, ...chunks] = await log.read(seqNo, seqNo, 1, false, undefined);
    try {
      envelopes.push(...chunks.flatMap(decode));
    } catch {
      return [envelopes, unreadable(seqNo)];
    }
  }
  return [envelopes, undefined];
}

function unreadable(seqNo: SeqNo): EverbusError {
  const message = `event ${seqNo} can't be read: what is stored of it is no JSON`;
  return everbusError("corrupt", message, { first: seqNo, last: seqNo });
}
