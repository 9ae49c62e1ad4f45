/**
 * Pan and zoom of a view: by drag, wheel, pinch, double click and keys.
 *
 * The page keeps its scrolling: a wheel zooms if nothing scrolls by it, or if the view has the focus or Ctrl or ⌘ is
 * held; and one finger scrolls, where two of them move the view.
 */
import { select, type Selection } from "d3-selection";
import { zoom, zoomIdentity, type ZoomBehavior, type ZoomTransform } from "d3-zoom";
import { el } from "../page/dom.ts";
import type { Point } from "./projection.ts";

const MOST = 24;
const STEP = 1.8;
const PAN_PIXELS = 80;
const GLIDE_MS = 220;
const HINT_MS = 1600;

export class Camera {
  /** Called whenever the view is looked at otherwise. */
  onMove: () => void = () => {};
  /** Whether a press of the pointer is the camera's, and not a drag of something in the view. */
  isFree: () => boolean = () => true;

  readonly #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  readonly #root: HTMLElement;
  readonly #selection: Selection<HTMLElement, unknown, null, undefined>;
  readonly #zoom: ZoomBehavior<HTMLElement, unknown>;
  readonly #hint = el("p", { class: "zoom-hint", hidden: true });
  #sight: ZoomTransform = zoomIdentity;
  #width = 0;
  #glide = 0;
  #hintTimer = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#selection = select(root);
    this.#zoom = zoom<HTMLElement, unknown>()
      .scaleExtent([1, MOST])
      .clickDistance(4)
      .duration(this.#still.matches ? 0 : GLIDE_MS)
      .filter((event: Event) => this.#admits(event))
      // A hand on the view is stronger than a glide on its way.
      .on("start", ({ sourceEvent }: { sourceEvent: unknown }) => sourceEvent && cancelAnimationFrame(this.#glide))
      .on("zoom", ({ transform }: { transform: ZoomTransform }) => this.#look(transform));
    this.#selection.call(this.#zoom);
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("touchstart", (event) => event.touches.length > 1 && event.cancelable && event.preventDefault(), { passive: false });
    root.addEventListener("touchmove", (event) => this.#touch(event), { capture: true });
    root.append(this.#hint);
  }

  get sight(): ZoomTransform {
    return this.#sight;
  }

  /** The size of the view; what was in its middle stays there. */
  resize(width: number, height: number): void {
    const { k, x, y } = this.#sight;
    const ratio = this.#width === 0 ? 1 : width / this.#width;
    this.#width = width;
    this.#zoom.extent([[0, 0], [width, height]]).translateExtent([[0, 0], [width, height]]);
    this.#selection.call(this.#zoom.transform, zoomIdentity.translate(x * ratio, y * ratio).scale(k));
  }

  /** From a pointer's event to the picture's own units. */
  toPicture(event: MouseEvent): Point {
    const box = this.#root.getBoundingClientRect();
    return this.#sight.invert([event.clientX - box.left, event.clientY - box.top]);
  }

  toScreen(point: Point): Point {
    return this.#sight.apply(point);
  }

  zoomIn(): void {
    this.#zoomBy(STEP);
  }

  zoomOut(): void {
    this.#zoomBy(1 / STEP);
  }

  /** Back to all of it, around the point that stays where it is meanwhile. */
  showAll(): void {
    const { k, x, y } = this.#sight;
    if (k === 1) return;
    this.#glideBy((t) => {
      const scale = k ** (1 - t);
      const share = (scale - 1) / (k - 1);
      this.#selection.call(this.#zoom.transform, zoomIdentity.translate(x * share, y * share).scale(scale));
    });
  }

  #look(sight: ZoomTransform): void {
    this.#sight = sight;
    this.#root.classList.toggle("zoomed", sight.k > 1);
    this.#root.dataset.zoom = sight.k.toFixed(2);
    this.onMove();
  }

  #admits(event: Event): boolean {
    if (event instanceof WheelEvent) {
      if (event.ctrlKey || event.metaKey || document.activeElement === this.#root || !pageScrolls()) return true;
      this.#tell("Hold Ctrl or ⌘ while scrolling to zoom, or click here first.");
      return false;
    }
    if (window.TouchEvent !== undefined && event instanceof TouchEvent) return event.touches.length > 1;
    return event instanceof MouseEvent && event.button === 0 && !event.ctrlKey && this.isFree();
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.#root || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      "+": () => this.zoomIn(),
      "=": () => this.zoomIn(),
      "-": () => this.zoomOut(),
      "0": () => this.showAll(),
      ArrowLeft: () => this.#panBy(PAN_PIXELS, 0),
      ArrowRight: () => this.#panBy(-PAN_PIXELS, 0),
      ArrowUp: () => this.#panBy(0, PAN_PIXELS),
      ArrowDown: () => this.#panBy(0, -PAN_PIXELS),
    }[event.key];
    // At full size the arrow keys scroll the page as ever.
    if (act === undefined || (event.key.startsWith("Arrow") && this.#sight.k === 1)) return;
    event.preventDefault();
    act();
  }

  #panBy(x: number, y: number): void {
    const { k } = this.#sight;
    this.#selection.call(this.#zoom.translateBy, x / k, y / k);
  }

  #zoomBy(factor: number): void {
    const { k } = this.#sight;
    const target = Math.max(1, Math.min(MOST, k * factor));
    this.#glideBy((t) => this.#selection.call(this.#zoom.scaleTo, k * (target / k) ** t));
  }

  #glideBy(step: (t: number) => void): void {
    cancelAnimationFrame(this.#glide);
    if (this.#still.matches) return step(1);
    const started = performance.now();
    const next = (now: number): void => {
      const t = Math.max(0, Math.min(1, (now - started) / GLIDE_MS));
      step(1 - (1 - t) ** 3);
      if (t < 1) this.#glide = requestAnimationFrame(next);
    };
    this.#glide = requestAnimationFrame(next);
  }

  #touch(event: TouchEvent): void {
    // What the browser scrolls by already is not a gesture of the view as well.
    if (!event.cancelable) event.stopPropagation();
    if (event.touches.length === 1 && this.#sight.k > 1) this.#tell("Two fingers move the picture.");
  }

  #tell(text: string): void {
    this.#hint.textContent = text;
    this.#hint.hidden = false;
    clearTimeout(this.#hintTimer);
    this.#hintTimer = window.setTimeout(() => (this.#hint.hidden = true), HINT_MS);
  }
}

function pageScrolls(): boolean {
  const page = document.documentElement;
  return page.scrollHeight > page.clientHeight + 1;
}
