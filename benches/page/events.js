// Events made of vega-datasets, repeated: small ones, the demo's airports and routes, and large ones, movies.
import { csvParse } from "d3-dsv";
import { entity, link } from "everbus";
import airportsCsv from "vega-datasets/data/airports.csv";
import routesCsv from "vega-datasets/data/flights-airport.csv";
import movieRows from "vega-datasets/data/movies.json";

const known = (text) => (text === "NA" ? "" : text);

const airports = csvParse(airportsCsv)
  .map(({ iata, name, city, state, latitude, longitude }) =>
    entity.created("airport", {
      code: iata,
      name,
      city: known(city),
      state: known(state),
      latitude: Number(latitude),
      longitude: Number(longitude),
    }),
  )
  .sort((a, b) => b.data.longitude - a.data.longitude);

const ids = new Map(airports.map(({ data, entity_id }) => [data.code, entity_id]));

const routes = csvParse(routesCsv)
  .map(({ origin, destination, count }) =>
    link.created("route", ids.get(origin), ids.get(destination), { flights: Number(count) }),
  )
  .sort((a, b) => b.metadata.flights - a.metadata.flights);

const all = [...airports, ...routes];

/** Airports from east to west, routes from the busiest to the quietest: a payload has one field or six. */
export const small = kindOf("airports and routes", all);

/** Movies: a payload has 16 fields. */
export const large = kindOf("movies of 16 fields", movieRows.map((movie) => entity.created("movie", movie)));

/** `count` small events. */
export const { eventsOf } = small;

/** A kind of events: its `name` with their mean length as JSON, and `eventsOf(count)`: so many of them, again and again. */
function kindOf(what, events) {
  const { size } = new Blob(events.map((event) => JSON.stringify(event)));
  return {
    name: `${what}, ${Math.round(size / events.length)} bytes each`,
    eventsOf: (count) => Array.from({ length: count }, (_, i) => events[i % events.length]),
  };
}

/**
 * `size` entities and links and an event about each: the airports and routes, and copies of them with ids of their own.
 */
export function worldOf(size) {
  let ids;
  return Array.from({ length: size }, (_, i) => {
    const event = all[i % all.length];
    if (event === all[0]) ids = new Map();
    if (event.kind === "link") {
      return link.created("route", ids.get(event.source_id), ids.get(event.target_id), event.metadata);
    }
    const copy = entity.created("airport", event.data);
    ids.set(event.entity_id, copy.entity_id);
    return copy;
  });
}

/** The id that an event is found by. */
export const idOf = (event) => event.entity_id ?? event.link_id;

/** The airport that the most nearly so large a share of all events start from. */
export function airportWithShare(share) {
  const departures = Map.groupBy(routes, ({ source_id }) => source_id);
  const distance = (id) => Math.abs(departures.get(id).length / all.length - share);
  return [...departures.keys()].reduce((best, id) => (distance(id) < distance(best) ? id : best));
}

/** What a store without everbus keeps of `events`: envelopes without a number, ready-made. */
export function envelopesOf(events) {
  const origin = crypto.randomUUID();
  return events.map((event) => ({ id: crypto.randomUUID(), timestamp: new Date().toISOString(), event, origin }));
}
