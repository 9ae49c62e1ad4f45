// Every statement below a @ts-expect-error must fail to compile: the compiler reports those that don't.
import { EverbusError, deleteBus, entity, link, openBus } from "everbus";
import * as everbus from "everbus";
import type { Bus, EntityEvent, EventEnvelope, EventLog, Filter, FrameworkEvent, LinkEvent, Receipt } from "everbus";
import { useWasm } from "everbus/slim";

type Shop = { entities: { order: { total: number }; customer: { name: string } }; links: { rated: { stars: number } } };
declare const bus: Bus;
declare const typed: Bus<Shop>;
declare const log: EventLog;
declare const id: string;
declare const envelope: EventEnvelope;
declare const receipt: Receipt;
declare const date: Date;

// @ts-expect-error a name is needed
openBus();
// @ts-expect-error a name is text
openBus(1);
// @ts-expect-error an unknown log
openBus("a", { log: "sqlite" });
// @ts-expect-error a misspelt option
openBus("a", { capcity: 5 });
// @ts-expect-error a capacity is a number
openBus("a", { capacity: "5" });
// @ts-expect-error an unknown durability
openBus("a", { durability: "paranoid" });
// @ts-expect-error an unknown limit
openBus("a", { retention: { maxDays: 1 } });
// @ts-expect-error a queue has no age
openBus("a", { queue: { maxAgeMs: 1 } });
// @ts-expect-error onError is a function
openBus("a", { onError: "console" });
// @ts-expect-error a schema has entities and links
openBus<{ orders: number }>("a");
// @ts-expect-error a payload is JSON
openBus<{ entities: { order: Date }; links: {} }>("a");
// @ts-expect-error a name is needed
deleteBus();

// @ts-expect-error data is needed
entity.created("order");
// @ts-expect-error the id comes before the data
entity.updated("order", { total: 1 }, id);
// @ts-expect-error a date is no JSON
entity.created("order", date);
// @ts-expect-error a bigint is no JSON
entity.created("order", 1n);
// @ts-expect-error undefined is no JSON
entity.created("order", undefined);
// @ts-expect-error a function is no JSON
entity.created("order", () => 1);
// @ts-expect-error the id is needed
entity.deleted("order");
// @ts-expect-error the target is needed
link.created("rated", id);
// @ts-expect-error the metadata is needed
link.updated("rated", id, id, id);
// @ts-expect-error the link's ends are needed
link.deleted("rated", id);

// @ts-expect-error no event
bus.publish();
// @ts-expect-error text is no event
bus.publish("created");
// @ts-expect-error an unknown kind
bus.publish({ kind: "node", action: "created", entity_type: "a", entity_id: id, data: 1 });
// @ts-expect-error an unknown action
bus.publish({ kind: "entity", action: "purged", entity_type: "a", entity_id: id, data: 1 });
// @ts-expect-error data is missing
bus.publish({ kind: "entity", action: "created", entity_type: "a", entity_id: id });
// @ts-expect-error the id is missing
bus.publish({ kind: "entity", action: "deleted", entity_type: "a" });
// @ts-expect-error the target is missing
bus.publish({ kind: "link", action: "created", link_type: "a", link_id: id, source_id: id, metadata: null });
// @ts-expect-error an entity has no link_type
bus.publish({ kind: "entity", action: "created", link_type: "a", entity_id: id, data: 1 });
// @ts-expect-error numbers are numbers, never bigints
bus.publish(entity.deleted("a", id), { expectedLastSeqNo: 1n });
// @ts-expect-error meta is an object
bus.publish(entity.deleted("a", id), { meta: "ann" });
// @ts-expect-error a misspelt option
bus.publish(entity.deleted("a", id), { expectedLastSeqno: 1 });
// @ts-expect-error many events go by publishAll
bus.publish([entity.deleted("a", id)]);
// @ts-expect-error one event goes by publish
bus.publishAll(entity.deleted("a", id));
// @ts-expect-error a receipt is no promise: its committed is
receipt.then(() => {});
// @ts-expect-error without a log there is no number
export const certain: Promise<number> = receipt.committed;
// @ts-expect-error a number is no text
export const text: Promise<string | undefined> = receipt.committed;

// @ts-expect-error a handler is needed
bus.subscribe();
// @ts-expect-error a handler is needed with a filter, too
bus.subscribe({ kind: "entity" });
// @ts-expect-error a handler is a function
bus.subscribe({ kind: "entity" }, "handler");
// @ts-expect-error a handler gets envelopes
bus.subscribe((seqNo: number) => console.log(seqNo));
// @ts-expect-error a misspelt field
bus.subscribe({ entity_typ: "order" }, () => {});
// @ts-expect-error fields are written in snake_case
bus.subscribe({ entityType: "order" }, () => {});
// @ts-expect-error an unknown kind
bus.subscribe({ kind: "node" }, () => {});
// @ts-expect-error kind is one, not many
bus.subscribe({ kind: ["entity"] }, () => {});
// @ts-expect-error an unknown action
bus.subscribe({ event_type: "purged" }, () => {});
// @ts-expect-error an unknown action among known ones
bus.subscribe({ event_type: ["created", "purged"] }, () => {});
// @ts-expect-error a type is text
bus.subscribe({ entity_type: 1 }, () => {});
// @ts-expect-error a pattern is text
bus.subscribe({ entity_type: /order/ }, () => {});
// @ts-expect-error an unknown deliver
bus.subscribe(() => {}, { deliver: "eventually" });
// @ts-expect-error a misspelt option
bus.subscribe(() => {}, { delivery: "immediate" });
// @ts-expect-error unsubscribing gives nothing
bus.subscribe(() => {}).unsubscribe();
// @ts-expect-error a misspelt field
bus.events({ entity_typ: "order" });
// @ts-expect-error events() are asynchronous
for (const each of bus.events()) console.log(each);
// @ts-expect-error a misspelt field of a filter
export const misspelt: Filter = { entity_typ: "order" };

// @ts-expect-error seq_no may be absent
export const numbered: number = envelope.seq_no;
// @ts-expect-error a number is never a bigint
export const big: bigint | undefined = envelope.seq_no;
// @ts-expect-error only entity events have data
envelope.event.data;
// @ts-expect-error a deleted entity has no data
if (envelope.event.kind === "entity") envelope.event.data;
// @ts-expect-error a link has no entity_type
if (envelope.event.kind === "link") envelope.event.entity_type;
// @ts-expect-error an unknown kind
if (envelope.event.kind === "node") console.log(envelope);

// @ts-expect-error the name is fixed
bus.name = "other";
// @ts-expect-error closing is a call
bus.closed = true;
// @ts-expect-error the log is fixed
bus.log = log;
// @ts-expect-error envelopes come in an array
log.append(envelope);
// @ts-expect-error events alone are no envelopes
log.append([entity.deleted("a", id)]);
// @ts-expect-error a misspelt option
log.read({ form: 3 });
// @ts-expect-error a misspelt field in a filter
log.read({ filter: { entity_typ: "order" } });
// @ts-expect-error a number is never a bigint
log.read({ from: 1n });
// @ts-expect-error a consumer has a name
log.subscribe();
// @ts-expect-error an unknown position
log.subscribe("c", "end");
// @ts-expect-error a position is no bare number
log.subscribe("c", 5);
// @ts-expect-error positions of the wire are no positions here
log.subscribe("c", { Sequence: 5 });
// @ts-expect-error an unknown onTrimmed
log.subscribe("c", "latest", { onTrimmed: "ignore" });
// @ts-expect-error a misspelt field in a filter
log.subscribe("c", "latest", { filter: { entity_typ: "order" } });
// @ts-expect-error a number is needed
log.ack("c");
// @ts-expect-error a number is no text
log.ack("c", "5");
// @ts-expect-error a position is needed
log.seek("c");
// @ts-expect-error nobody makes errors of a made-up code
export const made: EverbusError["code"] = "oops";

// @ts-expect-error an order has no such field
typed.subscribe({ entity_type: "order", event_type: "created" }, ({ event }) => event.data.totl);
// @ts-expect-error an order's total is a number
typed.subscribe({ entity_type: "order", event_type: "created" }, ({ event }) => event.data.total.trim());
// @ts-expect-error an order may have been deleted
typed.subscribe({ entity_type: "order" }, ({ event }) => event.data.total);
// @ts-expect-error what was deleted has no data
typed.subscribe({ entity_type: "order", event_type: "deleted" }, ({ event }) => event.data);
// @ts-expect-error a misspelt field
typed.subscribe({ entity_typ: "order" }, () => {});
// @ts-expect-error a customer has no total
typed.subscribe({ entity_type: ["order", "customer"], event_type: "created" }, ({ event }) => event.data.total);
// @ts-expect-error a link may be without metadata
typed.subscribe({ link_type: "rated", event_type: "created" }, ({ event }) => event.metadata.stars);
// @ts-expect-error a payload of a type that isn't declared may be any JSON
typed.subscribe({ entity_type: "invoice", event_type: "created" }, ({ event }) => event.data.total);
// @ts-expect-error a handler of customers isn't given orders
typed.subscribe({ entity_type: "order" }, (envelope: EventEnvelope<EntityEvent<{ name: string }>>) => envelope.id);
// @ts-expect-error a handler of links isn't given entities
typed.subscribe({ entity_type: "order" }, (envelope: EventEnvelope<LinkEvent>) => envelope.id);
// @ts-expect-error a handler of numbers isn't given envelopes
typed.subscribe({ entity_type: "order" }, (seqNo: number) => seqNo);
// @ts-expect-error an order has no such field
typed.events({ entity_type: "order", event_type: "created" }).next().then(({ value }: IteratorYieldResult<EventEnvelope<EntityEvent<{ totl: number }>>>) => value);
// @ts-expect-error a page of orders isn't one of customers
typed.log.read({ filter: { entity_type: "order" } }).then((page: EventEnvelope<EntityEvent<{ name: string }>>[]) => page);
// @ts-expect-error a bus of one schema isn't one of another
export const other: Bus<{ entities: { order: { name: string } }; links: {} }> = typed;

// @ts-expect-error the default entry has its WebAssembly inside
everbus.useWasm("everbus.wasm");
// @ts-expect-error a source is needed
useWasm();
// @ts-expect-error nothing is no source
useWasm(undefined);
export const events: FrameworkEvent[] = [];
