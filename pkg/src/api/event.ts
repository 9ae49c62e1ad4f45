/** What JSON can say: the payloads of events are made of it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** JSON that may be `readonly`, as `as const` makes it: what is published is taken so. */
export type ReadonlyJson =
  | null
  | boolean
  | number
  | string
  | readonly ReadonlyJson[]
  | { readonly [key: string]: ReadonlyJson };

/** A UUID in its RFC 9562 text form. Upper case is accepted; what everbus delivers is lower case. */
export type Uuid = string;

/** A position in a log: 1, 2, 3 … up to 2^53 − 1, without gaps. Always a `number`, never a `bigint`. */
export type SeqNo = number;

/** Something happened to an entity: an order was created, updated or deleted. `T` is its payload. */
export type EntityEvent<T extends ReadonlyJson = Json> =
  | { kind: "entity"; action: "created" | "updated"; entity_type: string; entity_id: Uuid; data: T }
  | { kind: "entity"; action: "deleted"; entity_type: string; entity_id: Uuid };

/** Something happened to a link between two entities. `M` is its metadata; none is `null`. */
export type LinkEvent<M extends ReadonlyJson = Json> =
  | {
      kind: "link";
      action: "created" | "updated";
      link_type: string;
      link_id: Uuid;
      source_id: Uuid;
      target_id: Uuid;
      metadata: M | null;
    }
  | { kind: "link"; action: "deleted"; link_type: string; link_id: Uuid; source_id: Uuid; target_id: Uuid };

/** Every event there is. Its JSON is the wire format. */
export type FrameworkEvent = EntityEvent | LinkEvent;
