/** How the graph looks: each function draws one kind of thing, and keeps nothing. Lengths are the graph's own. */
import { circle, type Ink, type Pen } from "./paint.ts";
import type { Point } from "./projection.ts";
import type { Route } from "./state.ts";
import type { Theme } from "../page/theme.ts";

/** So many lines are one path. Longer paths take the rasterizer far longer, and within one nothing shines through. */
const BATCH = 120;

/** From the busiest to the quietest routes: the flights that a route of the class has at least, and how it is drawn. */
const CLASSES = [
  { flights: 4000, alpha: 0.4, width: 1.1 },
  { flights: 1500, alpha: 0.26, width: 0.9 },
  { flights: 500, alpha: 0.17, width: 0.8 },
  { flights: 0, alpha: 0.1, width: 0.7 },
] as const;

/** Draws routes, which are sorted from busy to quiet. */
export function paintLines(pen: Pen, routes: readonly Route[], get: (id: string) => Point | undefined, ink: Ink, theme: Theme): void {
  pen.strokeStyle = theme.route;
  let next = 0;
  for (const { flights, alpha, width } of CLASSES) {
    pen.globalAlpha = alpha;
    pen.lineWidth = width * ink.line;
    while (next < routes.length && (routes[next]?.flights ?? -1) >= flights) {
      pen.beginPath();
      const end = Math.min(next + BATCH, routes.length);
      for (; next < end; next += 1) {
        const route = routes[next];
        if (route === undefined || route.flights < flights) break;
        traceLine(pen, get(route.from), get(route.to));
      }
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
}

/** The routes of the selected airport, and the airports at their other ends. */
export function paintNeighbours(
  pen: Pen,
  lines: readonly [Point, Point][],
  dots: readonly { at: Point; radius: number }[],
  ink: Ink,
  theme: Theme,
): void {
  pen.strokeStyle = theme.spark;
  pen.globalAlpha = 0.55;
  pen.lineWidth = ink.line;
  pen.beginPath();
  for (const [from, to] of lines) traceLine(pen, from, to);
  pen.stroke();
  pen.globalAlpha = 1;
  pen.fillStyle = theme.hub;
  pen.beginPath();
  for (const { at, radius } of dots) circle(pen, at, radius);
  pen.fill();
}

/** Airports with routes as dots, and those without any as grains: they are many. */
export function paintDots(pen: Pen, dots: Iterable<{ at: Point; radius: number; isAlone: boolean }>, ink: Ink, theme: Theme): void {
  const [hubs, grains] = [new Path2D(), new Path2D()];
  const side = 1.9 * ink.dot;
  for (const { at, radius, isAlone } of dots) {
    if (isAlone) grains.rect(at[0] - side / 2, at[1] - side / 2, side, side);
    else circle(hubs, at, radius);
  }
  pen.fillStyle = theme.airport;
  pen.fill(grains);
  pen.fillStyle = theme.hub;
  pen.fill(hubs);
}

function traceLine(pen: Pen, from: Point | undefined, to: Point | undefined): void {
  if (from === undefined || to === undefined) return;
  pen.moveTo(...from);
  pen.lineTo(...to);
}
