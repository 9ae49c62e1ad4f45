/** Which airports have their code written beside them, and where: the busiest in view, as far as there is room. */
import type { Uuid } from "everbus";
import type { Point } from "./projection.ts";
import type { Airport, Atlas } from "./state.ts";

const MOST = 60;
/** Between an airport and its code, in pixels. */
const GAP = 4;
/** At full size an airport with as many routes has its code written; the closer the look, the fewer it needs. */
const ROUTES = 20;

/** A place on the screen, in pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Name {
  text: string;
  box: Box;
}

/** What is looked at. */
export interface Outlook {
  width: number;
  height: number;
  zoom: number;
  /** Where an airport is on the screen, and how large it is there. */
  spot(id: Uuid): { at: Point; radius: number } | undefined;
  sizeOf(text: string): Pick<Box, "width" | "height">;
  /** Where something else is. */
  taken: readonly Box[];
}

/** The names to write, none over another; the selected airport's comes first. */
export function chooseNames(atlas: Atlas, selected: Uuid | undefined, outlook: Outlook): Name[] {
  const { width, height, zoom, spot, sizeOf } = outlook;
  const least = width < 480 ? 8 * ROUTES : ROUTES;
  const candidates: { airport: Airport; dot: Box; degree: number }[] = [];
  for (const airport of atlas.airports.values()) {
    const degree = airport.id === selected ? Infinity : atlas.routes.degree(airport.id);
    if (degree <= least / zoom ** 2) continue;
    const found = spot(airport.id);
    if (found === undefined) continue;
    const { at: [x, y], radius } = found;
    const dot = { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
    if (overlap(dot, { x: 0, y: 0, width, height })) candidates.push({ airport, dot, degree });
  }
  candidates.sort((a, b) => b.degree - a.degree);
  const most = Math.min(MOST, 9 * zoom);
  const taken = [...outlook.taken];
  const names: Name[] = [];
  for (const { airport: { code }, dot } of candidates) {
    if (names.length >= most) break;
    const box = beside(dot, sizeOf(code)).find((box) => isWithin(box, width, height) && !taken.some((it) => overlap(it, box)));
    if (box === undefined) continue;
    names.push({ text: code, box });
    taken.push(box, dot);
  }
  return names;
}

/** The places for a name, the best one first: to the right, to the left, above, below. */
function beside({ x, y, width: side }: Box, { width, height }: Pick<Box, "width" | "height">): Box[] {
  const [middle, center] = [y + (side - height) / 2, x + (side - width) / 2];
  return [
    { x: x + side + GAP, y: middle, width, height },
    { x: x - GAP - width, y: middle, width, height },
    { x: center, y: y - GAP - height, width, height },
    { x: center, y: y + side + GAP, width, height },
  ];
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export function isWithin(box: Box, width: number, height: number): boolean {
  return box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
}

/** The part of a view that another element of the page lies over. */
export function partUnder(element: Element, view: Element): Box {
  const [over, under] = [element.getBoundingClientRect(), view.getBoundingClientRect()];
  return { x: over.x - under.x, y: over.y - under.y, width: over.width, height: over.height };
}
