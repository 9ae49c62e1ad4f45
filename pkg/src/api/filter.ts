import type { Uuid } from "./event.js";

/** One value, or an array of which any matches. */
export type OneOrMany<T> = T | T[];

/**
 * Which events are wanted. Every given field must match (AND); an array means any of its values; a trailing `*` in a
 * type matches by prefix. An unknown field or a value of the wrong type throws `invalid_filter`: a misspelt filter
 * never means "everything".
 *
 * @example
 * const filter: Filter = { entity_type: ["order", "invoice_*"], event_type: "created" };
 */
export interface Filter {
  /** Entities or links. */
  kind?: "entity" | "link";
  /** What happened to it. */
  event_type?: OneOrMany<"created" | "updated" | "deleted"> | readonly ("created" | "updated" | "deleted")[];
  /** Never matches a link event. */
  entity_type?: OneOrMany<string> | readonly string[];
  /** An entity's id, or a link's own id. */
  entity_id?: OneOrMany<Uuid> | readonly Uuid[];
  /** Never matches an entity event. */
  link_type?: OneOrMany<string> | readonly string[];
  /** Where a link starts. */
  source_id?: OneOrMany<Uuid> | readonly Uuid[];
  /** Where a link ends. */
  target_id?: OneOrMany<Uuid> | readonly Uuid[];
  /** An entity by its id, a link by its source or target. */
  touches?: OneOrMany<Uuid> | readonly Uuid[];
}
