/** How things look on the map: each function draws one kind of thing, and keeps nothing. */
import { geoPath } from "d3-geo";
import type { Geography } from "./data.ts";
import type { Point, Projection } from "./projection.ts";
import type { Theme } from "./theme.ts";

export type Pen = CanvasRenderingContext2D;

export interface Arc {
  from: Point;
  bend: Point;
  to: Point;
}

/** A route bows to the north, more so the longer it is. */
export function arcBetween(from: Point, to: Point): Arc {
  const lift = Math.hypot(to[0] - from[0], to[1] - from[1]) * 0.16;
  return { from, bend: [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2 - lift], to };
}

export function trace(path: CanvasPath, { from, bend, to }: Arc): void {
  path.moveTo(...from);
  path.quadraticCurveTo(...bend, ...to);
}

export function circle(path: CanvasPath, [x, y]: Point, radius: number): void {
  path.moveTo(x + radius, y);
  path.arc(x, y, radius, 0, 2 * Math.PI);
}

/** How busy a route is, from 0 to 1; one drawn by hand, of which nothing is known, is neither quiet nor busy. */
function busyness(flights: number): number {
  return flights === 0 ? 0.4 : Math.sqrt(Math.min(flights, 12_000) / 12_000);
}

/** Lines and dots shrink with the map, so that a phone shows a picture and not a blot. */
export function scaleOf({ width }: Projection): number {
  return Math.max(0.5, Math.min(1.3, width / 975));
}

export function radiusOf(degree: number, projection: Projection): number {
  return (degree === 0 ? 0.95 : 1.3 + Math.sqrt(degree) * 0.17) * scaleOf(projection);
}

export function paintLand(pen: Pen, geography: Geography, projection: Projection, theme: Theme): void {
  paintStates(pen, geography, geoPath(projection.states, pen), theme);
  const small = projection.width < 560;
  pen.font = `${Math.round(10 * scaleOf(projection))}px Inter, system-ui, sans-serif`;
  for (const inset of projection.insets) {
    pen.save();
    pen.beginPath();
    pen.roundRect(inset.x, inset.y, inset.width, inset.height, 6);
    pen.strokeStyle = theme.coast;
    pen.lineWidth = 0.8;
    pen.stroke();
    pen.clip();
    paintStates(pen, geography, geoPath(inset.projection, pen), theme);
    pen.restore();
    pen.fillStyle = theme.muted;
    if (!small) pen.fillText(inset.label, inset.x, inset.y - 5, inset.width);
  }
}

function paintStates(pen: Pen, { states, coasts, borders }: Geography, path: ReturnType<typeof geoPath>, theme: Theme): void {
  pen.beginPath();
  path(states);
  pen.fillStyle = theme.land;
  pen.fill();
  pen.lineWidth = 0.8;
  for (const [lines, color] of [[borders, theme.border], [coasts, theme.coast]] as const) {
    pen.beginPath();
    path(lines);
    pen.strokeStyle = color;
    pen.stroke();
  }
}

export function paintRoute(pen: Pen, arc: Arc, flights: number, scale: number, theme: Theme): void {
  const weight = busyness(flights);
  pen.strokeStyle = theme.route;
  pen.globalAlpha = (0.04 + 0.24 * weight) * Math.min(1, 0.35 + 0.65 * scale);
  pen.lineWidth = (0.6 + 0.9 * weight) * scale;
  pen.beginPath();
  trace(pen, arc);
  pen.stroke();
}

/** A route of the selected airport. */
export function paintChosenRoute(pen: Pen, arc: Arc, flights: number, scale: number, theme: Theme): void {
  const weight = busyness(flights);
  pen.strokeStyle = theme.spark;
  pen.globalAlpha = 0.3 + 0.5 * weight;
  pen.lineWidth = (0.7 + 0.9 * weight) * scale;
  pen.beginPath();
  trace(pen, arc);
  pen.stroke();
  pen.globalAlpha = 1;
}

export function paintRing(pen: Pen, point: Point, radius: number, theme: Theme): void {
  pen.beginPath();
  circle(pen, point, radius);
  pen.strokeStyle = theme.spark;
  pen.lineWidth = 1.8;
  pen.stroke();
}

export function paintName(pen: Pen, name: string, [x, y]: Point, theme: Theme): void {
  pen.font = "600 11px Inter, system-ui, sans-serif";
  pen.lineWidth = 3;
  pen.strokeStyle = theme.paper;
  pen.strokeText(name, x, y);
  pen.fillStyle = theme.ink;
  pen.fillText(name, x, y);
}
