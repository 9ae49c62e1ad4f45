/** What a person does by hand, as events. Each call is one atomic publish; the page changes when it comes back committed. */
import { entity, link, type Bus, type Receipt } from "everbus";
import { sentNow } from "../traffic/sent.ts";
import { AIRPORT, ROUTE, type Airport, type AirportData, type Atlas, type Route } from "../picture/state.ts";

export function addAirport(bus: Bus, data: AirportData): Receipt[] {
  return bus.publishAll([entity.created(AIRPORT, data)], sentNow());
}

export function changeAirport(bus: Bus, airport: Airport, changes: Partial<AirportData>): Receipt[] {
  const { id, ...data } = airport;
  return bus.publishAll([entity.updated(AIRPORT, id, { ...data, ...changes })], sentNow());
}

/** The airport goes together with its routes: all of them, or nothing. */
export function deleteAirport(bus: Bus, atlas: Atlas, airport: Airport): Receipt[] {
  const routes = atlas.routes.of(airport.id).map((route) => link.deleted(ROUTE, route.id, route.from, route.to));
  return bus.publishAll([...routes, entity.deleted(AIRPORT, airport.id)], sentNow());
}

export function addRoute(bus: Bus, from: Airport, to: Airport): Receipt[] {
  return bus.publishAll([link.created(ROUTE, from.id, to.id)], sentNow());
}

export function removeRoute(bus: Bus, route: Route): Receipt[] {
  return bus.publishAll([link.deleted(ROUTE, route.id, route.from, route.to)], sentNow());
}
