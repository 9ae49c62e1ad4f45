// Events to publish and ways to wait for them.

export const ID = {
  ann: "00000000-0000-4000-8000-00000000000a",
  bob: "00000000-0000-4000-8000-00000000000b",
  cup: "00000000-0000-4000-8000-00000000000c",
  owns: "00000000-0000-4000-8000-0000000000aa",
};
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function created(data = null, entity_type = "order", entity_id = ID.ann) {
  return { kind: "entity", action: "created", entity_type, entity_id, data };
}

export function updated(data = null, entity_type = "order", entity_id = ID.ann) {
  return { kind: "entity", action: "updated", entity_type, entity_id, data };
}

export function deleted(entity_type = "order", entity_id = ID.ann) {
  return { kind: "entity", action: "deleted", entity_type, entity_id };
}

export function linked(metadata = null, link_type = "owns") {
  return { kind: "link", action: "created", link_type, link_id: ID.owns, source_id: ID.ann, target_id: ID.cup, metadata };
}

export function many(count, first = 1) {
  return range(first, first + count - 1).map((n) => created({ n }));
}

export function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

export const numbers = (envelopes) => envelopes.map((envelope) => envelope.seq_no);
export const payloads = (envelopes) => envelopes.map((envelope) => envelope.event.data);
export const committed = (receipts) => Promise.all(receipts.map((receipt) => receipt.committed));

/** A handler that keeps what it gets; `until(n)` resolves to all of it once there are n. */
export function collector() {
  const waiting = [];
  const handler = (envelope) => {
    handler.got.push(envelope);
    for (const { count, resolve } of waiting) if (handler.got.length >= count) resolve(handler.got);
  };
  handler.got = [];
  handler.until = (count) =>
    new Promise((resolve) => {
      if (handler.got.length >= count) resolve(handler.got);
      else waiting.push({ count, resolve });
    });
  return handler;
}

/** The next `count` envelopes of an iterator, which stays open. */
export async function take(iterator, count) {
  const envelopes = [];
  while (envelopes.length < count) {
    const { value, done } = await iterator.next();
    if (done) throw new Error(`the iterator ended after ${envelopes.length} of ${count} events`);
    envelopes.push(value);
  }
  return envelopes;
}

/** The same numbers below `bound` in every run. */
export function pseudoRandom(seed) {
  return (bound) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % bound;
  };
}

/** A fresh UUID, also where plain http has no `crypto.randomUUID`. */
export function uuid() {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

/** Why an exclusive consumer isn't to be had: plain http has no Web Locks. */
export const withoutLocks = ({ log }) =>
  log === "indexeddb" && navigator.locks === undefined ? "exclusive needs a secure context" : undefined;

/** Puts a property in the place of another; returns the way back. */
export function replace(object, name, descriptor) {
  const own = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { configurable: true, ...descriptor });
  return () => (own ? Object.defineProperty(object, name, own) : delete object[name]);
}

/** Why a global can't be replaced here: an edge runtime lets nobody. */
export const whereFixed = (name) => () =>
  Object.getOwnPropertyDescriptor(globalThis, name)?.configurable === false ? `${name} can't be replaced here` : undefined;

/** Resolves once every promise that is settled already has told everybody. */
export const nextTask = () => new Promise((resolve) => setTimeout(resolve));

export const ndjson = (text) => text.trimEnd().split("\n").map((line) => JSON.parse(line));
