import type { EventEnvelope, Logged } from "./envelope.js";
import type { EntityEvent, Json, LinkEvent, ReadonlyJson } from "./event.js";
import type { Filter } from "./filter.js";
import type { Entities, Links, Named, Names, Schema } from "./schema.js";

/**
 * What a filter of the type `F` has to be: without types that the schema doesn't declare, and without fields that
 * `Filter` doesn't have. A library asks for it to hand a filter on, and gives `EnvelopeFor<S, F>`.
 *
 * @example
 * function onEach<S extends Schema, const F extends FilterFor<S, F>>(
 *   bus: Bus<S>,
 *   filter: F,
 *   handler: (envelope: EnvelopeFor<S, F>) => void,
 * ) {
 *   return bus.subscribe(filter, handler);
 * }
 */
export type FilterFor<S extends Schema, F> = Exact<F> & Declared<Entities<S>, Links<S>, F>;

/** Inference alone would let a misspelt field pass. One that may be absent is the application's own, no literal's. */
type Exact<F> = Record<Exclude<RequiredKeys<F>, keyof Filter>, never>;
type RequiredKeys<F> = { [K in keyof F]-?: {} extends Pick<F, K> ? never : K }[keyof F];

// This way round a generic schema passes: the compiler sees that with `any` in its place nothing is undeclared.
type Declared<E, L, F> = unknown extends
  | Undeclared<E, TypesIn<F, "entity_type">>
  | Undeclared<L, TypesIn<F, "link_type">>
  ? DeclaredFilter<keyof E & string, keyof L & string>
  : Filter;
type Undeclared<M, T> = T extends `${string}*` ? never : string extends T ? never : T extends keyof M ? never : unknown;
type TypesIn<F, Field extends string> = F extends { readonly [K in Field]?: infer T } ? Each<T> : never;
interface DeclaredFilter<E, L> extends Omit<Filter, "entity_type" | "link_type"> {
  entity_type?: E | readonly E[];
  link_type?: L | readonly L[];
}

/** What a filter has to be of which the compiler knows nothing. */
export type UnknownFilter<F> = F & (Filter extends F ? ("entity_type" extends keyof F ? unknown : never) : never);

/**
 * What a filter of the type `F` lets through, given what the application declared. Without a declared schema payloads
 * are any JSON, and so they are for code that is generic over it.
 */
export type EnvelopeFor<S extends Schema, F = {}> = EventEnvelope<EventFor<S, F>>;

/** The same with its number, unless delivery may be immediate. */
export type DeliveredFor<S extends Schema, F, D> = "immediate" extends D
  ? EnvelopeFor<S, F>
  : Logged<EnvelopeFor<S, F>>;

// That it is inferred tells the compiler that buses relate as their schemas do.
type EventFor<S extends Schema, F> = S extends infer I extends Schema ? Matching<Entities<I>, Links<I>, F> : never;

type Matching<E, L, F> = F extends { readonly entity_type: infer T extends string | readonly string[] }
  ? { [K in NamesFor<E, Each<T>>]: EntityFor<E, K, F> }[NamesFor<E, Each<T>>]
  : F extends { readonly link_type: infer T extends string | readonly string[] }
    ? { [K in NamesFor<L, Each<T>>]: LinkFor<L, K, F> }[NamesFor<L, Each<T>>]
    : F extends { readonly kind: "entity" }
      ? { [K in Names<E>]: EntityFor<E, K, F> }[Names<E>]
      : F extends { readonly kind: "link" }
        ? { [K in Names<L>]: LinkFor<L, K, F> }[Names<L>]
        : { [K in Names<E>]: EntityFor<E, K, F> }[Names<E>] | { [K in Names<L>]: LinkFor<L, K, F> }[Names<L>];

/** Each type is told apart by its name. */
type EntityFor<M, K extends string, F> = OfAction<EntityEvent<Payload<M, K>> & Named<"entity_type", K>, F>;
type LinkFor<M, K extends string, F> = OfAction<LinkEvent<Payload<M, K>> & Named<"link_type", K>, F>;
type Payload<M, T> = T extends keyof M ? (Json extends M[T] ? Json : Extract<M[T], ReadonlyJson>) : Json;

/** Leaves out the events that have no such action: `created` and `updated` have a payload, `deleted` has none. */
type OfAction<E, F> = F extends { readonly event_type: infer A extends string | readonly string[] }
  ? E extends { action: infer Own }
    ? [Extract<Own, Each<A>>] extends [never]
      ? never
      : E
    : never
  : E;

/** The declared types that a filter's type matches. A prefix that matches none may match what others publish. */
type NamesFor<M, T extends string> = T extends `${infer Prefix}*`
  ? [Extract<keyof M, `${Prefix}${string}`>] extends [never]
    ? `${Prefix}${string}`
    : Extract<keyof M, `${Prefix}${string}`>
  : string extends T
    ? Names<M>
    : T;

type Each<T> = T extends readonly (infer U)[] ? U : T;
