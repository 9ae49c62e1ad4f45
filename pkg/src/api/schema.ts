import type { EntityEvent, Json, LinkEvent, ReadonlyJson } from "./event.js";

/**
 * What an application declares to get typed events. Declare payloads with `type`: an `interface` is no `Json`. What is
 * published is checked against it, and filters name its types. What is read is typed by the filter, or by asking for
 * `event.entity_type`; nobody compares that with what an earlier version has stored. `Bus<Shop>` serves where any `Bus`
 * does, and what is published through that isn't checked.
 *
 * @example
 * type Shop = {
 *   entities: { order: { total: number }; customer: { name: string } };
 *   links: { placed_by: null };
 * };
 * const bus = await openBus<Shop>("shop");
 * bus.subscribe({ entity_type: "order", event_type: "created" }, ({ event }) => show(event.data.total));
 */
export interface Schema {
  /** The payload of each entity type. */
  entities?: { [entityType: string]: ReadonlyJson };
  /** The metadata of each link type. */
  links?: { [linkType: string]: ReadonlyJson };
}

/**
 * The events that a schema allows: what `publish` takes. Without a schema, every event.
 *
 * @example
 * const events: EventOf<Shop>[] = [entity.created("order", { total: 42 }), entity.deleted("customer", id)];
 */
export type EventOf<S extends Schema> = Publishable<S>;

/** What `publish` takes: each declared type with its payload, which may be `readonly`. */
export type Publishable<S extends Schema> = S extends infer I extends Schema
  ? EntityOf<Entities<I>> | LinkOf<Links<I>>
  : never;
// The name comes first, so that the compiler complains of a wrong one before it complains of the payload.
type EntityOf<M> = { [T in Names<M>]: Named<"entity_type", T> & EntityEvent<Frozen<M[T]>> }[Names<M>];
type LinkOf<M> = { [T in Names<M>]: Named<"link_type", T> & LinkEvent<Frozen<M[T]>> }[Names<M>];
type Frozen<P> = Json extends P ? ReadonlyJson : Extract<DeepReadonly<P>, ReadonlyJson>;
type DeepReadonly<P> = { readonly [K in keyof P]: DeepReadonly<P[K]> };

/** What is declared: the types by their names, and what an event of one of them has. */
export type Entities<S extends Schema> = NonNullable<S["entities"]>;
export type Links<S extends Schema> = NonNullable<S["links"]>;
export type Names<M> = keyof M & string;
export type Named<Field extends string, T extends string> = string extends T ? unknown : { [K in Field]: T };

/** `ReadonlyJson` of these scalars. Inferring them keeps literals: `{ status: "open" }` has no `string`. */
export type JsonOf<V extends Scalar> = V | readonly JsonOf<V>[] | { readonly [key: string]: JsonOf<V> };
export type Scalar = null | boolean | number | string;
