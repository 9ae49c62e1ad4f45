/**
 * The picture as a pure fold over the log: the same events in the same order give the same airports, routes and flights,
 * in every tab and after every reload. Nothing else ever changes it.
 *
 * - A code belongs to the first airport that took it; another airport created with it is ignored.
 * - A route and a flight have two airports: one whose airport is missing is ignored, and an airport takes them along.
 * - What is in the picture never changes: an update puts another object in its place. So a snapshot is a list of objects.
 * - Events of other types are counted, and otherwise passed over.
 */
import type { EntityEvent, EventEnvelope, Json, LinkEvent, SeqNo, Uuid } from "everbus";
import { Links } from "./links.ts";

export const AIRPORT = "airport";
export const ROUTE = "route";
export const FLIGHT = "flight";

export type AirportData = {
  code: string;
  name: string;
  city: string;
  state: string;
  latitude: number;
  longitude: number;
};
export type Airport = Readonly<AirportData & { id: Uuid }>;

export interface Route {
  readonly id: Uuid;
  readonly from: Uuid;
  readonly to: Uuid;
  /** Flights in 2008; 0 for a route drawn by hand. */
  readonly flights: number;
}

/** A flight in the air: its link is created when it departs, and deleted when it lands. */
export interface Flight {
  readonly id: Uuid;
  readonly from: Uuid;
  readonly to: Uuid;
  /** When its event was published, in milliseconds since the epoch. */
  readonly departed: number;
  /** How long it is in the air, in milliseconds. */
  readonly ms: number;
}

type Action = "created" | "updated" | "deleted";

/** What an event did to the picture. */
export type Change =
  | { subject: "airport"; action: Action; airport: Airport }
  | { subject: "route"; action: Action; route: Route }
  | { subject: "flight"; action: Action; flight: Flight };

/** The picture after an event. */
export interface Snapshot {
  readonly seqNo: SeqNo;
  readonly timestamp: string;
  readonly events: number;
  readonly airports: readonly Airport[];
  readonly routes: readonly Route[];
  readonly flights: readonly Flight[];
}

export class Atlas {
  readonly airports = new Map<Uuid, Airport>();
  readonly routes = new Links<Route>();
  readonly flights = new Links<Flight>();
  /** How many events were applied, and the number of the last one. */
  events = 0;
  lastSeqNo: SeqNo = 0;
  /** When that one was published: RFC 3339, or "" before the first. */
  timestamp = "";

  readonly #byCode = new Map<string, Airport>();

  /** Applies the next event; `undefined` if it changes nothing in the picture. */
  apply(envelope: EventEnvelope): Change | undefined {
    this.events += 1;
    this.lastSeqNo = envelope.seq_no ?? this.lastSeqNo;
    this.timestamp = envelope.timestamp;
    const { event } = envelope;
    if (event.kind === "entity") return event.entity_type === AIRPORT ? this.#applyAirport(event) : undefined;
    if (event.link_type === FLIGHT) return this.#applyFlight(event, envelope.timestamp);
    return event.link_type === ROUTE ? this.#applyRoute(event) : undefined;
  }

  byCode(code: string): Airport | undefined {
    return this.#byCode.get(code);
  }

  snapshot(): Snapshot {
    return {
      seqNo: this.lastSeqNo,
      timestamp: this.timestamp,
      events: this.events,
      airports: [...this.airports.values()],
      routes: [...this.routes.values()],
      flights: [...this.flights.values()],
    };
  }

  restore({ seqNo, timestamp, events, airports, routes, flights }: Snapshot): void {
    this.clear();
    this.lastSeqNo = seqNo;
    this.timestamp = timestamp;
    this.events = events;
    for (const airport of airports) this.#addAirport(airport);
    for (const route of routes) this.routes.add(route);
    for (const flight of flights) this.flights.add(flight);
  }

  clear(): void {
    for (const part of [this.airports, this.routes, this.flights, this.#byCode]) part.clear();
    this.events = 0;
    this.lastSeqNo = 0;
    this.timestamp = "";
  }

  #addAirport(airport: Airport): void {
    this.airports.set(airport.id, airport);
    this.#byCode.set(airport.code, airport);
  }

  #applyAirport(event: EntityEvent): Change | undefined {
    const before = this.airports.get(event.entity_id);
    if (event.action === "deleted") {
      if (before === undefined) return undefined;
      for (const route of this.routes.of(before.id)) this.routes.remove(route);
      for (const flight of this.flights.of(before.id)) this.flights.remove(flight);
      this.airports.delete(before.id);
      this.#byCode.delete(before.code);
      return { subject: "airport", action: "deleted", airport: before };
    }
    if (!isAirportData(event.data) || (event.action === "updated" && before === undefined)) return undefined;
    const holder = this.#byCode.get(event.data.code);
    if (holder !== undefined && holder.id !== event.entity_id) return undefined;
    const airport: Airport = { ...event.data, id: event.entity_id };
    if (before !== undefined) this.#byCode.delete(before.code);
    this.#addAirport(airport);
    return { subject: "airport", action: before === undefined ? "created" : "updated", airport };
  }

  #applyRoute(event: LinkEvent): Change | undefined {
    const before = this.routes.get(event.link_id);
    if (event.action === "deleted") {
      if (before === undefined) return undefined;
      this.routes.remove(before);
      return { subject: "route", action: "deleted", route: before };
    }
    if ((event.action === "updated" && before === undefined) || !this.#hasEnds(event)) return undefined;
    if (before !== undefined) this.routes.remove(before);
    const flights = numberIn(event.metadata, "flights");
    const route = { id: event.link_id, from: event.source_id, to: event.target_id, flights };
    this.routes.add(route);
    return { subject: "route", action: before === undefined ? "created" : "updated", route };
  }

  #applyFlight(event: LinkEvent, timestamp: string): Change | undefined {
    const before = this.flights.get(event.link_id);
    if (event.action === "deleted") {
      if (before === undefined) return undefined;
      this.flights.remove(before);
      return { subject: "flight", action: "deleted", flight: before };
    }
    if (event.action === "updated" || before !== undefined || !this.#hasEnds(event)) return undefined;
    const ms = numberIn(event.metadata, "ms");
    const flight = { id: event.link_id, from: event.source_id, to: event.target_id, departed: Date.parse(timestamp), ms };
    this.flights.add(flight);
    return { subject: "flight", action: "created", flight };
  }

  #hasEnds({ source_id, target_id }: LinkEvent): boolean {
    return this.airports.has(source_id) && this.airports.has(target_id);
  }
}

/** Whether a payload from the log is an airport's: an older page, or a console, may have written anything. */
function isAirportData(data: Json): data is AirportData {
  if (data === null || typeof data !== "object" || Array.isArray(data)) return false;
  const { code, name, city, state, latitude, longitude } = data;
  return [code, name, city, state].every((it) => typeof it === "string") && [latitude, longitude].every(Number.isFinite);
}

function numberIn(metadata: Json, name: string): number {
  if (metadata === null || typeof metadata !== "object" || Array.isArray(metadata)) return 0;
  const value = metadata[name];
  return typeof value === "number" ? value : 0;
}
