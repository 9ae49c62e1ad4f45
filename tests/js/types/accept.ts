// Programs that must compile.
import { EverbusError, deleteBus, entity, link, openBus } from "everbus";
import * as slim from "everbus/slim";
import { useWasm, type WasmSource } from "everbus/slim";
import type {
  EnvelopeFor,
  Bus, BusOptions, ConsumerInfo, ConsumerOptions, EntityEvent, EventEnvelope, EventLog, EverbusErrorCode, Filter,
  FrameworkEvent, Json, LinkEvent, Logged, OneOrMany, PublishOptions, Receipt, Schema, SeekPosition, SeqNo, SubscribeOptions, Uuid,
} from "everbus";

type Shop = {
  entities: { order: { total: number; lines: string[] }; customer: { name: string } };
  links: { placed_by: null; rated: { stars: number } };
};
interface ShopInterface {
  entities: { order: { total: number } };
  links: { placed_by: null };
}

export async function opening() {
  const plain: Bus = await openBus("shop");
  const typed: Bus<Shop> = await openBus<Shop>("shop", { log: "indexeddb", capacity: 16, durability: "strict", crossTab: true });
  await openBus<ShopInterface>("shop");
  const options: BusOptions = { retention: { maxEvents: 1, maxBytes: 2, maxAgeMs: 3 }, queue: { maxEvents: 1, maxBytes: 2 }, onError: (error: EverbusError) => console.log(error.code, error.cause) };
  await openBus("shop", options);
  await openBus("shop", { log: "memory", onError(error) { console.log(error.code satisfies EverbusErrorCode); } });
  await openBus("shop", { onError() {} });
  const gone: void = await deleteBus("shop");
  // A typed bus serves where any bus does.
  useAny(typed);
  const general: Bus = typed;
  return [plain, general, gone];
}

function useAny(bus: Bus) {
  const name: string = bus.name;
  const origin: Uuid = bus.origin;
  const storage: "persistent" | "memory" | "none" = bus.storage;
  const log: EventLog = bus.log;
  const count: number = bus.receiverCount;
  const closed: boolean = bus.closed;
  return [name, origin, storage, log, count, closed];
}

export async function publishing(bus: Bus) {
  const id = crypto.randomUUID();
  const order: EntityEvent = entity.created("order", { total: 1, lines: ["a", null, true, [1], { b: 2 }] });
  const made: FrameworkEvent[] = [
    order, entity.created("order", null, id), entity.updated("order", id, "text"), entity.deleted("order", id),
    link.created("placed_by", id, id), link.created("rated", id, id, { stars: 5 }, id),
    link.updated("rated", id, id, id, null), link.deleted("rated", id, id, id),
  ];
  const receipt: Receipt = bus.publish(order);
  const seqNo: SeqNo | undefined = await receipt.committed;
  const receivers: number = receipt.receivers;
  const options: PublishOptions = { expectedLastSeqNo: 3, id, meta: { actor: "ann", tags: [1, null] } };
  const receipts: Receipt[] = bus.publishAll(made, options);
  bus.publish({ kind: "entity", action: "created", entity_type: "order", entity_id: id, data: { a: [1, null] } });
  bus.publish({ kind: "entity", action: "deleted", entity_type: "order", entity_id: id });
  bus.publish({ kind: "link", action: "updated", link_type: "rated", link_id: id, source_id: id, target_id: id, metadata: null });
  bus.publish({ kind: "link", action: "deleted", link_type: "rated", link_id: id, source_id: id, target_id: id }, { meta: {} });
  await Promise.all([bus.flush(), bus.close()]);
  return [seqNo, receivers, receipts];
}

/** A filter of the application's own, with something else beside it. */
type NamedFilter = Filter & { name?: string };

export function filtering(bus: Bus, typed: Bus<Shop>, filter: NamedFilter) {
  for (const each of [bus, typed]) {
    each.subscribe(filter, ({ event }) => console.log(event.kind));
    each.events(filter, { deliver: "committed" });
    each.log.read({ filter, limit: 1 }).then((page) => page.map(({ seq_no }): SeqNo => seq_no));
    each.log.subscribe("c", "latest", { filter, onTrimmed: "skip" });
  }
}

export function subscribing(bus: Bus, typed: Bus<Shop>, filter: Filter, types: string[], some: OneOrMany<string>) {
  const stop: () => void = bus.subscribe((envelope) => console.log(envelope.seq_no, envelope.event.kind));
  const options: SubscribeOptions = { deliver: "immediate", signal: new AbortController().signal, onLagged: (missed: number) => console.log(missed) };
  bus.subscribe((envelope: EventEnvelope) => console.log(envelope.id, envelope.origin, envelope.meta?.["actor"]), options);
  bus.subscribe({}, () => {});
  bus.subscribe({ kind: "entity", event_type: "created", entity_type: "order", entity_id: "a" }, (envelope: EventEnvelope) => console.log(envelope));
  bus.subscribe({ kind: "link", event_type: ["created", "deleted"], link_type: ["a", "b*"], source_id: "a", target_id: ["b"], touches: ["c"] }, ({ timestamp }) => console.log(timestamp), { deliver: "committed" });
  bus.subscribe(filter, (envelope) => console.log(envelope.event.action), { signal: AbortSignal.timeout(1) });
  bus.subscribe({ entity_type: types }, () => {});
  bus.subscribe({ entity_type: some, touches: some }, () => {});
  bus.subscribe({ ...filter, kind: "entity" }, () => {});
  bus.subscribe({}, async ({ event }) => void (await Promise.resolve(event)));
  const handler = (envelope: EventEnvelope) => console.log(envelope.event);
  bus.subscribe(handler);
  bus.subscribe(filter, handler);
  typed.subscribe(handler);
  typed.subscribe(filter, handler);
  typed.subscribe({ entity_type: "order" }, handler);
  typed.subscribe({ entity_type: types, link_type: some }, handler);
  stop();
}

// Code that is generic over the schema, as libraries have it.
export function forward<S extends Schema>(from: Bus<S>, to: Bus, filter: Filter): () => void {
  from.subscribe((envelope) => void to.publish(envelope.event));
  return from.subscribe(filter, (envelope: EventEnvelope) => void to.publish(envelope.event));
}

export function narrowing(envelope: EventEnvelope) {
  const { event } = envelope;
  if (event.kind === "entity" && event.action !== "deleted") {
    const data: Json = event.data;
    return data;
  }
  if (event.kind === "link" && event.action !== "deleted") {
    const metadata: Json | null = event.metadata;
    return metadata;
  }
  return event.kind === "link" ? event.source_id : event.entity_id;
}

export async function iterating(bus: Bus, typed: Bus<Shop>) {
  for await (const envelope of bus.events()) console.log(envelope.seq_no);
  for await (const { event } of bus.events({ entity_type: "order" }, { deliver: "immediate" })) console.log(event.kind);
  const iterator: AsyncIterableIterator<EventEnvelope> = bus.events({});
  const any: AsyncIterableIterator<EventEnvelope> = typed.events({ entity_type: "order" });
  const { value, done }: IteratorResult<EventEnvelope> = await iterator.next();
  await iterator.return?.();
  return [value, done, any];
}

export async function logging(log: EventLog, bus: Bus<Shop>, elsewhere: EventEnvelope[]) {
  const first: SeqNo | undefined = await log.firstSeqNo();
  const last: SeqNo | undefined = await log.lastSeqNo();
  const given: SeqNo[] = await log.append(elsewhere);
  const page: EventEnvelope[] = await log.read();
  const newest: EventEnvelope[] = await bus.log.read({ from: 1, to: 9, limit: 5, reverse: true, filter: { kind: "entity" } });
  const positions: SeekPosition[] = ["beginning", "last_acknowledged", "latest", { sequence: 4 }, { time: new Date() }, { time: 0 }, { time: "2026-01-01T00:00:00Z" }];
  const options: ConsumerOptions = { filter: { touches: "a" }, signal: AbortSignal.timeout(1), exclusive: true, onTrimmed: "skip" };
  for (const position of positions) for await (const { seq_no } of log.subscribe("c", position, options)) await log.ack("c", seq_no!);
  for await (const envelope of bus.log.subscribe("c")) console.log(envelope.event);
  await log.seek("c", { sequence: 1 });
  const consumers: ConsumerInfo[] = await log.consumers();
  const lag: [string, SeqNo | undefined, number][] = consumers.map(({ name, lastAcked, lag }) => [name, lastAcked, lag]);
  const deleted: boolean = await log.deleteConsumer("c");
  const firstLeft: SeqNo | undefined = await log.trim(5);
  const { events, bytes, segments, firstSeqNo, lastSeqNo } = await log.stats();
  return [first, last, given, page, newest, lag, deleted, firstLeft, events, bytes, segments, firstSeqNo, lastSeqNo];
}

export function errors(error: unknown): EverbusErrorCode | undefined {
  if (!(error instanceof EverbusError)) return undefined;
  const plain: Error = error;
  const name: "EverbusError" = error.name;
  switch (error.code) {
    case "invalid_event": case "invalid_filter": case "invalid_position": case "invalid_option":
    case "closed": case "conflict": case "queue_full": case "trimmed": case "quota_exceeded": case "blocked": case "unavailable":
    case "corrupt": case "storage": case "unsupported": case "subscriber": case "module_failed":
      return error.code;
    default: {
      const never: never = error.code;
      console.log(plain, name, never);
      return undefined;
    }
  }
}

export async function disposing() {
  await using bus = await openBus("shop");
  const disposable: AsyncDisposable = bus;
  return disposable;
}

// A part of a bus is easy to stand in for.
export const fake: Pick<Bus, "publish" | "flush"> = {
  publish: (event) => ({ id: event.kind, receivers: 0, committed: Promise.resolve(1) }),
  flush: async () => {},
};

// The slim entry is the same, and may be told where its WebAssembly is.
export async function slimly(module: WebAssembly.Module, bytes: Uint8Array<ArrayBuffer>, url: string) {
  const sources: WasmSource[] = [url, new URL(url), new Request(url), await fetch(url), bytes, bytes.buffer, module];
  for (const source of sources) useWasm(source);
  useWasm(fetch(url));
  useWasm(WebAssembly.compileStreaming(fetch(url)));
  const bus: Bus<Shop> = await slim.openBus<Shop>("shop");
  const sameError: EverbusError = new slim.EverbusError();
  bus.publish(slim.entity.created("order", { total: 1, lines: [] }));
  return [bus, sameError, slim.deleteBus satisfies typeof deleteBus];
}

// A handler is given exactly what its filter lets through.
type Same<A, B> = [A, B] extends [B, A] ? true : false;
type OrderEvent = EntityEvent<Shop["entities"]["order"]> & { entity_type: "order" };
type CustomerEvent = EntityEvent<Shop["entities"]["customer"]> & { entity_type: "customer" };
type Order = EventEnvelope<OrderEvent>;
type Rating = EventEnvelope<RatingEvent>;
type PlacingEvent = LinkEvent<null> & { link_type: "placed_by" };
type RatingEvent = LinkEvent<Shop["links"]["rated"]> & { link_type: "rated" };
type Either = EventEnvelope<OrderEvent | CustomerEvent>;
type Every = EventEnvelope<OrderEvent | CustomerEvent | PlacingEvent | RatingEvent>;
export async function exactly(bus: Bus<Shop>, plain: Bus) {
  bus.subscribe({ entity_type: "order" }, (envelope) => true satisfies Same<typeof envelope, Order>);
  bus.subscribe({ entity_type: "order" }, (envelope) => true satisfies Same<typeof envelope, EnvelopeFor<Shop, { entity_type: "order" }>>);
  bus.subscribe({ entity_type: "order" }, (envelope: Order) => envelope.event.entity_id, { deliver: "immediate" });
  bus.subscribe({ entity_type: ["order", "customer"] }, (envelope) => true satisfies Same<typeof envelope, Either>);
  bus.subscribe({ link_type: "rated", touches: "a" }, (envelope) => true satisfies Same<typeof envelope, Rating>);
  bus.subscribe({ kind: "entity" }, (envelope) => true satisfies Same<typeof envelope, Either>);
  bus.subscribe({ touches: "a" }, (envelope) => true satisfies Same<typeof envelope, Every>);
  bus.subscribe((envelope) => true satisfies Same<typeof envelope, Every>);
  plain.subscribe({ touches: "a" }, (envelope) => true satisfies Same<typeof envelope, EventEnvelope>);
  plain.subscribe((envelope) => true satisfies Same<typeof envelope, EventEnvelope>);
  for await (const envelope of bus.events({ entity_type: "order" })) true satisfies Same<typeof envelope, Order>;
  for await (const envelope of bus.log.subscribe("c", "latest", { filter: { entity_type: "order" } })) true satisfies Same<typeof envelope, Logged<Order>>;
  for (const envelope of await bus.log.read({ filter: { entity_type: "order" } })) true satisfies Same<typeof envelope, Logged<Order>>;
}

// A handler of several types tells them apart by their type.
export function apart(bus: Bus<Shop>) {
  bus.subscribe({ entity_type: ["order", "customer"], event_type: ["created", "updated"] }, ({ event }) =>
    event.entity_type === "order" ? event.data.total.toFixed(2) : event.data.name.trim(),
  );
  bus.subscribe({ link_type: ["rated", "placed_by"], event_type: "created" }, ({ event }) =>
    event.link_type === "rated" ? event.metadata?.stars : (event.metadata satisfies null),
  );
  bus.subscribe({ entity_type: ["order", "invoice_*"], event_type: "created" }, ({ event }) => event.data satisfies Json);
}

// What comes out of the log has its number.
export async function numbered(log: EventLog, bus: Bus<Shop>) {
  for await (const { seq_no } of log.subscribe("c", "beginning")) await log.ack("c", seq_no);
  const page: Logged[] = await log.read();
  const numbers: SeqNo[] = (await bus.log.read({ filter: { entity_type: "order" } })).map(({ seq_no }) => seq_no);
  return [page, numbers];
}

// Schema-typed handlers: a filter literal says what arrives.
export async function typedHandlers(bus: Bus<Shop>) {
  bus.subscribe({ entity_type: "order", event_type: "created" }, ({ event }) => {
    const total: number = event.data.total;
    const lines: string[] = event.data.lines;
    const kind: "entity" = event.kind;
    return [total, lines, kind];
  });
  bus.subscribe({ entity_type: ["order", "customer"], event_type: ["created", "updated"] }, ({ event }) => {
    const data: Shop["entities"]["order"] | Shop["entities"]["customer"] = event.data;
    return data;
  });
  bus.subscribe({ entity_type: "order" }, ({ event }) => {
    if (event.action !== "deleted") return event.data.total.toFixed(2);
    const id: Uuid = event.entity_id;
    return id;
  });
  bus.subscribe({ entity_type: "order_*" }, ({ event }) => {
    if (event.action !== "deleted") return event.data satisfies Json;
    return null;
  });
  bus.subscribe({ link_type: "rated", event_type: "updated" }, ({ event }) => {
    const stars: number | undefined = event.metadata?.stars;
    return stars;
  });
  bus.subscribe({ kind: "link" }, ({ event }) => event.source_id);
  for await (const { event } of bus.events({ entity_type: "customer", event_type: "updated" })) event.data.name.trim();
  for await (const { event } of bus.log.subscribe("c", "beginning", { filter: { entity_type: "customer", event_type: "updated" } })) event.data.name.trim();
  const [page] = await bus.log.read({ filter: { entity_type: "order", event_type: "created" } });
  const total: number | undefined = page?.event.data.total;
  const link: LinkEvent | EntityEvent | undefined = page?.event;
  return [total, link];
}

export async function following(bus: Bus, typed: Bus<Shop>, filter: Filter) {
  const saved: { sequence: SeqNo; log: Uuid } = { sequence: 1, log: bus.log.id };
  for await (const { seq_no } of bus.log.follow(saved, { filter, onCaughtUp() {} })) seq_no.toFixed();
  bus.log.subscribe("c", saved, { exclusive: true, onCaughtUp: (seqNo: SeqNo) => console.log(seqNo) });
  const options = { filter: { entity_type: "order", event_type: "created" }, onTrimmed: "skip" } as const;
  for await (const { event } of typed.log.follow("beginning", options)) event.data.total.toFixed();
  const kept: boolean = await bus.persist();
  return kept;
}
