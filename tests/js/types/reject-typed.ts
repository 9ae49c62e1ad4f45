// Every statement below a @ts-expect-error must fail to compile: the compiler reports those that don't.
import { entity, link, openBus } from "everbus";
import type { Bus, EnvelopeFor, EventOf, FilterFor, FrameworkEvent, Json, Schema } from "everbus";

type Shop = {
  entities: { order: { total: number; lines: string[] }; order_line: { count: number }; customer: { name: string } };
  links: { placed_by: null; rated: { stars: number } };
};
declare const bus: Bus;
declare const typed: Bus<Shop>;
declare const todos: Bus<{ entities: { todo: { text: string } } }>;
declare const id: string;
declare const text: string;
declare const maybe: "order" | "invoice";
declare const optional: { entity_type?: "invoice" };
declare const json: Json;
declare const event: FrameworkEvent;

// Without a schema.
// @ts-expect-error an entity has no source
bus.subscribe({ entity_type: "order" }, ({ event }) => event.source_id);
// @ts-expect-error a link has no entity_id
bus.subscribe({ link_type: "rated" }, ({ event }) => event.entity_id);
// @ts-expect-error a deleted entity has no data
bus.subscribe({ entity_type: "order", event_type: "deleted" }, ({ event }) => event.data);
// @ts-expect-error an entity may have been deleted
bus.subscribe({ entity_type: "order" }, ({ event }) => event.data);
// @ts-expect-error nobody says what is in a payload
bus.subscribe({ entity_type: "order", event_type: "created" }, ({ event }) => event.data.total);
// @ts-expect-error it may be a link
bus.subscribe({ event_type: "created" }, ({ event }) => event.data);
// @ts-expect-error these are orders
bus.subscribe({ entity_type: "order" }, ({ event }) => event.entity_type === "customer");
// @ts-expect-error the prefix doesn't match
bus.subscribe({ entity_type: "order_*" }, ({ event }) => event.entity_type === "customer");
// @ts-expect-error a misspelt field beside others
bus.subscribe({ kind: "entity", entity_typ: "order" }, () => {});
// @ts-expect-error a misspelt field beside others
bus.events({ kind: "entity", entity_typ: "order" });

// In code that is generic over the schema.
export function generic<S extends Schema>(bus: Bus<S>) {
  // @ts-expect-error an entity has no source
  bus.subscribe({ entity_type: "order" }, ({ event }) => event.source_id);
  // @ts-expect-error nobody says what is in a payload
  bus.subscribe({ entity_type: "order", event_type: "created" }, ({ event }) => event.data.total);
  // @ts-expect-error a misspelt field
  bus.subscribe({ kind: "entity", entity_typ: "order" }, () => {});
  // @ts-expect-error nobody says that the schema has orders
  bus.publish(entity.created("order", { total: 1 }));
}

// What hands on a filter or an event hands on what is checked.
declare function onEach<S extends Schema, const F extends FilterFor<S, F>>(bus: Bus<S>, filter: F, handler: (envelope: EnvelopeFor<S, F>) => void): void;
declare function publishOn<S extends Schema>(bus: Bus<S>, event: EventOf<S>): void;
// @ts-expect-error an unknown type
onEach(typed, { entity_type: "invoice" }, () => {});
// @ts-expect-error an order has no such field
onEach(typed, { entity_type: "order", event_type: "created" }, ({ event }) => event.data.totl);
// @ts-expect-error a misspelt field
publishOn(typed, entity.created("order", { totl: 1, lines: [] }));

// A filter names types that are declared.
// @ts-expect-error an unknown type
typed.subscribe({ entity_type: "invoice" }, () => {});
// @ts-expect-error an unknown type among known ones
typed.subscribe({ entity_type: ["order", "invoice"] }, () => {});
// @ts-expect-error an unknown type in what is readonly
typed.subscribe({ entity_type: ["order", "invoice"] } as const, () => {});
// @ts-expect-error an unknown type of links
typed.subscribe({ link_type: "likes" }, () => {});
// @ts-expect-error an entity's type is no link's
typed.subscribe({ link_type: "order" }, () => {});
// @ts-expect-error an unknown type
typed.events({ entity_type: "invoice" });
// @ts-expect-error an unknown type
typed.log.read({ filter: { entity_type: "invoice" } });
// @ts-expect-error an unknown type
typed.log.subscribe("c", "latest", { filter: { link_type: ["rated", "likes"] } });
// @ts-expect-error a type that may be unknown
typed.subscribe({ entity_type: maybe }, () => {});
// @ts-expect-error a type that may be absent is unknown all the same
typed.subscribe(optional, () => {});
// @ts-expect-error a schema without links has none
todos.subscribe({ link_type: "rated" }, () => {});

// What is let through is what is declared.
// @ts-expect-error an order has no such field
typed.subscribe({ entity_type: "order*", event_type: "created" }, ({ event }) => event.data.total);
// @ts-expect-error the prefix leaves customers out
typed.subscribe({ entity_type: "order*" }, ({ event }) => event.entity_type === "customer");
// @ts-expect-error which type it is hasn't been asked
typed.subscribe({ kind: "entity", event_type: "created" }, ({ event }) => event.data.total);
// @ts-expect-error a customer has no total
typed.subscribe(({ event }) => event.kind === "entity" && event.entity_type === "customer" && event.action === "created" && event.data.total);
// @ts-expect-error no such type
typed.subscribe(({ event }) => event.kind === "entity" && event.entity_type === "invoice");
// @ts-expect-error there are no links
todos.subscribe(({ event }) => event.source_id);

// Only what is committed has a number for certain.
// @ts-expect-error a bus without a log gives none
typed.subscribe(({ seq_no }) => seq_no satisfies number);
// @ts-expect-error immediate delivery gives none
typed.subscribe({ entity_type: "order" }, ({ seq_no }) => seq_no satisfies number, { deliver: "immediate" });
// @ts-expect-error immediate delivery gives none
for await (const { seq_no } of typed.events({}, { deliver: "immediate" })) seq_no satisfies number;

// Publishing is checked against the schema: by the constructors,
// @ts-expect-error an unknown type
typed.publish(entity.created("invoice", { total: 1 }));
// @ts-expect-error a misspelt field
typed.publish(entity.created("order", { totl: 1, lines: [] }));
// @ts-expect-error a field is missing
typed.publish(entity.created("order", { total: 1 }));
// @ts-expect-error a field of another type
typed.publish(entity.updated("order", id, { total: "1", lines: [] }));
// @ts-expect-error the payload of another type
typed.publish(entity.created("customer", { total: 1, lines: [] }));
// @ts-expect-error an unknown type, also of what is gone
typed.publish(entity.deleted("invoice", id));
// @ts-expect-error some type
typed.publish(entity.created(text, { name: "Ann" }));
// @ts-expect-error some payload
typed.publish(entity.created("customer", json));
// @ts-expect-error a link's type is no entity's
typed.publish(entity.created("rated", { stars: 5 }));
// @ts-expect-error an unknown link
typed.publish(link.created("likes", id, id));
// @ts-expect-error wrong metadata
typed.publish(link.created("rated", id, id, { star: 5 }));
// @ts-expect-error metadata where there is none
typed.publish(link.created("placed_by", id, id, { stars: 5 }));
// @ts-expect-error metadata of another type
typed.publish(link.updated("rated", id, id, id, { stars: "5" }));
// @ts-expect-error an unknown link, also of what is gone
typed.publish(link.deleted("likes", id, id, id));
// @ts-expect-error a schema without links has none
todos.publish(link.created("rated", id, id));
// @ts-expect-error one wrong event among others
typed.publishAll([entity.created("customer", { name: "Ann" }), entity.created("order", { total: 1 })]);
const made = entity.created("order", { totl: 1, lines: [] });
// @ts-expect-error a misspelt field, some lines before
typed.publish(made);

// and as plain objects,
// @ts-expect-error an unknown type
typed.publish({ kind: "entity", action: "created", entity_type: "invoice", entity_id: id, data: { total: 1, lines: [] } });
// @ts-expect-error a misspelt field
typed.publish({ kind: "entity", action: "created", entity_type: "order", entity_id: id, data: { totl: 1, lines: [] } });
// @ts-expect-error a field that isn't declared
typed.publish({ kind: "entity", action: "created", entity_type: "customer", entity_id: id, data: { name: "Ann", age: 1 } });
// @ts-expect-error an unknown type, also of what is gone
typed.publish({ kind: "entity", action: "deleted", entity_type: "invoice", entity_id: id });
// @ts-expect-error wrong metadata
typed.publish({ kind: "link", action: "created", link_type: "rated", link_id: id, source_id: id, target_id: id, metadata: { stars: "5" } });
// @ts-expect-error an unknown link
typed.publish({ kind: "link", action: "deleted", link_type: "likes", link_id: id, source_id: id, target_id: id });
// @ts-expect-error one wrong event among others
typed.publishAll([{ kind: "entity", action: "deleted", entity_type: "order", entity_id: id }, { kind: "entity", action: "deleted", entity_type: "invoice", entity_id: id }]);
// @ts-expect-error any event may be one that isn't declared
typed.publish(event);
// @ts-expect-error an event of another schema
export const other: EventOf<Shop> = entity.created("todo", { text: "milk" });

// @ts-expect-error a payload is JSON
openBus<{ entities: { order: Date } }>("a");
// @ts-expect-error a schema has nothing else
openBus<{ entites: { order: null } }>("a");
// @ts-expect-error metadata is JSON
openBus<{ links: { rated: bigint } }>("a");
// @ts-expect-error a date is no JSON, frozen or not
entity.created("order", { at: new Date() } as const);
