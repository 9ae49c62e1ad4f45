/**
 * The picture as a pure fold over the log: the same events in the same order give the same airports and routes, in every
 * tab and after every reload. Nothing else ever changes it.
 *
 * - A code belongs to the first airport that took it; another airport created with it is ignored.
 * - A route has two airports: one whose airport is missing is ignored, and an airport takes its routes along.
 * - Events of other types are counted, and otherwise passed over.
 */
import type { EntityEvent, EventEnvelope, Json, LinkEvent, SeqNo, Uuid } from "everbus";

export const AIRPORT = "airport";
export const ROUTE = "route";

export type AirportData = {
  code: string;
  name: string;
  city: string;
  state: string;
  latitude: number;
  longitude: number;
};
export type Airport = AirportData & { readonly id: Uuid };

export interface Route {
  readonly id: Uuid;
  readonly from: Uuid;
  readonly to: Uuid;
  /** Flights in 2008; 0 for a route drawn by hand. */
  readonly flights: number;
}

type Action = "created" | "updated" | "deleted";

/** What an event did to the picture. */
export type Change =
  | { subject: "airport"; action: Action; airport: Airport }
  | { subject: "route"; action: Action; route: Route };

export class Atlas {
  readonly airports = new Map<Uuid, Airport>();
  readonly routes = new Map<Uuid, Route>();
  /** How many events were applied, and the number of the last one. */
  events = 0;
  lastSeqNo: SeqNo = 0;

  readonly #byCode = new Map<string, Airport>();
  readonly #routesOf = new Map<Uuid, Map<Uuid, Route>>();

  /** Applies the next event; `undefined` if it changes nothing in the picture. */
  apply(envelope: EventEnvelope): Change | undefined {
    this.events += 1;
    this.lastSeqNo = envelope.seq_no ?? this.lastSeqNo;
    const { event } = envelope;
    if (event.kind === "entity") return event.entity_type === AIRPORT ? this.#applyAirport(event) : undefined;
    return event.link_type === ROUTE ? this.#applyRoute(event) : undefined;
  }

  byCode(code: string): Airport | undefined {
    return this.#byCode.get(code);
  }

  /** The routes from and to an airport. */
  routesOf(airport: Uuid): Route[] {
    return [...(this.#routesOf.get(airport)?.values() ?? [])];
  }

  degree(airport: Uuid): number {
    return this.#routesOf.get(airport)?.size ?? 0;
  }

  routeBetween(from: Uuid, to: Uuid): Route | undefined {
    for (const route of this.#routesOf.get(from)?.values() ?? []) if (route.from === from && route.to === to) return route;
    return undefined;
  }

  clear(): void {
    for (const map of [this.airports, this.routes, this.#byCode, this.#routesOf]) map.clear();
    this.events = 0;
    this.lastSeqNo = 0;
  }

  #applyAirport(event: EntityEvent): Change | undefined {
    const before = this.airports.get(event.entity_id);
    if (event.action === "deleted") {
      if (before === undefined) return undefined;
      for (const route of this.routesOf(before.id)) this.#removeRoute(route);
      this.airports.delete(before.id);
      this.#byCode.delete(before.code);
      return { subject: "airport", action: "deleted", airport: before };
    }
    if (!isAirportData(event.data) || (event.action === "updated" && before === undefined)) return undefined;
    const holder = this.#byCode.get(event.data.code);
    if (holder !== undefined && holder.id !== event.entity_id) return undefined;
    const airport: Airport = { ...event.data, id: event.entity_id };
    if (before !== undefined) this.#byCode.delete(before.code);
    this.airports.set(airport.id, airport);
    this.#byCode.set(airport.code, airport);
    return { subject: "airport", action: before === undefined ? "created" : "updated", airport };
  }

  #applyRoute(event: LinkEvent): Change | undefined {
    const before = this.routes.get(event.link_id);
    if (event.action === "deleted") {
      if (before === undefined) return undefined;
      this.#removeRoute(before);
      return { subject: "route", action: "deleted", route: before };
    }
    if (event.action === "updated" && before === undefined) return undefined;
    if (!this.airports.has(event.source_id) || !this.airports.has(event.target_id)) return undefined;
    if (before !== undefined) this.#removeRoute(before);
    const route = { id: event.link_id, from: event.source_id, to: event.target_id, flights: flightsIn(event.metadata) };
    this.routes.set(route.id, route);
    for (const end of [route.from, route.to]) {
      const routes = this.#routesOf.get(end);
      if (routes === undefined) this.#routesOf.set(end, new Map([[route.id, route]]));
      else routes.set(route.id, route);
    }
    return { subject: "route", action: before === undefined ? "created" : "updated", route };
  }

  #removeRoute(route: Route): void {
    this.routes.delete(route.id);
    for (const end of [route.from, route.to]) this.#routesOf.get(end)?.delete(route.id);
  }
}

/** Whether a payload from the log is an airport's: an older page, or a console, may have written anything. */
function isAirportData(data: Json): data is AirportData {
  if (data === null || typeof data !== "object" || Array.isArray(data)) return false;
  const { code, name, city, state, latitude, longitude } = data;
  return [code, name, city, state].every((it) => typeof it === "string") && [latitude, longitude].every(Number.isFinite);
}

function flightsIn(metadata: Json): number {
  if (metadata === null || typeof metadata !== "object" || Array.isArray(metadata)) return 0;
  return typeof metadata.flights === "number" ? metadata.flights : 0;
}
