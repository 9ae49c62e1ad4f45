/** How things look on the map: each function draws one kind of thing, and keeps nothing. Lengths are the map's own. */
import { geoPath, type GeoProjection } from "d3-geo";
import type { Geography } from "../traffic/data.ts";
import type { Box, Name } from "./names.ts";
import type { Inset, Point, Projection } from "./projection.ts";
import type { Theme } from "../page/theme.ts";

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

/** How large things are drawn, in the map's own units: what is looked at closely grows, but less than the map does. */
export interface Ink {
  /** A pixel of the screen. */
  pixel: number;
  /** A pixel's worth of a dot, and of a line. */
  dot: number;
  line: number;
  /** How strongly a line is drawn, from 0 to 1. */
  strength: number;
}

/**
 * The ink for a picture of a width in pixels, whose units are `unit` pixels long before it is enlarged. Lines and dots
 * shrink with the picture, so that a phone shows a picture and not a blot.
 */
export function inkFor(width: number, zoom: number, unit = 1): Ink {
  const scale = Math.max(0.5, Math.min(1.3, width / 975));
  const pixel = 1 / (zoom * unit);
  return { pixel, dot: scale * pixel * zoom ** 0.4, line: scale * pixel * zoom ** 0.2, strength: Math.min(1, 0.35 + 0.65 * scale) };
}

export function radiusOf(degree: number, { dot }: Ink): number {
  return (degree === 0 ? 0.95 : 1.3 + Math.sqrt(degree) * 0.17) * dot;
}

/** The land as paths, made once for a size of the map: projecting it takes far longer than drawing it. */
export interface Land {
  states: LandPaths;
  insets: readonly (Inset & { paths: LandPaths })[];
}

interface LandPaths {
  fill: Path2D;
  borders: Path2D;
  coasts: Path2D;
}

export function landOf(geography: Geography, projection: Projection): Land {
  return {
    states: pathsOf(geography, projection.states),
    insets: projection.insets.map((inset) => ({ ...inset, paths: pathsOf(geography, inset.projection) })),
  };
}

function pathsOf({ states, borders, coasts }: Geography, projection: GeoProjection): LandPaths {
  const path = geoPath(projection);
  return {
    fill: new Path2D(path(states) ?? undefined),
    borders: new Path2D(path(borders) ?? undefined),
    coasts: new Path2D(path(coasts) ?? undefined),
  };
}

export function paintLand(pen: Pen, land: Land, ink: Ink, theme: Theme): void {
  paintStates(pen, land.states, ink, theme);
  for (const inset of land.insets) {
    pen.save();
    pen.beginPath();
    pen.roundRect(inset.x, inset.y, inset.width, inset.height, 6);
    pen.strokeStyle = theme.coast;
    pen.lineWidth = 0.8 * ink.pixel;
    pen.stroke();
    pen.clip();
    paintStates(pen, inset.paths, ink, theme);
    pen.restore();
  }
}

function paintStates(pen: Pen, { fill, borders, coasts }: LandPaths, { pixel }: Ink, theme: Theme): void {
  pen.fillStyle = theme.land;
  pen.fill(fill);
  pen.lineWidth = 0.8 * pixel;
  pen.strokeStyle = theme.border;
  pen.stroke(borders);
  pen.strokeStyle = theme.coast;
  pen.stroke(coasts);
}

export function paintRoute(pen: Pen, arc: Arc, flights: number, ink: Ink, theme: Theme): void {
  const weight = busyness(flights);
  pen.strokeStyle = theme.route;
  pen.globalAlpha = (0.04 + 0.24 * weight) * ink.strength;
  pen.lineWidth = (0.6 + 0.9 * weight) * ink.line;
  pen.beginPath();
  trace(pen, arc);
  pen.stroke();
}

/** A route of the selected airport. */
export function paintChosenRoute(pen: Pen, arc: Arc, flights: number, ink: Ink, theme: Theme): void {
  const weight = busyness(flights);
  pen.strokeStyle = theme.spark;
  pen.globalAlpha = 0.3 + 0.5 * weight;
  pen.lineWidth = (0.7 + 0.9 * weight) * ink.line;
  pen.beginPath();
  trace(pen, arc);
  pen.stroke();
  pen.globalAlpha = 1;
}

export function paintRing(pen: Pen, point: Point, radius: number, { pixel }: Ink, theme: Theme): void {
  pen.beginPath();
  circle(pen, point, radius);
  pen.strokeStyle = theme.spark;
  pen.lineWidth = 1.8 * pixel;
  pen.stroke();
}

/** What is written is measured in pixels of the screen, and has a rim of its own, so that it reads over anything. */
const WRITING = { height: 15, baseline: 11.5, rim: 3 };
const AIRPORT_FONT = "600 11px Inter, system-ui, sans-serif";
const INSET_FONT = "10px Inter, system-ui, sans-serif";

/** The room that a name takes. */
export function sizeOfName(pen: Pen, name: string): { width: number; height: number } {
  return sizeOfText(pen, AIRPORT_FONT, name);
}

/** Writes an airport's name into its box. */
export function paintName(pen: Pen, { text, box }: Name, theme: Theme): void {
  paintText(pen, AIRPORT_FONT, text, box, theme.ink, theme);
}

/** The label of an inset above its frame, whose upper left corner is given; `undefined` where it is too small for one. */
export function labelOf(pen: Pen, label: string, [x, y]: Point, width: number): Name | undefined {
  const size = sizeOfText(pen, INSET_FONT, label);
  return size.width > width ? undefined : { text: label, box: { x, y: y - size.height, ...size } };
}

export function paintLabel(pen: Pen, { text, box }: Name, theme: Theme): void {
  paintText(pen, INSET_FONT, text, box, theme.muted, theme);
}

function sizeOfText(pen: Pen, font: string, text: string): { width: number; height: number } {
  pen.font = font;
  return { width: pen.measureText(text).width + WRITING.rim, height: WRITING.height };
}

function paintText(pen: Pen, font: string, text: string, box: Box, color: string, theme: Theme): void {
  const [x, y] = [box.x + WRITING.rim / 2, box.y + WRITING.baseline];
  pen.font = font;
  pen.lineWidth = WRITING.rim;
  pen.strokeStyle = theme.paper;
  pen.strokeText(text, x, y);
  pen.fillStyle = color;
  pen.fillText(text, x, y);
}
