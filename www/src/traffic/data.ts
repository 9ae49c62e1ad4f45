/**
 * The files of `vega-datasets` that the demo streams and draws: US airports, the routes flown between them in 2008, and
 * the map. They are the source of the stream only: what the page shows comes from the log.
 */
import { feature, mesh } from "topojson-client";
import type { FeatureCollection, MultiLineString, MultiPolygon, Polygon } from "geojson";
import type { GeometryCollection, Topology } from "topojson-specification";
import airportsUrl from "vega-datasets/data/airports.csv?url";
import routesUrl from "vega-datasets/data/flights-airport.csv?url";
import flightsUrl from "vega-datasets/data/flights-20k.json?url";
import mapUrl from "vega-datasets/data/us-10m.json?url";
import type { AirportData } from "../picture/state.ts";

export interface RouteRow {
  origin: string;
  destination: string;
  flights: number;
}

export interface FlightRow {
  /** As in the file: "2001/01/01 00:47". */
  date: string;
  /** Minutes late, or early where it is negative. */
  delay: number;
  /** Miles. */
  distance: number;
  origin: string;
  destination: string;
}

/** What there is to stream: airports from east to west, then routes from the busiest to the quietest. */
export interface Source {
  airports: AirportData[];
  routes: RouteRow[];
}

export interface Geography {
  states: FeatureCollection<Polygon | MultiPolygon>;
  coasts: MultiLineString;
  borders: MultiLineString;
}

export async function loadSource(): Promise<Source> {
  const [airports, routes] = await Promise.all([fetchText(airportsUrl), fetchText(routesUrl)]);
  return {
    airports: parseCsv(airports)
      .map((row) => ({
        code: field(row, "iata"),
        name: field(row, "name"),
        city: field(row, "city"),
        state: field(row, "state"),
        latitude: Number(field(row, "latitude")),
        longitude: Number(field(row, "longitude")),
      }))
      .sort((a, b) => b.longitude - a.longitude),
    routes: parseCsv(routes)
      .map((row) => ({
        origin: field(row, "origin"),
        destination: field(row, "destination"),
        flights: Number(field(row, "count")),
      }))
      .sort((a, b) => b.flights - a.flights),
  };
}

/** The flights for the live traffic: a file of 1.8 MB, loaded when there is traffic. */
export async function loadFlights(): Promise<FlightRow[]> {
  return JSON.parse(await fetchText(flightsUrl)) as FlightRow[];
}

export async function loadGeography(): Promise<Geography> {
  const topology = JSON.parse(await fetchText(mapUrl)) as Topology<{ states: GeometryCollection }>;
  const states = topology.objects.states;
  return {
    states: feature(topology, states) as Geography["states"],
    coasts: mesh(topology, states, (a, b) => a === b),
    borders: mesh(topology, states, (a, b) => a !== b),
  };
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`cannot load ${url}: ${response.status} ${response.statusText}`);
  return response.text();
}

/** A field of a row, where the file's "NA" means that it isn't known. */
function field(row: Map<string, string>, name: string): string {
  const value = row.get(name) ?? "";
  return value === "NA" ? "" : value;
}

/** Parses RFC 4180 text with a header line. */
function parseCsv(text: string): Map<string, string>[] {
  const rows: string[][] = [];
  // One field, quoted or plain, and what ends it. An empty match at the very end is no field.
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  let row: string[] = [];
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) throw new Error(`malformed CSV at character ${pattern.lastIndex}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] !== ",") {
      rows.push(row);
      row = [];
    }
  }
  const [header = [], ...body] = rows;
  return body.map((cells) => new Map(cells.map((cell, i) => [header[i] ?? "", cell])));
}
