import { now } from "./clock.js";
import { CREATED, DELETED, LINK, UPDATED, makeEvent, readEvent, snapshot } from "./entry.js";
import type { EntityEvent, FrameworkEvent, Json, LinkEvent, Uuid } from "./types.js";
import { uuidV7 } from "./uuid.js";

/**
 * Makes entity events. A wrong argument throws `invalid_event`.
 *
 * @example
 * const created = entity.created("order", { total: 42 });
 * bus.publish(created);
 * bus.publish(entity.updated("order", created.entity_id, { total: 43 }));
 * bus.publish(entity.deleted("order", created.entity_id));
 */
export const entity: {
  /** The entity came into being. Without `entityId` it gets a fresh UUID v7. */
  created(entityType: string, data: Json, entityId?: Uuid): EntityEvent;
  /** The entity changed. */
  updated(entityType: string, entityId: Uuid, data: Json): EntityEvent;
  /** The entity is gone. */
  deleted(entityType: string, entityId: Uuid): EntityEvent;
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
  /** The link came into being. Without `metadata` it carries null; without `linkId` it gets a fresh UUID v7. */
  created(linkType: string, sourceId: Uuid, targetId: Uuid, metadata?: Json, linkId?: Uuid): LinkEvent;
  /** The link's metadata changed. */
  updated(linkType: string, linkId: Uuid, sourceId: Uuid, targetId: Uuid, metadata: Json): LinkEvent;
  /** The link is gone. */
  deleted(linkType: string, linkId: Uuid, sourceId: Uuid, targetId: Uuid): LinkEvent;
} = {
  created: (linkType, sourceId, targetId, metadata = null, linkId = freshId()) =>
    linkEvent(CREATED, linkType, linkId, sourceId, targetId, metadata),
  updated: (linkType, linkId, sourceId, targetId, metadata) =>
    linkEvent(UPDATED, linkType, linkId, sourceId, targetId, metadata),
  deleted: (linkType, linkId, sourceId, targetId) => linkEvent(DELETED, linkType, linkId, sourceId, targetId, null),
};

function freshId(): Uuid {
  return uuidV7(now());
}

function entityEvent(shape: number, type: string, id: Uuid, data: Json): EntityEvent {
  return checked(makeEvent(shape, type, id, "", "", data)) as EntityEvent;
}

function linkEvent(shape: number, type: string, id: Uuid, source: Uuid, target: Uuid, metadata: Json): LinkEvent {
  return checked(makeEvent(LINK + shape, type, id, source, target, metadata)) as LinkEvent;
}

/** The checks of `publish`, made where the wrong argument is. The event keeps the caller's payload, not a copy. */
function checked(event: FrameworkEvent): FrameworkEvent {
  const entry = readEvent(event);
  const { payload } = entry;
  snapshot(entry);
  return makeEvent(entry.shape, entry.type, entry.subject, entry.source, entry.target, payload as Json);
}
