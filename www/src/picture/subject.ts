/** Says of an event what it did, and whom it concerns. */
import type { FrameworkEvent, Json, Uuid } from "everbus";
import type { Airport, Atlas } from "./state.ts";

/** "entity airport created" */
export function whatIs(event: FrameworkEvent): string {
  return `${event.kind} ${event.kind === "entity" ? event.entity_type : event.link_type} ${event.action}`;
}

/** "ORD Chicago O'Hare International", "ORD → ATL": from the event itself, else from the picture as it is now. */
export function whomItConcerns(event: FrameworkEvent, atlas: Atlas): string {
  if (event.kind === "link") {
    const [from, to] = [event.source_id, event.target_id].map((id) => atlas.airports.get(id)?.code ?? shorten(id));
    return `${from} → ${to}`;
  }
  const data = event.action === "deleted" ? undefined : event.data;
  const known = atlas.airports.get(event.entity_id);
  const words = [text(data, "code") ?? known?.code ?? shorten(event.entity_id), text(data, "name") ?? known?.name ?? ""];
  return words.join(" ").trim();
}

/** The airport to show for an event: the one that it is about, or an end of its link. */
export function airportOf(event: FrameworkEvent, atlas: Atlas): Airport | undefined {
  if (event.kind === "entity") return atlas.airports.get(event.entity_id);
  return atlas.airports.get(event.source_id) ?? atlas.airports.get(event.target_id);
}

/** "…8f3a01": the last digits of an id, as the first ones are a time that many share. */
function shorten(id: Uuid): string {
  return `…${id.slice(-6)}`;
}

function text(data: Json | undefined, name: string): string | undefined {
  if (data === undefined || data === null || typeof data !== "object" || Array.isArray(data)) return undefined;
  const value = data[name];
  return typeof value === "string" ? value : undefined;
}
