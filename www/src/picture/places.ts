/** Where the airports are on the map, in its own units; one that is dragged, or was moved, is there on its way. */
import type { Uuid } from "everbus";
import { arcBetween, type Arc } from "./paint.ts";
import type { Point, Projection } from "./projection.ts";
import type { Airport, Atlas } from "./state.ts";

const MOVE_MS = 500;

interface Move {
  from: Point;
  to: Point;
  since: number;
}

export class Places {
  readonly #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  readonly #points = new Map<Uuid, Point>();
  readonly #moves = new Map<Uuid, Move>();
  #held: Uuid | undefined;

  /** All places of an atlas anew: nothing moves. */
  reset(atlas: Atlas, projection: Projection): void {
    this.#moves.clear();
    this.#held = undefined;
    this.#points.clear();
    for (const airport of atlas.airports.values()) this.put(airport, projection);
  }

  get(id: Uuid): Point | undefined {
    return this.#points.get(id);
  }

  arc(from: Uuid, to: Uuid): Arc | undefined {
    const [a, b] = [this.#points.get(from), this.#points.get(to)];
    return a === undefined || b === undefined ? undefined : arcBetween(a, b);
  }

  put({ id, longitude, latitude }: Airport, projection: Projection): void {
    const point = projection.toPoint([longitude, latitude]);
    this.#moves.delete(id);
    if (point === undefined) this.#points.delete(id);
    else this.#points.set(id, point);
  }

  /** Sends an airport to its place from where it is seen now. Whether it has to go. */
  send(airport: Airport, projection: Projection, now: number): boolean {
    const from = this.#points.get(airport.id);
    if (this.#held === airport.id) this.#held = undefined;
    this.put(airport, projection);
    const to = this.#points.get(airport.id);
    if (from === undefined || to === undefined || this.#still.matches || Math.hypot(to[0] - from[0], to[1] - from[1]) < 0.01) return false;
    this.#points.set(airport.id, from);
    this.#moves.set(airport.id, { from, to, since: now });
    return true;
  }

  /** Holds an airport where the pointer drags it. */
  hold(id: Uuid, point: Point): void {
    this.#moves.delete(id);
    this.#held = id;
    this.#points.set(id, point);
  }

  remove(id: Uuid): void {
    this.#points.delete(id);
    this.#moves.delete(id);
    if (this.#held === id) this.#held = undefined;
  }

  /** The airports that aren't at rest. */
  get moving(): Uuid[] {
    return this.#held === undefined ? [...this.#moves.keys()] : [this.#held, ...this.#moves.keys()];
  }

  isMoving(id: Uuid): boolean {
    return this.#held === id || this.#moves.has(id);
  }

  /** Moves on what moves. The airports that have arrived. */
  advance(now: number): Uuid[] {
    const arrived: Uuid[] = [];
    for (const [id, { from, to, since }] of this.#moves) {
      const t = Math.max(0, Math.min(1, (now - since) / MOVE_MS));
      const eased = 1 - (1 - t) ** 3;
      this.#points.set(id, [from[0] + (to[0] - from[0]) * eased, from[1] + (to[1] - from[1]) * eased]);
      if (t < 1) continue;
      this.#moves.delete(id);
      arrived.push(id);
    }
    return arrived;
  }

  /** The nearest airport within reach of a point; one with routes is preferred to a quiet neighbour. */
  nearest([x, y]: Point, reach: number, { routes }: Atlas): Uuid | undefined {
    let [best, least]: [Uuid | undefined, number] = [undefined, reach];
    for (const [id, point] of this.#points) {
      const distance = Math.hypot(point[0] - x, point[1] - y);
      if (distance >= reach) continue;
      const rank = routes.degree(id) > 0 ? distance - reach / 2 : distance;
      if (rank < least) [best, least] = [id, rank];
    }
    return best;
  }
}
