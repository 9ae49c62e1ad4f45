/**
 * The part of the map that rests: land, routes and airports, on sheets that are painted once and then only added to.
 *
 * Painting all of it takes several frames. So there are two sets of sheets: while one is painted, slice by slice, the
 * other is seen, enlarged and shifted to where the camera looks by now.
 */
import type { Uuid } from "everbus";
import type { Geography } from "../traffic/data.ts";
import { Layer, type Sight } from "./layer.ts";
import { circle, inkFor, landOf, paintLand, paintRoute, radiusOf, type Arc, type Land } from "./paint.ts";
import type { Places } from "./places.ts";
import { Projection } from "./projection.ts";
import type { Atlas, Route } from "./state.ts";
import type { Theme } from "../page/theme.ts";
import { el } from "../page/dom.ts";

/** How many routes are painted in a frame: few while things move, many when another picture is waited for. */
const SLICE = { calm: 700, urgent: 2000 };
/** More new routes than this are not painted one by one. */
const MOST_NEW = 2000;

/** What is to be painted. */
export interface Scene {
  atlas: Atlas;
  places: Places;
  theme: Theme;
}

interface Sheet {
  box: HTMLDivElement;
  land: Layer;
  routes: Layer;
  airports: Layer;
  sight: Sight;
}

export class Sheets {
  #geography: Geography | undefined;
  #front: Sheet;
  #back: Sheet;
  #projection = new Projection(1);
  #land: Land | undefined;
  /** The routes that are still to be painted on the back, while it is painted. */
  #left: Iterator<Route> | undefined;
  #isStale = true;
  #isUrgent = true;
  #newRoutes: Route[] = [];
  #grown = new Set<Uuid>();

  constructor(parent: HTMLElement) {
    this.#front = sheet(parent);
    this.#back = sheet(parent);
    this.#back.box.hidden = true;
  }

  resize(projection: Projection): void {
    this.#projection = projection;
    this.#land = this.#geography && landOf(this.#geography, projection);
    for (const { land, routes, airports } of [this.#front, this.#back]) {
      for (const layer of [land, routes, airports]) layer.resize(projection.width, projection.height);
    }
    this.repaint(true);
  }

  /** Lays the land under the picture, which doesn't wait for it. */
  setLand(geography: Geography): void {
    this.#geography = geography;
    this.#land = landOf(geography, this.#projection);
    this.repaint(true);
  }

  /** Has everything painted again, beginning with the next frame. */
  repaint(isUrgent: boolean): void {
    this.#isStale = true;
    this.#isUrgent ||= isUrgent;
    if (isUrgent) this.#left = undefined;
  }

  addRoute(route: Route): void {
    // In a tab that nobody looks at no frame comes, and painting everything once is better than a long list.
    if (this.#newRoutes.length > MOST_NEW) return this.repaint(false);
    this.#newRoutes.push(route);
    this.#grown.add(route.from).add(route.to);
  }

  addAirport(id: Uuid): void {
    this.#grown.add(id);
  }

  /** Paints what a frame has time for. Whether something is left to paint. */
  paint(scene: Scene, sight: Sight): boolean {
    if (this.#left === undefined && (this.#isStale || !isSame(this.#front.sight, sight))) this.#begin(scene, sight);
    else this.#paintNew(scene);
    if (this.#left !== undefined) this.#paintSlice(scene, this.#left);
    this.#follow(sight);
    return this.#left !== undefined || this.#isStale || !isSame(this.#front.sight, sight);
  }

  #begin(scene: Scene, sight: Sight): void {
    const { land, routes, airports } = this.#back;
    this.#isStale = false;
    this.#back.sight = sight;
    this.#left = scene.atlas.routes.values();
    for (const layer of [land, routes, airports]) {
      layer.clear();
      layer.aim(sight);
    }
    if (this.#land !== undefined) paintLand(land.pen, this.#land, inkFor(this.#projection.width, sight.k), scene.theme);
  }

  #paintSlice(scene: Scene, left: Iterator<Route>): void {
    const most = this.#isUrgent ? SLICE.urgent : SLICE.calm;
    for (let painted = 0; painted < most; ) {
      const next = left.next();
      if (next.done === true) return this.#swap(scene);
      if (this.#paintRoute(scene, this.#back, next.value)) painted += 1;
    }
  }

  #swap(scene: Scene): void {
    this.#left = undefined;
    this.#isUrgent = false;
    this.#paintAirports(scene, this.#back, scene.atlas.airports.keys());
    [this.#front, this.#back] = [this.#back, this.#front];
    this.#front.box.hidden = false;
    this.#back.box.hidden = true;
    this.#newRoutes = [];
    this.#grown.clear();
  }

  /** What is new goes onto the sheets that are seen; the others get it as they are painted. */
  #paintNew(scene: Scene): void {
    for (const route of this.#newRoutes) this.#paintRoute(scene, this.#front, route);
    this.#paintAirports(scene, this.#front, this.#grown);
    this.#newRoutes = [];
    this.#grown.clear();
  }

  #paintRoute({ places, theme }: Scene, { routes, sight }: Sheet, { from, to, flights }: Route): boolean {
    if (places.isMoving(from) || places.isMoving(to)) return false;
    const arc = places.arc(from, to);
    if (arc === undefined || !this.#isSeen(arc, sight)) return false;
    paintRoute(routes.pen, arc, flights, inkFor(this.#projection.width, sight.k), theme);
    return true;
  }

  #isSeen({ from, bend, to }: Arc, { k, x, y }: Sight): boolean {
    const { width, height } = this.#projection;
    const isBeside = (axis: 0 | 1, shift: number, size: number): boolean => {
      const [low, high] = [-shift / k, (size - shift) / k];
      const ends = [from[axis], bend[axis], to[axis]] as const;
      return Math.max(...ends) < low || Math.min(...ends) > high;
    };
    return !isBeside(0, x, width) && !isBeside(1, y, height);
  }

  #paintAirports({ atlas, places, theme }: Scene, { airports, sight }: Sheet, ids: Iterable<Uuid>): void {
    const ink = inkFor(this.#projection.width, sight.k);
    const [fields, hubs] = [new Path2D(), new Path2D()];
    for (const id of ids) {
      const point = places.get(id);
      if (point === undefined || places.isMoving(id)) continue;
      const degree = atlas.routes.degree(id);
      circle(degree > 0 ? hubs : fields, point, radiusOf(degree, ink));
    }
    airports.pen.fillStyle = theme.airport;
    airports.pen.fill(fields);
    airports.pen.fillStyle = theme.hub;
    airports.pen.fill(hubs);
  }

  /** Puts the sheets that are seen where the camera looks. */
  #follow({ k, x, y }: Sight): void {
    const { box, sight } = this.#front;
    const scale = k / sight.k;
    box.style.transform = scale === 1 && x === sight.x && y === sight.y ? "" : `translate(${x - sight.x * scale}px, ${y - sight.y * scale}px) scale(${scale})`;
  }
}

function sheet(parent: HTMLElement): Sheet {
  const box = el("div", { class: "sheet" });
  parent.append(box);
  const layer = (name: string): Layer => new Layer(box, name);
  return { box, land: layer("land"), routes: layer("routes"), airports: layer("airports"), sight: { k: 1, x: 0, y: 0 } };
}

function isSame(a: Sight, b: Sight): boolean {
  return a.k === b.k && a.x === b.x && a.y === b.y;
}
