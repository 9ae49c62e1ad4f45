import type { EntityEvent, FrameworkEvent, Json, LinkEvent, ReadonlyJson, Uuid } from "../api/event.js";
import type { JsonOf, Scalar } from "../api/schema.js";
import { platformClock } from "../clock.js";
import { entityId } from "../values/uuid.js";
import { CREATED, DELETED, LINK, makeEvent, readEvent, snapshot, UPDATED } from "./draft.js";

/**
 * Makes entity events, whose own types say what they are, so that `publish` can check them. A wrong argument throws
 * `invalid_event`.
 *
 * @example
 * const created = entity.created("order", { total: 42 });
 * bus.publish(created);
 * bus.publish(entity.updated("order", created.entity_id, { total: 43 }));
 * bus.publish(entity.deleted("order", created.entity_id));
 */
export const entity: {
  /** The entity came into being. Without `entityId` it gets a fresh UUID v7. */
  created<T extends string, D extends JsonOf<V>, V extends Scalar = Scalar>(
    entityType: T,
    data: D,
    entityId?: Uuid,
  ): EntityEvent<D> & { action: "created"; entity_type: T };
  /** The entity changed. */
  updated<T extends string, D extends JsonOf<V>, V extends Scalar = Scalar>(
    entityType: T,
    entityId: Uuid,
    data: D,
  ): EntityEvent<D> & { action: "updated"; entity_type: T };
  /** The entity is gone. */
  deleted<T extends string>(entityType: T, entityId: Uuid): EntityEvent & { action: "deleted"; entity_type: T };
} = {
  created: (entityType, data, entityId = freshId()) => entityEvent(CREATED, entityType, entityId, data),
  updated: (entityType, entityId, data) => entityEvent(UPDATED, entityType, entityId, data),
  deleted: (entityType, entityId) => entityEvent(DELETED, entityType, entityId, null),
};

/**
 * Makes link events: a link goes from one entity, its source, to another, its target. A wrong argument throws
 * `invalid_event`.
 *
 * @example
 * bus.publish(link.created("has_invoice", orderId, invoiceId, { priority: "high" }));
 */
export const link: {
  /** The link came into being, and carries null. Without `linkId` it gets a fresh UUID v7. */
  created<T extends string>(
    linkType: T,
    sourceId: Uuid,
    targetId: Uuid,
    metadata?: null,
    linkId?: Uuid,
  ): LinkEvent<null> & { action: "created"; link_type: T };
  /** The link came into being, and carries `metadata`. Without `linkId` it gets a fresh UUID v7. */
  created<T extends string, M extends JsonOf<V>, V extends Scalar = Scalar>(
    linkType: T,
    sourceId: Uuid,
    targetId: Uuid,
    metadata?: M,
    linkId?: Uuid,
  ): LinkEvent<M> & { action: "created"; link_type: T };
  /** The link's metadata changed. */
  updated<T extends string, M extends JsonOf<V>, V extends Scalar = Scalar>(
    linkType: T,
    linkId: Uuid,
    sourceId: Uuid,
    targetId: Uuid,
    metadata: M,
  ): LinkEvent<M> & { action: "updated"; link_type: T };
  /** The link is gone. */
  deleted<T extends string>(
    linkType: T,
    linkId: Uuid,
    sourceId: Uuid,
    targetId: Uuid,
  ): LinkEvent & { action: "deleted"; link_type: T };
} = {
  created: (linkType: string, sourceId: Uuid, targetId: Uuid, metadata: ReadonlyJson = null, linkId = freshId()) =>
    linkEvent<never>(CREATED, linkType, linkId, sourceId, targetId, metadata),
  updated: (linkType, linkId, sourceId, targetId, metadata) =>
    linkEvent(UPDATED, linkType, linkId, sourceId, targetId, metadata),
  deleted: (linkType, linkId, sourceId, targetId) => linkEvent(DELETED, linkType, linkId, sourceId, targetId, null),
};

function freshId(): Uuid {
  return entityId(platformClock.now());
}

function entityEvent<E extends EntityEvent<ReadonlyJson>>(
  shape: number,
  type: string,
  id: Uuid,
  data: ReadonlyJson,
): E {
  return checked(makeEvent(shape, type, id, "", "", data as Json)) as E;
}

function linkEvent<E extends LinkEvent<ReadonlyJson>>(
  shape: number,
  type: string,
  id: Uuid,
  source: Uuid,
  target: Uuid,
  metadata: ReadonlyJson,
): E {
  return checked(makeEvent(LINK + shape, type, id, source, target, metadata as Json)) as E;
}

/** The checks of `publish`, made where the wrong argument is. The event keeps the caller's payload, not a copy. */
function checked(event: FrameworkEvent): FrameworkEvent {
  const draft = readEvent(event);
  const { payload } = draft;
  snapshot(draft);
  return makeEvent(draft.shape, draft.type, draft.subject, draft.source, draft.target, payload as Json);
}
