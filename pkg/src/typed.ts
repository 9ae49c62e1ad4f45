import type { EntityEvent, EventEnvelope, Filter, FrameworkEvent, Json, LinkEvent, Schema } from "./types.js";

/** `F`, with every field that `Filter` doesn't have an error: inference alone would let a misspelt one pass. */
export type ExactFilter<F> = F & Record<Exclude<keyof F, keyof Filter>, never>;

/**
 * What a filter literal lets through, given what the application declared. Without a declared schema, and for a filter
 * whose fields aren't known to the compiler, it is every envelope.
 */
export type EnvelopeFor<S extends Schema, F> = string extends keyof S["entities"]
  ? EventEnvelope
  : EventEnvelope<OfAction<OfType<S, F>, F>>;

type OfType<S extends Schema, F> = F extends { readonly entity_type: infer T extends string | readonly string[] }
  ? EntityOf<S["entities"], Each<T>>
  : F extends { readonly link_type: infer T extends string | readonly string[] }
    ? LinkOf<S["links"], Each<T>>
    : F extends { readonly kind: "entity" }
      ? EntityEvent
      : F extends { readonly kind: "link" }
        ? LinkEvent
        : FrameworkEvent;

/** Leaves out the events that have no such action: `created` and `updated` have a payload, `deleted` has none. */
type OfAction<E, F> = F extends { readonly event_type: infer A extends string | readonly string[] }
  ? E extends { action: infer Own }
    ? [Extract<Own, Each<A>>] extends [never]
      ? never
      : E
    : never
  : E;

/** Each type is told apart by its name. One that isn't declared, or a prefix such as `order_*`, may carry any JSON. */
type EntityOf<M, T> = T extends keyof M ? EntityEvent<Extract<M[T], Json>> & { entity_type: T } : EntityEvent;
type LinkOf<M, T> = T extends keyof M ? LinkEvent<Extract<M[T], Json>> & { link_type: T } : LinkEvent;

type Each<T> = T extends readonly (infer U)[] ? U : T;
