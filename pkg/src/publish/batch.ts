// Events on their way into the core: the columns of one segment at a time, all text in one piece.
import type { Batch } from "../core/binding.js";
import { moduleMemory } from "../core/module.js";
import type { Draft } from "../events/draft.js";
import { MAX_JSON_BYTES } from "../values/text.js";

/** The most events in one segment. */
const SEGMENT_EVENTS = 1000;

const NO_U16 = /* @__PURE__ */ new Uint16Array(0);
const NO_U32 = /* @__PURE__ */ new Uint32Array(0);
let encoder: TextEncoder | undefined;

/** Counts how many segments events fill: a new one begins after 1000 events or 1 MiB of text. */
export class SegmentCount {
  segments = 0;
  #events = SEGMENT_EVENTS;
  #length = 0;

  /** Counts an event in. Returns whether it begins a segment. */
  add(draft: Draft): boolean {
    const length = draft.textLength;
    const begins = this.#events === SEGMENT_EVENTS || this.#length + length > MAX_JSON_BYTES;
    if (begins) {
      this.segments++;
      this.#events = 0;
      this.#length = 0;
    }
    this.#events++;
    this.#length += length;
    return begins;
  }
}

/**
 * Packs `drafts` into an empty batch, for one atomic append. The core checks them once more, and throws what it finds;
 * then the batch is gone.
 */
export function encode(batch: Batch, drafts: readonly Draft[]): Batch {
  try {
    const count = new SegmentCount();
    let from = 0;
    for (let end = 0; end < drafts.length; end++) {
      if (!count.add(drafts[end]!) || end === 0) continue;
      pushSegment(batch, drafts, from, end);
      from = end;
    }
    pushSegment(batch, drafts, from, drafts.length);
  } catch (error) {
    batch.free();
    throw error;
  }
  return batch;
}

function pushSegment(batch: Batch, drafts: readonly Draft[], from: number, end: number): void {
  const count = end - from;
  const shapes = new Uint8Array(count);
  const typeCodes = new Uint16Array(count);
  const times = new Float64Array(count);
  const lengths = new Uint32Array(count);
  const types = new Dictionary();
  const origins = new Dictionary();
  const payloads = new Array<string>(count);
  const ids: string[] = [];
  // Columns that most segments don't have.
  let nanos = NO_U32;
  let originCodes = NO_U16;
  let metas: string[] | undefined;

  for (let i = 0; i < count; i++) {
    const draft = drafts[from + i]!;
    shapes[i] = draft.shape;
    typeCodes[i] = types.code(draft.type);
    times[i] = draft.ms;
    lengths[i] = draft.text.length;
    payloads[i] = draft.text;
    ids.push(draft.id, draft.subject);
    if (draft.source !== "") ids.push(draft.source, draft.target);
    if (draft.nanos !== 0) (nanos = nanos.length === 0 ? new Uint32Array(count) : nanos)[i] = draft.nanos;
    if (draft.origin !== undefined) {
      originCodes = originCodes.length === 0 ? new Uint16Array(count) : originCodes;
      originCodes[i] = 1 + origins.code(draft.origin);
    }
    if (draft.meta !== undefined) (metas ??= new Array<string>(count).fill("null"))[i] = draft.meta as string;
  }

  let text = payloads.join(",");
  if (metas !== undefined) text += metas.join(",");
  const written = write(batch, text + ids.join(""));
  const metaLengths = metas === undefined ? NO_U32 : Uint32Array.from(metas, (meta) => meta.length);
  batch.push(written, shapes, types.words, typeCodes, times, nanos, lengths, metaLengths, origins.words, originCodes);
}

/** Writes `text` into the core's memory and returns its bytes. */
function write(batch: Batch, text: string): number {
  const room = text.length * 3;
  const start = batch.reserve(room);
  encoder ??= new TextEncoder();
  return encoder.encodeInto(text, moduleMemory().subarray(start, start + room)).written;
}

/** Numbers distinct words in the order they come. Mostly one word comes again and again. */
class Dictionary {
  readonly words: string[] = [];
  readonly #codes = new Map<string, number>();
  #word = "";
  #code = 0;

  code(word: string): number {
    if (word === this.#word) return this.#code;
    let code = this.#codes.get(word);
    if (code === undefined) {
      code = this.words.push(word) - 1;
      this.#codes.set(word, code);
    }
    this.#word = word;
    return (this.#code = code);
  }
}
