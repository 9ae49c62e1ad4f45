// Programs about types that must compile: filters that narrow, schemas, what is published under one.
import { entity, link, openBus } from "everbus";
import type {
  Bus, Delivery, EntityEvent, EnvelopeFor, EventEnvelope, EventLog, EventOf, Filter, FilterFor, FrameworkEvent, Json, LinkEvent, Logged,
  ReadonlyJson, Schema, SeqNo, Uuid,
} from "everbus";

type Shop = {
  entities: { order: { total: number; lines: string[]; note?: string }; order_line: { count: number }; customer: { name: string } };
  links: { placed_by: null; rated: { stars: number } };
};
type Same<A, B> = [A, B] extends [B, A] ? true : false;
declare const id: Uuid;

// Without a schema every filter narrows.
export async function unnamed(bus: Bus) {
  bus.subscribe({ entity_type: "order" }, ({ event }) => event.entity_id);
  bus.subscribe({ entity_type: "order" }, ({ event }) => event.entity_type satisfies "order");
  bus.subscribe({ entity_type: "order", event_type: "created" }, ({ event }) => event.data satisfies Json);
  bus.subscribe({ entity_type: ["order", "customer"] }, ({ event }) => event.entity_type satisfies "order" | "customer");
  bus.subscribe({ entity_type: "order_*" }, ({ event }) => event.entity_type satisfies `order_${string}`);
  bus.subscribe({ entity_type: "*" }, ({ event }) => event.entity_id);
  bus.subscribe({ link_type: "rated", event_type: ["created", "updated"] }, ({ event }) => event.metadata satisfies Json);
  bus.subscribe({ kind: "entity", event_type: "deleted" }, ({ event }) => event.entity_id);
  bus.subscribe({ kind: "link" }, ({ event }) => event.target_id);
  bus.subscribe({ event_type: "deleted" }, ({ event }) => event.action satisfies "deleted");
  for await (const { event } of bus.events({ entity_type: "order" })) event.entity_id satisfies Uuid;
  for await (const { event } of bus.log.subscribe("c", "latest", { filter: { link_type: "rated" } })) event.source_id satisfies Uuid;
  for (const { event } of await bus.log.read({ filter: { entity_type: "order", event_type: "updated" } })) event.data satisfies Json;
}

// And in code that is generic over the schema, as every adapter is.
export async function generic<S extends Schema>(bus: Bus<S>, filter: Filter, types: string[]) {
  bus.subscribe({ entity_type: "order" }, ({ event }) => event.entity_id);
  bus.subscribe({ entity_type: "order" }, ({ event }) => event.entity_type satisfies "order");
  bus.subscribe({ entity_type: "order", event_type: "created" }, ({ event }) => event.data satisfies ReadonlyJson);
  bus.subscribe({ entity_type: "order" }, ({ event }) => (event.action === "deleted" ? null : event.data));
  bus.subscribe({ entity_type: ["order", "customer"] as const }, ({ event }) => event.entity_id);
  bus.subscribe({ entity_type: "order_*" }, ({ event }) => event.entity_id);
  bus.subscribe({ entity_type: types }, ({ event }) => event.entity_id);
  bus.subscribe({ link_type: "rated", event_type: "created" }, ({ event }) => event.metadata satisfies ReadonlyJson);
  bus.subscribe({ kind: "entity", event_type: "created" }, ({ event }) => [event.entity_id, event.data]);
  bus.subscribe({ kind: "link" }, ({ event }) => event.source_id);
  bus.subscribe(filter, ({ event }) => event.kind);
  bus.subscribe(({ event }) => (event.kind === "entity" ? event.entity_id : event.link_id));
  bus.subscribe(({ event }) => (event.kind === "entity" && event.action !== "deleted" ? event.data : null));
  bus.subscribe({ entity_type: "order" }, ({ seq_no }) => seq_no satisfies SeqNo, { deliver: "committed" });
  for await (const { event } of bus.events({ entity_type: "order" })) event.entity_id satisfies Uuid;
  for await (const { event, seq_no } of bus.log.subscribe("c", "latest", { filter: { entity_type: "order" } })) [event.entity_id, seq_no satisfies SeqNo];
  for (const { event, seq_no } of await bus.log.read({ filter: { kind: "link" } })) [event.source_id, seq_no satisfies SeqNo];
}

// Libraries hand on a filter and what it lets through, an event, or a whole bus.
export function onEach<S extends Schema, const F extends FilterFor<S, F>>(bus: Bus<S>, filter: F, handler: (envelope: EnvelopeFor<S, F>) => void) {
  bus.log.read({ filter, limit: 1 }).then((page: Logged<EnvelopeFor<S, F>>[]) => page.forEach(handler));
  return bus.subscribe(filter, handler);
}
export function publishOn<S extends Schema>(bus: Bus<S>, ...events: EventOf<S>[]) {
  for (const event of events) bus.publish(event);
  return bus.publishAll(events);
}
export function watch<S extends Schema>(bus: Bus<S>, log: EventLog<S>, anyBus: Bus, anyLog: EventLog): () => void {
  watchAll(bus);
  log.read().then((page) => anyLog.append(page));
  return bus.subscribe(({ event }) => void anyBus.publish(event));
}
function watchAll(bus: Bus) {
  return bus.subscribe((envelope) => envelope.event.kind);
}
export function createHooks<S extends Schema>(bus: Bus<S>, useEffect: (begin: () => () => void) => void) {
  return {
    usePublish: () => (event: EventOf<S>) => bus.publish(event),
    useEvent: <const F extends FilterFor<S, F>>(filter: F, handler: (envelope: EnvelopeFor<S, F>) => void) => useEffect(() => bus.subscribe(filter, handler)),
    useEvery: (handler: (envelope: EnvelopeFor<S>) => void) => useEffect(() => bus.subscribe(handler)),
  };
}
export function adapters(bus: Bus<Shop>, plain: Bus) {
  const hooks = createHooks(bus, (begin) => begin()());
  hooks.usePublish()(entity.created("customer", { name: "Ann" }));
  hooks.useEvent({ entity_type: "order", event_type: "created" }, ({ event }) => event.data.total satisfies number);
  hooks.useEvery(({ event }) => (event.kind === "entity" && event.entity_type === "customer" && event.action === "created" ? event.data.name : null));
  onEach(bus, { entity_type: "order", event_type: "created" }, ({ event }) => event.data.total satisfies number);
  onEach(bus, { link_type: ["rated", "placed_by"] }, ({ event }) => event.link_type satisfies "rated" | "placed_by");
  onEach(plain, { entity_type: "order" }, ({ event }) => event.entity_id);
  publishOn(bus, entity.created("customer", { name: "Ann" }), { kind: "entity", action: "deleted", entity_type: "order", entity_id: id });
  publishOn(plain, entity.created("whatever", 1));
  watchAll(bus);
  watch(bus, bus.log, bus, bus.log);
}

// With a schema an event's type narrows its payload.
export async function narrowed(bus: Bus<Shop>) {
  bus.subscribe(({ event }) => {
    if (event.kind === "entity" && event.entity_type === "order" && event.action !== "deleted") return event.data.total satisfies number;
    if (event.kind === "link" && event.link_type === "rated" && event.action !== "deleted") return event.metadata?.stars satisfies number | undefined;
    return event.action;
  });
  bus.subscribe({ kind: "entity", event_type: "created" }, ({ event }) => {
    if (event.entity_type === "order") return event.data.lines satisfies string[];
    if (event.entity_type === "customer") return event.data.name satisfies string;
    return event.data.count satisfies number;
  });
  bus.subscribe({ touches: id }, ({ event }) => {
    switch (event.kind) {
      case "entity":
        return event.entity_type satisfies "order" | "order_line" | "customer";
      case "link":
        return event.link_type satisfies "placed_by" | "rated";
    }
  });
  for (const { event } of await bus.log.read()) {
    if (event.kind === "entity" && event.entity_type === "customer" && event.action === "updated") event.data.name satisfies string;
  }
  for await (const { event } of bus.log.subscribe("c")) event satisfies EventOf<Shop>;
}

// A type that may be absent narrows nothing.
export function optional(bus: Bus<Shop>, filter: { entity_type?: "order" }, named: { entity_type: "order"; name?: string }) {
  bus.subscribe(named, ({ event }) => event.entity_type satisfies "order");
  bus.subscribe(filter, (envelope) => true satisfies Same<typeof envelope, EnvelopeFor<Shop>>);
}

// A prefix gives the types that it matches.
export function prefixes(bus: Bus<Shop>) {
  bus.subscribe({ entity_type: "order*", event_type: "created" }, ({ event }) => {
    true satisfies Same<typeof event.entity_type, "order" | "order_line">;
    return event.entity_type === "order" ? event.data.total : event.data.count;
  });
  bus.subscribe({ entity_type: ["customer", "order_*"], event_type: "created" }, ({ event }) =>
    event.entity_type === "customer" ? event.data.name : (event.data.count satisfies number),
  );
  bus.subscribe({ link_type: "rat*" }, (envelope) => true satisfies Same<typeof envelope, EnvelopeFor<Shop, { link_type: "rated" }>>);
  bus.subscribe({ entity_type: "*" }, (envelope) => true satisfies Same<typeof envelope, EnvelopeFor<Shop, { kind: "entity" }>>);
  // Of none that is declared: what an earlier version has stored, or another application publishes.
  bus.subscribe({ entity_type: "invoice_*", event_type: "created" }, ({ event }) => event.data satisfies Json);
}

// What is committed has its number.
export async function numbered(bus: Bus<Shop>, plain: Bus, deliver: Delivery) {
  bus.subscribe(({ seq_no }) => seq_no satisfies SeqNo, { deliver: "committed" });
  bus.subscribe({ entity_type: "order" }, ({ seq_no, event }) => [seq_no satisfies SeqNo, event.entity_id], { deliver: "committed", onLagged: (missed) => missed });
  plain.subscribe({}, ({ seq_no }) => seq_no satisfies SeqNo, { deliver: "committed", signal: AbortSignal.timeout(1) });
  bus.subscribe({ entity_type: "order" }, (envelope) => true satisfies Same<typeof envelope, Logged<EnvelopeFor<Shop, { entity_type: "order" }>>>, { deliver: "committed" });
  for await (const { seq_no } of bus.events({ entity_type: "order" }, { deliver: "committed" })) seq_no satisfies SeqNo;
  for await (const { seq_no } of plain.events(undefined, { deliver: "committed" })) seq_no satisfies SeqNo;
  for await (const { seq_no, event } of bus.log.subscribe("c", "latest", { filter: { entity_type: "order" }, exclusive: true })) [seq_no satisfies SeqNo, event.entity_id];
  for await (const { seq_no } of plain.log.subscribe("c")) seq_no satisfies SeqNo;
  for (const { seq_no } of await bus.log.read()) seq_no satisfies SeqNo;
  // Whoever doesn't say so may have a bus without a log.
  bus.subscribe(({ seq_no }) => true satisfies Same<typeof seq_no, SeqNo | undefined>);
  bus.subscribe(({ seq_no }) => true satisfies Same<typeof seq_no, SeqNo | undefined>, { deliver: "immediate" });
  bus.subscribe(({ seq_no }) => true satisfies Same<typeof seq_no, SeqNo | undefined>, { deliver });
}

// What is `readonly` is taken.
export async function frozen(bus: Bus<Shop>, plain: Bus, log: EventLog) {
  const order = { total: 1, lines: ["a", "b"] } as const;
  const deep = { a: [1, [null, { b: "c" }]], d: { e: true } } as const;
  const types: readonly string[] = ["order"];
  const filter = { entity_type: ["order", "customer"], event_type: ["created", "updated"], touches: [id] } as const;
  plain.publish(entity.created("order", deep));
  plain.publish(entity.updated("order", id, Object.freeze({ tags: Object.freeze(["a"]) })));
  plain.publish(link.created("rated", id, id, deep));
  plain.publish({ kind: "entity", action: "created", entity_type: "order", entity_id: id, data: deep }, { meta: deep });
  plain.publishAll([entity.created("order", deep), entity.deleted("order", id)] as const);
  bus.publish(entity.created("order", order));
  bus.publish({ kind: "entity", action: "created", entity_type: "order", entity_id: id, data: order } as const);
  const events: readonly EventOf<Shop>[] = [entity.created("order", order)];
  bus.publishAll(events);
  plain.subscribe(filter, ({ event }) => event.data satisfies Json);
  bus.subscribe(filter, ({ event }) => (event.entity_type === "order" ? event.data.total : event.data.name));
  plain.subscribe({ entity_type: types, touches: types }, () => {});
  bus.events(filter, { deliver: "committed" });
  const read = { from: 1, filter } as const;
  const page: readonly Logged[] = await plain.log.read(read);
  log.append(page);
  log.append([{ id, timestamp: "2026-01-01T00:00:00Z", event: entity.created("order", deep) }]);
  log.subscribe("c", "latest", { filter } as const);
  // Also by the schema itself.
  const strict = await openBus<{ entities: { tag: { readonly names: readonly string[] } } }>("tags");
  strict.publish(entity.created("tag", { names: ["a"] }));
  strict.subscribe({ entity_type: "tag", event_type: "created" }, ({ event }) => event.data.names satisfies readonly string[]);
}

// A schema may leave out links, or entities.
export async function partial() {
  const bus = await openBus<{ entities: { todo: { text: string } } }>("todos");
  bus.subscribe({ entity_type: "todo", event_type: "created" }, ({ event }) => event.data.text);
  bus.subscribe(({ event }) => (event.action === "deleted" ? null : event.data.text));
  bus.publish(entity.created("todo", { text: "milk" }));
  const links = await openBus<{ links: { follows: null } }>("links");
  links.subscribe(({ event }) => event.link_type satisfies "follows");
  links.publish(link.created("follows", id, id));
  const none = await openBus<{}>("none");
  const some: Bus[] = [bus, links, none];
  const generic: (() => Promise<void>)[] = [ends(bus), ends(links), ends(none)];
  return [some, generic];
}
function ends<S extends Schema>(bus: Bus<S>) {
  return () => bus.close();
}

// Publishing is checked against the schema, and what it allows compiles: through the constructors and as plain objects.
type Status = { entities: { ticket: { status: "open" | "closed"; tags?: string[]; by: { name: string } | null }; note: string; any: Json }; links: { about: null; weighs: number; rates: { stars: 1 | 2 | 3 }; counts: { stars: number } } };
export function allowed(bus: Bus<Status>, status: "open" | "closed", event: EventOf<Status>) {
  bus.publish(entity.created("ticket", { status: "open", by: null }));
  bus.publish(entity.created("ticket", { status, by: { name: "Ann" }, tags: [] }, id));
  bus.publish(entity.updated("ticket", id, { status: "closed", by: null }), { meta: { actor: "Ann" } });
  bus.publish(entity.deleted("ticket", id));
  bus.publish(entity.created("note", "text"));
  bus.publish(entity.created("any", { what: ["ever", 1, null] }));
  bus.publish(link.created("about", id, id));
  bus.publish(link.created("weighs", id, id, 5, id));
  bus.publish(link.updated("weighs", id, id, id, 6));
  bus.publish(link.created("rates", id, id, { stars: 3 }));
  bus.publish(link.updated("rates", id, id, id, { stars: 1 }));
  bus.publish(link.deleted("weighs", id, id, id));
  bus.publish({ kind: "entity", action: "created", entity_type: "ticket", entity_id: id, data: { status: "open", by: null } });
  bus.publish({ kind: "link", action: "updated", link_type: "weighs", link_id: id, source_id: id, target_id: id, metadata: 5 });
  bus.publishAll([entity.created("note", "a"), link.created("about", id, id), { kind: "entity", action: "deleted", entity_type: "note", entity_id: id }]);
  const created = entity.created("ticket", { status: "open", by: null });
  bus.publish(created);
  bus.publish(entity.updated("ticket", created.entity_id, { ...created.data, status: "closed" }));
  bus.publish(event);
  bus.subscribe(({ event }) => void bus.publish(event));
}

// A constructor's event says what it is, and is an event like any other.
export function constructed() {
  const created = entity.created("order", { total: 1 });
  const total: number = created.data.total;
  const type: "order" = created.entity_type;
  const rated = link.updated("rated", id, id, id, { stars: 5 });
  const stars: number | undefined = rated.metadata?.stars;
  const gone: { action: "deleted"; link_type: "rated" } = link.deleted("rated", id, id, id);
  const events: FrameworkEvent[] = [created, rated, gone as LinkEvent, entity.deleted("order", id)];
  const orders: EntityEvent<{ total: number }>[] = [created, entity.deleted("order", id)];
  const envelope: EventEnvelope = { id, timestamp: "2026-01-01T00:00:00Z", event: created };
  return [total, type, stars, events, orders, envelope];
}

// Without a schema nothing changes.
export function unchecked(bus: Bus, event: FrameworkEvent, type: string, data: Json) {
  bus.publish(event);
  bus.publish(entity.created(type, data));
  bus.publish(link.created(type, id, id, data));
  bus.publish({ kind: "entity", action: "created", entity_type: type, entity_id: id, data });
  const events: FrameworkEvent[] = [event];
  bus.publishAll(events);
}
