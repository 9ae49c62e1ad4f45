/** The graph: airports as dots that their routes pull together, whatever the map says. Its layout is a worker's. */
import type { Uuid } from "everbus";
import { Camera } from "./camera.ts";
import { Drag } from "./drag.ts";
import { find } from "../page/dom.ts";
import { Glow } from "./glow.ts";
import { GraphLayout } from "./graph-layout.ts";
import { paintDots, paintLines, paintNeighbours } from "./graph-paint.ts";
import { Layer, type Sight } from "./layer.ts";
import { chooseNames, partUnder, type Box } from "./names.ts";
import { inkFor, paintName, paintRing, radiusOf, sizeOfName, type Arc, type Ink } from "./paint.ts";
import { drawPlanes } from "./planes.ts";
import type { Point } from "./projection.ts";
import type { Airport, Atlas, Change, Route } from "./state.ts";
import { readTheme } from "../page/theme.ts";
import { Tip } from "./tip.ts";
import type { Clock, View } from "./view.ts";

const REACH = { mouse: 9, touch: 18 };
/** How much of the view the graph fills. */
const FILL = 0.97;
/** While it moves only the busiest routes are drawn. */
const MOST_MOVING = 1800;
/** How often the layout hears of changes while they come. */
const BEAT_MS = 100;
const MOST_FRESH = 400;

export class GraphView implements View {
  onPick: View["onPick"] = () => {};
  onMove: View["onMove"] = () => {};

  readonly camera: Camera;
  readonly #root: HTMLElement;
  readonly #lines: Layer;
  readonly #dots: Layer;
  readonly #air: Layer;
  readonly #over: Layer;
  readonly #names: Layer;
  readonly #tip: Tip;
  readonly #drag: Drag<Airport>;
  readonly #glow = new Glow();
  readonly #layout = new GraphLayout();

  #atlas: Atlas;
  #theme = readTheme();
  #clock: Clock | undefined;
  #selected: Uuid | undefined;
  #hovered: Uuid | undefined;
  #size = { width: 0, height: 0 };
  /** What the page's buttons lie over. */
  #covered: Box = { x: 0, y: 0, width: 0, height: 0 };
  /** The routes from the busiest to the quietest, as long as there is no other. */
  #routes: Route[] | undefined;
  /** What was created, to glow once it has a place. */
  #fresh: Change[] = [];
  #isLayoutStale = true;
  #followed = -Infinity;
  #stale = { picture: true, over: true };
  #frame = 0;

  constructor(root: HTMLElement, atlas: Atlas) {
    this.#root = root;
    this.#atlas = atlas;
    this.#lines = new Layer(root, "lines");
    this.#dots = new Layer(root, "dots");
    this.#over = new Layer(root, "over");
    this.#air = new Layer(root, "air");
    this.#names = new Layer(root, "names");
    this.#tip = new Tip(root);
    this.#drag = new Drag(root, {
      grab: (event) => this.#grab(event),
      move: ({ id }, event) => {
        this.#setHovered(undefined);
        this.#layout.pin(id, this.#toGraph(event));
      },
      drop: ({ id }) => this.#layout.pin(id, undefined),
    });
    this.camera = new Camera(root);
    this.camera.isFree = () => !this.#drag.isActive;
    this.camera.onMove = () => {
      this.#setHovered(undefined);
      this.#repaint();
    };
    this.#layout.onPlaces = () => {
      for (const change of this.#fresh) this.#spark(change);
      this.#fresh = [];
      root.dataset.layout = this.#layout.isMoving ? "moving" : "settled";
      this.#repaint();
    };
    new ResizeObserver(() => this.#resize()).observe(root);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#theme = readTheme();
      this.#repaint();
    });
    root.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch" && event.buttons === 0) this.#setHovered(this.#nearest(event));
    });
    root.addEventListener("pointerleave", () => this.#setHovered(undefined));
    root.addEventListener("click", (event) => this.onPick(this.#atlas.airports.get(this.#nearest(event) ?? ""), undefined));
  }

  show(change: Change, live: boolean): void {
    if (change.subject === "flight") {
      const at = this.#layout.get(change.action === "created" ? change.flight.from : change.flight.to);
      if (live && at !== undefined) this.#glow.addFaint(at, this.#theme.hub);
      return this.#draw();
    }
    if (live && change.action !== "created") this.#spark(change);
    else if (live && this.#fresh.length < MOST_FRESH) this.#fresh.push(change);
    this.#isLayoutStale = true;
    this.#routes = undefined;
    this.#repaint();
  }

  display(atlas: Atlas): void {
    this.#atlas = atlas;
    this.#glow.clear();
    this.#fresh = [];
    this.#setHovered(undefined);
    this.#isLayoutStale = true;
    this.#followed = -Infinity;
    this.#routes = undefined;
    this.#repaint();
  }

  setVisible(visible: boolean): void {
    this.#root.hidden = !visible;
  }

  setClock(clock: Clock | undefined): void {
    this.#clock = clock;
    this.#draw();
  }

  select(airport: Uuid | undefined): void {
    this.#selected = airport;
    this.#stale.over = true;
    this.#draw();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#root;
    if (width === 0) return;
    this.#size = { width, height };
    for (const layer of [this.#lines, this.#dots, this.#over, this.#air, this.#names]) layer.resize(width, height);
    this.camera.resize(width, height);
    this.#covered = partUnder(find("tools", HTMLDivElement), this.#root);
    this.#repaint();
  }

  #repaint(): void {
    this.#stale = { picture: true, over: true };
    this.#draw();
  }

  #draw(): void {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (!this.#root.hidden && this.#paint(now)) this.#draw();
    });
  }

  /** Whether there is more to paint in the next frame. */
  #paint(now: number): boolean {
    if (this.#isLayoutStale && now - this.#followed > BEAT_MS) {
      this.#layout.follow(this.#atlas);
      this.#isLayoutStale = false;
      this.#followed = now;
    }
    const { picture, over } = this.#stale;
    this.#stale = { picture: false, over: false };
    if (picture) this.#paintPicture();
    const isFlying = this.#paintAir(now);
    if (over) this.#paintOver();
    if (picture) this.#layout.drawn();
    return isFlying || this.#isLayoutStale;
  }

  #paintPicture(): void {
    for (const layer of [this.#lines, this.#dots]) {
      layer.clear();
      layer.aim(this.#sight);
    }
    this.#routes ??= [...this.#atlas.routes.values()].sort((a, b) => b.flights - a.flights);
    const routes = this.#layout.isMoving ? this.#routes.slice(0, MOST_MOVING) : this.#routes;
    const ink = this.#ink;
    paintLines(this.#lines.pen, routes, (id) => this.#layout.get(id), ink, this.#theme);
    paintDots(this.#dots.pen, this.#placed(ink), ink, this.#theme);
  }

  *#placed(ink: Ink): Generator<{ at: Point; radius: number; isAlone: boolean }> {
    for (const id of this.#atlas.airports.keys()) {
      const at = this.#layout.get(id);
      const degree = this.#atlas.routes.degree(id);
      if (at !== undefined) yield { at, radius: radiusOf(degree, ink), isAlone: degree === 0 };
    }
  }

  #paintAir(now: number): boolean {
    const ink = this.#ink;
    this.#air.clear();
    this.#air.aim(this.#sight);
    this.#glow.draw(this.#air.pen, now, ink.pixel);
    const style = { size: Math.max(ink.dot, 0.6 * ink.pixel), color: this.#theme.plane, rim: this.#theme.paper };
    const time = this.#clock?.() ?? Date.now();
    const isFlying = drawPlanes(this.#air.pen, this.#atlas.flights.values(), ({ from, to }) => this.#line(from, to), time, style);
    return this.#glow.active || (isFlying && this.#clock === undefined);
  }

  #paintOver(): void {
    const { pen } = this.#over;
    const ink = this.#ink;
    const selected = this.#atlas.airports.has(this.#selected ?? "") ? this.#selected : undefined;
    this.#root.classList.toggle("focussed", selected !== undefined);
    this.#over.clear();
    this.#over.aim(this.#sight);
    if (selected !== undefined) this.#paintChosen(selected, ink);
    for (const id of new Set([selected, this.#hovered])) {
      const at = id === undefined ? undefined : this.#layout.get(id);
      if (id !== undefined && at !== undefined) paintRing(pen, at, radiusOf(this.#atlas.routes.degree(id), ink) + 3.5 * ink.pixel, ink, this.#theme);
    }
    this.#paintNames(selected, ink);
  }

  #paintNames(selected: Uuid | undefined, ink: Ink): void {
    const { pen } = this.#names;
    const names = chooseNames(this.#atlas, selected, {
      ...this.#size,
      zoom: this.camera.sight.k,
      spot: (id) => {
        const at = this.#layout.get(id);
        return at && { at: this.#toScreen(at), radius: radiusOf(this.#atlas.routes.degree(id), ink) / ink.pixel };
      },
      sizeOf: (text) => sizeOfName(pen, text),
      taken: [this.#covered],
    });
    this.#names.clear();
    for (const name of names) paintName(pen, name, this.#theme);
  }

  #paintChosen(selected: Uuid, ink: Ink): void {
    const routes = this.#atlas.routes.of(selected);
    const lines: [Point, Point][] = [];
    const dots: { at: Point; radius: number }[] = [];
    for (const id of new Set([selected, ...routes.map(({ from, to }) => (from === selected ? to : from))])) {
      const [from, at] = [this.#layout.get(selected), this.#layout.get(id)];
      if (from === undefined || at === undefined) continue;
      lines.push([from, at]);
      dots.push({ at, radius: radiusOf(this.#atlas.routes.degree(id), ink) });
    }
    paintNeighbours(this.#over.pen, lines, dots, ink, this.#theme);
  }

  /** Adds a glow where something is created, updated or deleted. */
  #spark({ action, ...change }: Change): void {
    const color = action === "created" ? this.#theme.spark : this.#theme[action];
    const shape =
      change.subject === "airport"
        ? this.#layout.get(change.airport.id)
        : change.subject === "route" ? this.#line(change.route.from, change.route.to) : undefined;
    if (shape !== undefined) this.#glow.add(shape, color);
  }

  #line(from: Uuid, to: Uuid): Arc | undefined {
    const [a, b] = [this.#layout.get(from), this.#layout.get(to)];
    return a && b && { from: a, bend: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], to: b };
  }

  /** The graph's middle is in the middle of the view, and all of it fits in. */
  get #scale(): number {
    return ((Math.min(this.#size.width, this.#size.height) / 2) * FILL) / this.#layout.extent;
  }

  get #sight(): Sight {
    const { k, x, y } = this.camera.sight;
    return { k: k * this.#scale, x: x + (k * this.#size.width) / 2, y: y + (k * this.#size.height) / 2 };
  }

  get #ink(): Ink {
    return inkFor(this.#size.width, this.camera.sight.k, this.#scale);
  }

  #toGraph(event: MouseEvent): Point {
    const [x, y] = this.camera.toPicture(event);
    return [(x - this.#size.width / 2) / this.#scale, (y - this.#size.height / 2) / this.#scale];
  }

  #toScreen([x, y]: Point): Point {
    const sight = this.#sight;
    return [x * sight.k + sight.x, y * sight.k + sight.y];
  }

  #nearest(event: MouseEvent): Uuid | undefined {
    const isTouch = event instanceof PointerEvent && event.pointerType === "touch";
    const [x, y] = this.#toGraph(event);
    let [best, least]: [Uuid | undefined, number] = [undefined, (isTouch ? REACH.touch : REACH.mouse) / this.#sight.k];
    for (const id of this.#atlas.airports.keys()) {
      const at = this.#layout.get(id);
      const distance = at === undefined ? Infinity : Math.hypot(at[0] - x, at[1] - y);
      if (distance < least) [best, least] = [id, distance];
    }
    return best;
  }

  #setHovered(id: Uuid | undefined): void {
    if (id === this.#hovered) return;
    this.#hovered = id;
    const airport = id === undefined ? undefined : this.#atlas.airports.get(id);
    const at = id === undefined ? undefined : this.#layout.get(id);
    this.#root.classList.toggle("pointing", airport !== undefined);
    if (airport === undefined || at === undefined) this.#tip.hide();
    else this.#tip.show(airport, this.#atlas.routes.degree(airport.id), this.#toScreen(at), this.#size.width);
    this.#stale.over = true;
    this.#draw();
  }

  /** By touch only the airport that is selected is dragged: one finger scrolls the page. */
  #grab(event: PointerEvent): Airport | undefined {
    const id = this.#nearest(event);
    return id === undefined || (event.pointerType === "touch" && id !== this.#selected) ? undefined : this.#atlas.airports.get(id);
  }
}
