/** What an event of an airport's history says, in a few words. */
import type { EntityEvent, EventEnvelope, Json, LinkEvent, Uuid } from "everbus";
import { formatPlace } from "./place-text.ts";
import { AIRPORT, FLIGHT, ROUTE, type Atlas } from "../picture/state.ts";

/** Describes an event of an airport; `older` are those before it, the newest first. */
export function describeEvent({ event }: EventEnvelope, airport: Uuid, older: EventEnvelope[], atlas: Atlas): string {
  if (event.kind === "link") return describeLink(event, airport, atlas);
  const before = older.find(({ event: it }) => it.kind === "entity" && it.entity_id === event.entity_id)?.event;
  return event.entity_type === AIRPORT ? describeAirport(event, before?.kind === "entity" ? before : undefined) : `${event.entity_type} ${event.action}`;
}

function describeAirport(event: EntityEvent, before: EntityEvent | undefined): string {
  if (event.action !== "updated") return `Airport ${event.action}`;
  if (before === undefined || before.action === "deleted") return "Airport updated";
  const [was, is] = [fields(before.data), fields(event.data)];
  const changes: string[] = [];
  if (was.name !== is.name) changes.push(`renamed to ${String(is.name)}`);
  if (was.latitude !== is.latitude || was.longitude !== is.longitude) {
    changes.push(`moved to ${formatPlace(Number(is.latitude), Number(is.longitude))}`);
  }
  return capitalize(changes.join(", ") || "airport updated");
}

function describeLink(event: LinkEvent, airport: Uuid, { airports }: Atlas): string {
  const leaves = event.source_id === airport;
  const other = airports.get(leaves ? event.target_id : event.source_id)?.code ?? "a deleted airport";
  const what = capitalize(`${event.link_type} ${leaves ? "to" : "from"} ${other}`);
  if (event.link_type === FLIGHT) return `${what} ${event.action === "created" ? "departed" : "landed"}`;
  return event.link_type === ROUTE && event.action === "deleted" ? `${what} cut` : `${what} ${event.action}`;
}

function fields(data: Json): { [key: string]: Json } {
  return data !== null && typeof data === "object" && !Array.isArray(data) ? data : {};
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
