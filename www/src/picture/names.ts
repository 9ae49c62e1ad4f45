/** Which airports have their code written beside them: the busiest in view, as far as there is room. */
import type { Uuid } from "everbus";
import type { Point } from "./projection.ts";
import type { Airport, Atlas } from "./state.ts";

const MOST = 60;
/** The room that a code takes, in pixels. */
const ROOM = { width: 40, height: 16 };
/** At full size an airport with as many routes has its code written; the closer the look, the fewer it needs. */
const ROUTES = 20;

export interface Name {
  airport: Airport;
  at: Point;
}

interface View {
  width: number;
  height: number;
  zoom: number;
  /** Where an airport is on the screen, and where its code would be. */
  screen(id: Uuid): Point | undefined;
}

/** The names to write; the selected airport's comes first. */
export function chooseNames(atlas: Atlas, selected: Uuid | undefined, { width, height, zoom, screen }: View): Name[] {
  const least = width < 480 ? 8 * ROUTES : ROUTES;
  const candidates: { airport: Airport; at: Point; degree: number }[] = [];
  for (const airport of atlas.airports.values()) {
    const degree = airport.id === selected ? Infinity : atlas.routes.degree(airport.id);
    if (degree <= least / zoom ** 2) continue;
    const at = screen(airport.id);
    if (at !== undefined && at[0] > -ROOM.width && at[0] < width && at[1] > 0 && at[1] < height + ROOM.height) {
      candidates.push({ airport, at, degree });
    }
  }
  candidates.sort((a, b) => b.degree - a.degree);
  const most = Math.min(MOST, 9 * zoom);
  const names: Name[] = [];
  for (const { airport, at } of candidates) {
    if (names.length >= most) break;
    if (names.every(({ at: [x, y] }) => Math.abs(x - at[0]) > ROOM.width || Math.abs(y - at[1]) > ROOM.height)) names.push({ airport, at });
  }
  return names;
}
