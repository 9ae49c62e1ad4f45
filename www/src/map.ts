/** The map: land, routes, airports and, over them, what glows, is pointed at or is selected; each on a canvas of its own. */
import { geoPath } from "d3-geo";
import type { Uuid } from "everbus";
import type { Geography } from "./data.ts";
import { el, number } from "./dom.ts";
import { Glow, type Arc } from "./glow.ts";
import { Layer } from "./layer.ts";
import { Projection, type Place, type Point } from "./projection.ts";
import type { Airport, Atlas, Change, Route } from "./state.ts";
import { readTheme } from "./theme.ts";

/** How near a pointer must be to an airport, in pixels. */
const REACH = { mouse: 9, touch: 18 };
const NAMED_HUBS = 9;

export class MapView {
  /** Called with the airport nearest to a click, and with the place of the click. */
  onPick: (airport: Airport | undefined, place: Place | undefined) => void = () => {};

  readonly #root: HTMLElement;
  readonly #atlas: Atlas;
  readonly #geography: Geography;
  readonly #land: Layer;
  readonly #routes: Layer;
  readonly #airports: Layer;
  readonly #over: Layer;
  readonly #tip = el("div", { class: "tip", hidden: true });
  readonly #glow = new Glow();
  readonly #points = new Map<Uuid, Point>();

  #projection = new Projection(1);
  #theme = readTheme();
  #selected: Uuid | undefined;
  #hovered: Uuid | undefined;
  #pin: Place | undefined;
  /** What the next frame draws: everything again, or only what came since the last one. */
  #stale = { land: true, picture: true, over: true };
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
    root.append(this.#tip);
    new ResizeObserver(() => this.#resize()).observe(root);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#repaint());
    root.addEventListener("pointermove", (event) => this.#hover(event));
    root.addEventListener("pointerleave", () => this.#setHovered(undefined));
    root.addEventListener("click", (event) => this.#click(event));
  }

  /** Draws a change of the atlas; a live one glows. */
  show({ subject, action, ...change }: Change, live: boolean): void {
    const shape = "airport" in change ? this.#place(change.airport) : this.#arc(change.route);
    if (live && shape !== undefined) this.#glow.add(shape, this.#theme[action]);
    if (action !== "created") this.#stale.picture = true;
    else if ("route" in change) {
      this.#newRoutes.push(change.route);
      this.#grown.add(change.route.from).add(change.route.to);
    } else this.#grown.add(change.airport.id);
    if ("airport" in change && action === "deleted") {
      this.#points.delete(change.airport.id);
      if (this.#hovered === change.airport.id) this.#setHovered(undefined);
    }
    this.#draw();
  }

  /** Starts again, for an atlas that was cleared. */
  reset(): void {
    this.#points.clear();
    this.#glow.clear();
    this.#setHovered(undefined);
    this.select(undefined);
    this.#repaint();
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
    this.#root.style.height = `${this.#projection.height}px`;
    for (const layer of [this.#land, this.#routes, this.#airports, this.#over]) layer.resize(width, this.#projection.height);
    this.#points.clear();
    for (const airport of this.#atlas.airports.values()) this.#place(airport);
    this.#glow.clear();
    this.#repaint();
  }

  #repaint(): void {
    this.#theme = readTheme();
    this.#stale = { land: true, picture: true, over: true };
    this.#draw();
  }

  #place(airport: Airport): Point | undefined {
    const point = this.#projection.toPoint([airport.longitude, airport.latitude]);
    if (point !== undefined) this.#points.set(airport.id, point);
    return point;
  }

  /** A route bows to the north, more so the longer it is. */
  #arc({ from, to }: Pick<Route, "from" | "to">): Arc | undefined {
    const [a, b] = [this.#points.get(from), this.#points.get(to)];
    if (a === undefined || b === undefined) return undefined;
    const lift = Math.hypot(b[0] - a[0], b[1] - a[1]) * 0.16;
    return { from: a, bend: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2 - lift], to: b };
  }

  #draw(): void {
    this.#stale.over = true;
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#stale.land) this.#drawLand();
      this.#drawPicture(this.#stale.picture);
      this.#drawOver(now);
      this.#stale = { land: false, picture: false, over: false };
      if (this.#glow.active) this.#draw();
    });
  }

  #drawLand(): void {
    const { pen } = this.#land;
    const { states, insets } = this.#projection;
    this.#land.clear();
    const path = geoPath(states, pen);
    this.#fillLand(path);
    pen.beginPath();
    path(this.#geography.borders);
    pen.strokeStyle = this.#theme.border;
    pen.lineWidth = 0.8;
    pen.stroke();
    const small = this.#projection.width < 560;
    pen.font = `${small ? 8 : 10}px Inter, system-ui, sans-serif`;
    for (const { projection, label, x, y, width, height } of insets) {
      pen.save();
      pen.beginPath();
      pen.roundRect(x, y, width, height, 6);
      pen.strokeStyle = this.#theme.coast;
      pen.lineWidth = 0.8;
      pen.stroke();
      pen.clip();
      this.#fillLand(geoPath(projection, pen));
      pen.restore();
      pen.fillStyle = this.#theme.muted;
      if (!small) pen.fillText(label, x, y - 5, width);
    }
  }

  #fillLand(path: ReturnType<typeof geoPath>): void {
    const { pen } = this.#land;
    pen.beginPath();
    path(this.#geography.states);
    pen.fillStyle = this.#theme.land;
    pen.fill();
    pen.strokeStyle = this.#theme.coast;
    pen.lineWidth = 0.8;
    pen.stroke();
  }

  #drawPicture(whole: boolean): void {
    if (whole) {
      this.#routes.clear();
      this.#airports.clear();
    }
    for (const route of whole ? this.#atlas.routes.values() : this.#newRoutes) this.#drawRoute(this.#routes.pen, route);
    this.#routes.pen.globalAlpha = 1;
    this.#drawAirports(whole ? this.#atlas.airports.keys() : this.#grown);
    this.#newRoutes = [];
    this.#grown.clear();
  }

  #drawRoute(pen: CanvasRenderingContext2D, route: Route): void {
    const arc = this.#arc(route);
    if (arc === undefined) return;
    const weight = Math.sqrt(Math.min(route.flights, 12_000) / 12_000);
    pen.strokeStyle = this.#theme.route;
    pen.globalAlpha = 0.05 + 0.3 * weight;
    pen.lineWidth = 0.6 + 0.9 * weight;
    pen.beginPath();
    pen.moveTo(...arc.from);
    pen.quadraticCurveTo(...arc.bend, ...arc.to);
    pen.stroke();
  }

  #drawAirports(ids: Iterable<Uuid>): void {
    const { pen } = this.#airports;
    const [fields, hubs] = [new Path2D(), new Path2D()];
    for (const id of ids) {
      const point = this.#points.get(id);
      if (point === undefined || !this.#atlas.airports.has(id)) continue;
      const radius = this.#radius(id);
      const path = this.#atlas.degree(id) > 0 ? hubs : fields;
      path.moveTo(point[0] + radius, point[1]);
      path.arc(point[0], point[1], radius, 0, 2 * Math.PI);
    }
    pen.fillStyle = this.#theme.airport;
    pen.fill(fields);
    pen.fillStyle = this.#theme.hub;
    pen.fill(hubs);
  }

  #radius(id: Uuid): number {
    const degree = this.#atlas.degree(id);
    const scale = Math.max(0.55, Math.min(1.25, this.#projection.width / 975));
    return (degree === 0 ? 0.95 : 1.3 + Math.sqrt(degree) * 0.17) * scale;
  }

  #drawOver(now: number): void {
    const { pen } = this.#over;
    this.#over.clear();
    this.#glow.draw(this.#over, now);
    if (this.#selected !== undefined) this.#drawSelection(this.#selected);
    for (const id of [this.#selected, this.#hovered]) {
      const point = id === undefined ? undefined : this.#points.get(id);
      if (id !== undefined && point !== undefined) this.#ring(point, this.#radius(id) + 3.5, this.#theme.created);
    }
    const pin = this.#pin === undefined ? undefined : this.#projection.toPoint(this.#pin);
    if (pin !== undefined) {
      this.#ring(pin, 6, this.#theme.created);
      pen.fillStyle = this.#theme.created;
      pen.fillRect(pin[0] - 1, pin[1] - 1, 2, 2);
    }
    this.#drawNames();
  }

  #drawSelection(id: Uuid): void {
    const { pen } = this.#over;
    pen.strokeStyle = this.#theme.created;
    for (const route of this.#atlas.routesOf(id)) {
      const arc = this.#arc(route);
      if (arc === undefined) continue;
      pen.globalAlpha = 0.28 + 0.4 * Math.sqrt(Math.min(route.flights, 12_000) / 12_000);
      pen.lineWidth = 0.9;
      pen.beginPath();
      pen.moveTo(...arc.from);
      pen.quadraticCurveTo(...arc.bend, ...arc.to);
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  #ring([x, y]: Point, radius: number, color: string): void {
    const { pen } = this.#over;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.strokeStyle = color;
    pen.lineWidth = 1.6;
    pen.stroke();
  }

  /** Writes the codes of the busiest airports, and of the selected one. */
  #drawNames(): void {
    if (this.#projection.width < 480) return;
    const { pen } = this.#over;
    const hubs = [...this.#atlas.airports.values()]
      .map((airport) => ({ airport, degree: this.#atlas.degree(airport.id) }))
      .filter(({ degree }) => degree > 20)
      .sort((a, b) => b.degree - a.degree)
      .slice(0, NAMED_HUBS)
      .map(({ airport }) => airport);
    const selected = this.#selected === undefined ? undefined : this.#atlas.airports.get(this.#selected);
    pen.font = "600 11px Inter, system-ui, sans-serif";
    pen.lineWidth = 3;
    pen.strokeStyle = this.#theme.paper;
    for (const airport of new Set(selected === undefined ? hubs : [...hubs, selected])) {
      const point = this.#points.get(airport.id);
      if (point === undefined) continue;
      const [x, y] = [point[0] + this.#radius(airport.id) + 4, point[1] + 4];
      pen.strokeText(airport.code, x, y);
      pen.fillStyle = airport === selected ? this.#theme.created : this.#theme.ink;
      pen.fillText(airport.code, x, y);
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
      const rank = this.#atlas.degree(id) > 0 ? distance - 3 : distance;
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
    this.#tip.hidden = airport === undefined || point === undefined;
    if (airport !== undefined && point !== undefined) {
      const degree = this.#atlas.degree(airport.id);
      this.#tip.replaceChildren(
        el("strong", { text: airport.code }),
        el("span", { text: airport.name }),
        el("small", { text: degree === 0 ? "no routes" : `${number(degree)} ${degree === 1 ? "route" : "routes"}` }),
      );
      const left = Math.min(Math.max(point[0], 90), this.#projection.width - 90);
      this.#tip.style.transform = `translate(${left}px, ${point[1]}px)`;
      this.#tip.classList.toggle("below", point[1] < 90);
    }
    this.#draw();
  }

  #click(event: MouseEvent): void {
    const point = this.#pointOf(event);
    const touch = event instanceof PointerEvent && event.pointerType === "touch";
    const id = this.#nearest(point, touch ? REACH.touch : REACH.mouse);
    this.onPick(id === undefined ? undefined : this.#atlas.airports.get(id), this.#projection.toPlace(point));
  }
}
