/** The map: the sheets that rest, over them what is selected or pointed at, then what is in the air, and above all the names. */
import type { Uuid } from "everbus";
import { Camera } from "./camera.ts";
import type { Geography } from "../traffic/data.ts";
import { Drag } from "./drag.ts";
import { find } from "../page/dom.ts";
import { Glow } from "./glow.ts";
import { Layer } from "./layer.ts";
import { chooseNames, isWithin, partUnder, type Box } from "./names.ts";
import { circle, inkFor, labelOf, paintChosenRoute, paintLabel, paintName, paintRing, paintRoute, radiusOf, sizeOfName, type Ink } from "./paint.ts";
import { Places } from "./places.ts";
import { drawPlanes } from "./planes.ts";
import { Projection, type Place } from "./projection.ts";
import { Sheets } from "./sheets.ts";
import type { Airport, Atlas, Change } from "./state.ts";
import { readTheme } from "../page/theme.ts";
import { Tip } from "./tip.ts";
import type { Clock, View } from "./view.ts";

/** How near a pointer must be to an airport, in pixels. */
const REACH = { mouse: 9, touch: 18 };

export class MapView implements View {
  onPick: View["onPick"] = () => {};
  onMove: View["onMove"] = () => {};

  readonly camera: Camera;
  readonly #root: HTMLElement;
  readonly #sheets: Sheets;
  readonly #air: Layer;
  readonly #over: Layer;
  readonly #names: Layer;
  readonly #tip: Tip;
  readonly #drag: Drag<Airport>;
  readonly #glow = new Glow();
  readonly #places = new Places();

  #atlas: Atlas;
  #projection = new Projection(1);
  #theme = readTheme();
  #clock: Clock | undefined;
  #selected: Uuid | undefined;
  #hovered: Uuid | undefined;
  #pin: Place | undefined;
  /** What the page's buttons lie over. */
  #covered: Box = { x: 0, y: 0, width: 0, height: 0 };
  /** What has moved to its place, until the sheets show it there. */
  readonly #settling = new Set<Uuid>();
  #isOverStale = true;
  #frame = 0;

  constructor(root: HTMLElement, atlas: Atlas) {
    this.#root = root;
    this.#atlas = atlas;
    this.#sheets = new Sheets(root);
    this.#over = new Layer(root, "over");
    this.#air = new Layer(root, "air");
    this.#names = new Layer(root, "names");
    this.#tip = new Tip(root);
    this.#drag = new Drag(root, {
      grab: (event) => this.#grab(event),
      move: (airport, event) => this.#carry(airport, event),
      drop: (airport, event, isCancelled) => this.#drop(airport, event, isCancelled),
    });
    this.camera = new Camera(root);
    this.camera.isFree = () => !this.#drag.isActive;
    this.camera.onMove = () => {
      this.#setHovered(undefined);
      this.#drawOver();
    };
    new ResizeObserver(() => this.#resize()).observe(root);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#repaint());
    root.addEventListener("pointermove", (event) => this.#hover(event));
    root.addEventListener("pointerleave", () => this.#setHovered(undefined));
    root.addEventListener("click", (event) => this.#click(event));
  }

  /** Lays the land under the picture, which doesn't wait for it. */
  setLand(geography: Geography): void {
    this.#sheets.setLand(geography);
    this.#draw();
  }

  show(change: Change, live: boolean): void {
    if (change.subject === "flight") {
      const at = this.#places.get(change.action === "created" ? change.flight.from : change.flight.to);
      if (live && at !== undefined) this.#glow.addFaint(at, this.#theme.hub);
      return this.#draw();
    }
    if (change.subject === "airport") this.#showAirport(change.action, change.airport, live);
    else {
      const arc = this.#places.arc(change.route.from, change.route.to);
      if (live && arc !== undefined) this.#glow.add(arc, this.#colorOf(change.action));
      if (change.action === "created") this.#sheets.addRoute(change.route);
      else this.#sheets.repaint(false);
    }
    this.#drawOver();
  }

  display(atlas: Atlas): void {
    this.#atlas = atlas;
    this.#places.reset(atlas, this.#projection);
    this.#glow.clear();
    this.#setHovered(undefined);
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
    this.#drawOver();
  }

  /** Marks the place of an airport that is being added or moved. */
  pin(place: Place | undefined): void {
    this.#pin = place;
    this.#drawOver();
  }

  has(place: Place): boolean {
    return this.#projection.toPoint(place) !== undefined;
  }

  #showAirport(action: Change["action"], airport: Airport, live: boolean): void {
    const { id } = airport;
    if (action === "updated") {
      if (live && this.#places.send(airport, this.#projection, performance.now())) this.#sheets.repaint(true);
      else this.#places.put(airport, this.#projection);
    } else this.#places.put(airport, this.#projection);
    const point = this.#places.get(id);
    if (live && point !== undefined) this.#glow.add(point, this.#colorOf(action));
    if (action === "created") return this.#sheets.addAirport(id);
    if (action === "deleted") this.#places.remove(id);
    if (action === "deleted" && this.#hovered === id) this.#setHovered(undefined);
    this.#sheets.repaint(false);
  }

  #colorOf(action: Change["action"]): string {
    return action === "created" ? this.#theme.spark : this.#theme[action];
  }

  #resize(): void {
    const width = this.#root.clientWidth;
    if (width === 0 || width === this.#projection.width) return;
    this.#projection = new Projection(width);
    const { height } = this.#projection;
    for (const layer of [this.#air, this.#over, this.#names]) layer.resize(width, height);
    this.#sheets.resize(this.#projection);
    this.camera.resize(width, height);
    this.#covered = partUnder(find("tools", HTMLDivElement), this.#root);
    this.display(this.#atlas);
  }

  #repaint(): void {
    this.#theme = readTheme();
    this.#sheets.repaint(true);
    this.#drawOver();
  }

  #drawOver(): void {
    this.#isOverStale = true;
    this.#draw();
  }

  #draw(): void {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#paint(now)) this.#draw();
    });
  }

  /** Whether there is more to paint in the next frame. */
  #paint(now: number): boolean {
    const { sight } = this.camera;
    const arrived = this.#places.advance(now);
    for (const id of arrived) this.#settling.add(id);
    if (arrived.length > 0) this.#sheets.repaint(true);
    const isUnfinished = this.#sheets.paint({ atlas: this.#atlas, places: this.#places, theme: this.#theme }, sight);
    const isMoving = this.#places.moving.length + this.#settling.size > 0;
    if (!isUnfinished) this.#settling.clear();
    const isFlying = this.#paintAir(now);
    if (this.#isOverStale || isMoving) this.#paintOver();
    this.#isOverStale = false;
    return isUnfinished || isMoving || isFlying;
  }

  #paintAir(now: number): boolean {
    const { pen } = this.#air;
    const ink = this.#ink;
    this.#air.clear();
    this.#air.aim(this.camera.sight);
    this.#glow.draw(pen, now, ink.pixel);
    const time = this.#clock?.() ?? Date.now();
    const style = { size: Math.max(ink.dot, 0.6 * ink.pixel), color: this.#theme.plane, rim: this.#theme.paper };
    const isFlying = drawPlanes(pen, this.#atlas.flights.values(), ({ from, to }) => this.#places.arc(from, to), time, style);
    return this.#glow.active || (isFlying && this.#clock === undefined);
  }

  #paintOver(): void {
    const { pen } = this.#over;
    const ink = this.#ink;
    const selected = this.#atlas.airports.has(this.#selected ?? "") ? this.#selected : undefined;
    this.#root.classList.toggle("focussed", selected !== undefined);
    this.#over.clear();
    this.#over.aim(this.camera.sight);
    for (const id of [...this.#places.moving, ...this.#settling]) this.#paintMoving(id, ink);
    if (selected !== undefined) {
      for (const { from, to, flights } of this.#atlas.routes.of(selected)) {
        const arc = this.#places.arc(from, to);
        if (arc !== undefined) paintChosenRoute(pen, arc, flights, ink, this.#theme);
      }
    }
    for (const id of new Set([selected, this.#hovered])) {
      const point = id === undefined ? undefined : this.#places.get(id);
      if (id !== undefined && point !== undefined) paintRing(pen, point, this.#radius(id) + 3.5 * ink.pixel, ink, this.#theme);
    }
    const pin = this.#pin === undefined ? undefined : this.#projection.toPoint(this.#pin);
    if (pin !== undefined) for (const radius of [1, 7]) paintRing(pen, pin, radius * ink.pixel, ink, this.#theme);
    this.#paintNames(selected);
  }

  /** An airport on its way, with its routes: the sheets leave them out meanwhile. */
  #paintMoving(id: Uuid, ink: Ink): void {
    const { pen } = this.#over;
    const point = this.#places.get(id);
    if (point === undefined) return;
    for (const { from, to, flights } of this.#atlas.routes.of(id)) {
      const arc = this.#places.arc(from, to);
      if (arc !== undefined) paintRoute(pen, arc, flights, ink, this.#theme);
    }
    pen.globalAlpha = 1;
    pen.fillStyle = this.#theme.hub;
    pen.beginPath();
    circle(pen, point, this.#radius(id));
    pen.fill();
  }

  #paintNames(selected: Uuid | undefined): void {
    const { pen } = this.#names;
    const { width, height, insets } = this.#projection;
    const { k } = this.camera.sight;
    const labels = insets
      .flatMap((inset) => labelOf(pen, inset.label, this.camera.toScreen([inset.x, inset.y]), inset.width * k) ?? [])
      .filter(({ box }) => isWithin(box, width, height));
    const names = chooseNames(this.#atlas, selected, {
      width,
      height,
      zoom: k,
      spot: (id) => {
        const point = this.#places.get(id);
        return point && { at: this.camera.toScreen(point), radius: this.#radius(id) * k };
      },
      sizeOf: (text) => sizeOfName(pen, text),
      taken: [...labels.map(({ box }) => box), this.#covered],
    });
    this.#names.clear();
    for (const label of labels) paintLabel(pen, label, this.#theme);
    for (const name of names) paintName(pen, name, this.#theme);
  }

  get #ink(): Ink {
    return inkFor(this.#projection.width, this.camera.sight.k);
  }

  #radius(id: Uuid): number {
    return radiusOf(this.#atlas.routes.degree(id), this.#ink);
  }

  #nearest(event: MouseEvent): Uuid | undefined {
    const isTouch = event instanceof PointerEvent && event.pointerType === "touch";
    const reach = (isTouch ? REACH.touch : REACH.mouse) / this.camera.sight.k;
    return this.#places.nearest(this.camera.toPicture(event), reach, this.#atlas);
  }

  #hover(event: PointerEvent): void {
    if (event.pointerType !== "touch" && event.buttons === 0) this.#setHovered(this.#nearest(event));
  }

  #setHovered(id: Uuid | undefined): void {
    if (id === this.#hovered) return;
    this.#hovered = id;
    const airport = id === undefined ? undefined : this.#atlas.airports.get(id);
    const point = id === undefined ? undefined : this.#places.get(id);
    this.#root.classList.toggle("pointing", airport !== undefined);
    this.#root.classList.toggle("movable", airport !== undefined && id === this.#selected);
    if (airport === undefined || point === undefined) this.#tip.hide();
    else this.#tip.show(airport, this.#atlas.routes.degree(airport.id), this.camera.toScreen(point), this.#projection.width);
    this.#drawOver();
  }

  #click(event: MouseEvent): void {
    const id = this.#nearest(event);
    const place = this.#projection.toPlace(this.camera.toPicture(event));
    this.onPick(id === undefined ? undefined : this.#atlas.airports.get(id), place);
  }

  /** Only the airport that is selected is dragged: so a drag of the map moves none by mistake. */
  #grab(event: PointerEvent): Airport | undefined {
    const id = this.#nearest(event);
    return id === undefined || id !== this.#selected ? undefined : this.#atlas.airports.get(id);
  }

  #carry({ id }: Airport, event: PointerEvent): void {
    this.#setHovered(undefined);
    if (!this.#places.isMoving(id)) this.#sheets.repaint(true);
    this.#places.hold(id, this.camera.toPicture(event));
    this.#drawOver();
  }

  /** Publishes where it was dropped. Until that comes back committed it is on its way to where it was: nothing is assumed. */
  #drop({ id }: Airport, event: PointerEvent, isCancelled: boolean): void {
    const place = this.#projection.toPlace(this.camera.toPicture(event));
    const airport = this.#atlas.airports.get(id);
    if (airport === undefined) return;
    this.#places.send(airport, this.#projection, performance.now());
    this.#settling.add(id);
    this.#sheets.repaint(true);
    if (!isCancelled && place !== undefined && this.has(place)) this.onMove(airport, place);
    this.#drawOver();
  }
}
