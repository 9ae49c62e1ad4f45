/** What a picture comes to, in sixteen digits: the same for the same airports, routes and flights, in whatever order. */
import type { Atlas } from "../picture/state.ts";

/** A sum of hashes, of two 32-bit lanes: so the order in which things came to be in the picture doesn't matter. */
export function digest({ airports, routes, flights }: Atlas): string {
  const sum = new Uint32Array(2);
  for (const { id, code, name, city, state, latitude, longitude } of airports.values()) {
    add(sum, JSON.stringify([id, code, name, city, state, latitude, longitude]));
  }
  for (const { id, from, to, flights } of routes.values()) add(sum, `${id} ${from} ${to} ${flights}`);
  for (const { id, from, to, departed, ms } of flights.values()) add(sum, `${id} ${from} ${to} ${departed} ${ms}`);
  return [...sum].map((lane) => lane.toString(16).padStart(8, "0")).join("");
}

function add(sum: Uint32Array, text: string): void {
  let [one, two] = [0x811c9dc5, 0x9e3779b9];
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    one = Math.imul(one ^ unit, 0x01000193);
    two = Math.imul(two ^ unit, 0x85ebca6b);
    two ^= two >>> 13;
  }
  sum[0]! += one;
  sum[1]! += two;
}
