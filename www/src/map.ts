/** The map: land, routes, airports and, over them, what glows, is pointed at or is selected; each on a canvas of its own. */
import type { Uuid } from "everbus";
import type { Geography } from "./data.ts";
import { Glow } from "./glow.ts";
import { Layer } from "./layer.ts";
import {
  arcBetween,
  circle,
  paintChosenRoute,
  paintLand,
  paintName,
  paintRing,
  paintRoute,
  radiusOf,
  scaleOf,
  type Arc,
} from "./paint.ts";
import { Projection, type Place, type Point } from "./projection.ts";
import type { Airport, Atlas, Change, Route } from "./state.ts";
import { readTheme } from "./theme.ts";
import { Tip } from "./tip.ts";
import type { View } from "./view.ts";

/** How near a pointer must be to an airport, in pixels. */
const REACH = { mouse: 9, touch: 18 };
const NAMED_HUBS = 9;
const MOST_NEW = 2000;

export class MapView implements View {
  onPick: View["onPick"] = () => {};
  onMove: View["onMove"] = () => {};

  readonly #root: HTMLElement;
  #atlas: Atlas;
  readonly #geography: Geography;
  readonly #land: Layer;
  readonly #routes: Layer;
  readonly #airports: Layer;
  readonly #over: Layer;
  readonly #tip: Tip;
  readonly #glow = new Glow();
  readonly #points = new Map<Uuid, Point>();

  #projection = new Projection(1);
  #theme = readTheme();
  #selected: Uuid | undefined;
  #hovered: Uuid | undefined;
  #pin: Place | undefined;
  #hubs: Uuid[] = [];
  /** What the next frame draws: everything again, or only what came since the last one. */
  #stale = { land: true, picture: true };
  #newRoutes: Route[] = [];
  #grown = new Set<Uuid>();
  #frame = 0;

  constructor(root: HTMLElement, atlas: Atlas, geography: Geography) {
    this.#root = root;
    this.#atlas = atlas;
    this.#geography = geography;
    this.#land = new Layer(root, "land");
    this.#routes = new Layer(root, "routes");
    this.#airports = new Layer(root, "airports");
    this.#over = new Layer(root, "over");
    this.#tip = new Tip(root);
    new ResizeObserver(() => this.#resize()).observe(root);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#repaint());
    root.addEventListener("pointermove", (event) => this.#hover(event));
    root.addEventListener("pointerleave", () => this.#setHovered(undefined));
    root.addEventListener("click", (event) => this.#click(event));
  }

  show(change: Change, live: boolean): void {
    const { action } = change;
    if (change.subject === "flight") return;
    const shape = change.subject === "airport" ? this.#place(change.airport) : this.#arc(change.route);
    if (live && shape !== undefined) this.#glow.add(shape, action === "created" ? this.#theme.spark : this.#theme[action]);
    // In a tab that nobody looks at no frame comes, and drawing everything once is better than a long list.
    if (action !== "created" || this.#newRoutes.length > MOST_NEW) this.#stale.picture = true;
    else if (change.subject === "route") {
      this.#newRoutes.push(change.route);
      this.#grown.add(change.route.from).add(change.route.to);
    } else this.#grown.add(change.airport.id);
    if (change.subject === "airport" && action === "deleted") {
      this.#points.delete(change.airport.id);
      if (this.#hovered === change.airport.id) this.#setHovered(undefined);
    }
    this.#draw();
  }

  display(atlas: Atlas): void {
    this.#atlas = atlas;
    this.#points.clear();
    for (const airport of atlas.airports.values()) this.#place(airport);
    this.#glow.clear();
    this.#setHovered(undefined);
    this.#repaint();
  }

  setVisible(visible: boolean): void {
    this.#root.hidden = !visible;
  }

  select(airport: Uuid | undefined): void {
    this.#selected = airport;
    this.#root.classList.toggle("focussed", airport !== undefined);
    this.#draw();
  }

  /** Marks the place of an airport that is being added. */
  pin(place: Place | undefined): void {
    this.#pin = place;
    this.#draw();
  }

  has(place: Place): boolean {
    return this.#projection.toPoint(place) !== undefined;
  }

  #resize(): void {
    const width = this.#root.clientWidth;
    if (width === 0) return;
    this.#projection = new Projection(width);
    for (const layer of [this.#land, this.#routes, this.#airports, this.#over]) layer.resize(width, this.#projection.height);
    this.display(this.#atlas);
  }

  #repaint(): void {
    this.#theme = readTheme();
    this.#stale = { land: true, picture: true };
    this.#draw();
  }

  #place(airport: Airport): Point | undefined {
    const point = this.#projection.toPoint([airport.longitude, airport.latitude]);
    if (point === undefined) this.#points.delete(airport.id);
    else this.#points.set(airport.id, point);
    return point;
  }

  #arc({ from, to }: Pick<Route, "from" | "to">): Arc | undefined {
    const [a, b] = [this.#points.get(from), this.#points.get(to)];
    return a === undefined || b === undefined ? undefined : arcBetween(a, b);
  }

  #radius(id: Uuid): number {
    return radiusOf(this.#atlas.routes.degree(id), this.#projection);
  }

  #draw(): void {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#stale.land) {
        this.#land.clear();
        paintLand(this.#land.pen, this.#geography, this.#projection, this.#theme);
      }
      this.#drawPicture(this.#stale.picture);
      this.#drawOver(now);
      this.#stale = { land: false, picture: false };
      if (this.#glow.active) this.#draw();
    });
  }

  #drawPicture(whole: boolean): void {
    if (whole) {
      this.#routes.clear();
      this.#airports.clear();
    }
    const scale = scaleOf(this.#projection);
    for (const route of whole ? this.#atlas.routes.values() : this.#newRoutes) {
      const arc = this.#arc(route);
      if (arc !== undefined) paintRoute(this.#routes.pen, arc, route.flights, scale, this.#theme);
    }
    this.#drawAirports(whole ? this.#atlas.airports.keys() : this.#grown);
    if (whole || this.#newRoutes.length > 0) this.#findHubs();
    this.#newRoutes = [];
    this.#grown.clear();
  }

  #drawAirports(ids: Iterable<Uuid>): void {
    const { pen } = this.#airports;
    const [fields, hubs] = [new Path2D(), new Path2D()];
    for (const id of ids) {
      const point = this.#points.get(id);
      if (point === undefined || !this.#atlas.airports.has(id)) continue;
      circle(this.#atlas.routes.degree(id) > 0 ? hubs : fields, point, this.#radius(id));
    }
    pen.fillStyle = this.#theme.airport;
    pen.fill(fields);
    pen.fillStyle = this.#theme.hub;
    pen.fill(hubs);
  }

  /** Finds the busiest airports, whose codes are written on the map where there is room. */
  #findHubs(): void {
    const room = this.#projection.width < 480 ? 0 : NAMED_HUBS;
    this.#hubs = [...this.#points.keys()]
      .map((id) => ({ id, degree: this.#atlas.routes.degree(id) }))
      .filter(({ degree }) => degree > 20)
      .sort((a, b) => b.degree - a.degree)
      .slice(0, room)
      .map(({ id }) => id);
  }

  #drawOver(now: number): void {
    const { pen } = this.#over;
    const selected = this.#selected;
    this.#over.clear();
    this.#glow.draw(pen, now);
    if (selected !== undefined) {
      for (const route of this.#atlas.routes.of(selected)) {
        const arc = this.#arc(route);
        if (arc !== undefined) paintChosenRoute(pen, arc, route.flights, scaleOf(this.#projection), this.#theme);
      }
    }
    for (const id of new Set([selected, this.#hovered])) {
      const point = id === undefined ? undefined : this.#points.get(id);
      if (id !== undefined && point !== undefined) paintRing(pen, point, this.#radius(id) + 3.5, this.#theme);
    }
    const pin = this.#pin === undefined ? undefined : this.#projection.toPoint(this.#pin);
    if (pin !== undefined) for (const radius of [1, 7]) paintRing(pen, pin, radius, this.#theme);
    for (const id of new Set(selected === undefined ? this.#hubs : [...this.#hubs, selected])) {
      const [airport, point] = [this.#atlas.airports.get(id), this.#points.get(id)];
      if (airport === undefined || point === undefined) continue;
      paintName(pen, airport.code, [point[0] + this.#radius(id) + 6, point[1] + 4], this.#theme);
    }
  }

  #pointOf(event: MouseEvent): Point {
    const box = this.#root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** The nearest airport within reach; one with routes is preferred to a quiet neighbour. */
  #nearest([x, y]: Point, reach: number): Uuid | undefined {
    let [best, least]: [Uuid | undefined, number] = [undefined, reach];
    for (const [id, point] of this.#points) {
      const distance = Math.hypot(point[0] - x, point[1] - y);
      const rank = this.#atlas.routes.degree(id) > 0 ? distance - reach / 2 : distance;
      if (distance < reach && rank < least) [best, least] = [id, rank];
    }
    return best;
  }

  #hover(event: PointerEvent): void {
    if (event.pointerType === "touch") return;
    this.#setHovered(this.#nearest(this.#pointOf(event), REACH.mouse));
  }

  #setHovered(id: Uuid | undefined): void {
    if (id === this.#hovered) return;
    this.#hovered = id;
    const airport = id === undefined ? undefined : this.#atlas.airports.get(id);
    const point = id === undefined ? undefined : this.#points.get(id);
    this.#root.classList.toggle("pointing", airport !== undefined);
    if (airport === undefined || point === undefined) this.#tip.hide();
    else this.#tip.show(airport, this.#atlas.routes.degree(airport.id), point, this.#projection.width);
    this.#draw();
  }

  #click(event: MouseEvent): void {
    const point = this.#pointOf(event);
    const touch = event instanceof PointerEvent && event.pointerType === "touch";
    const id = this.#nearest(point, touch ? REACH.touch : REACH.mouse);
    this.onPick(id === undefined ? undefined : this.#atlas.airports.get(id), this.#projection.toPlace(point));
  }
}
