/** Drags what lies under the pointer. It hears of a press before the camera does, which leaves the press alone then. */
import type { Point } from "./projection.ts";

/** How far a pointer moves, in pixels, until a press is a drag and no click. */
const SLACK = 4;

interface Drags<T> {
  /** What a press takes hold of, if anything. */
  grab(event: PointerEvent): T | undefined;
  move(thing: T, event: PointerEvent): void;
  /** The end of a drag; `isCancelled` if it came to nothing. */
  drop(thing: T, event: PointerEvent, isCancelled: boolean): void;
}

export class Drag<T> {
  readonly #root: HTMLElement;
  readonly #drags: Drags<T>;
  #grabbed: { thing: T; pointer: number; start: Point } | undefined;
  #isMoved = false;

  constructor(root: HTMLElement, drags: Drags<T>) {
    this.#root = root;
    this.#drags = drags;
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"] as const) root.addEventListener(type, (event) => this.#release(event));
    // A finger that holds something doesn't scroll the page.
    root.addEventListener("touchstart", (event) => this.isActive && event.preventDefault(), { passive: false });
    // The click that ends a drag is none.
    root.addEventListener("click", (event) => this.#isMoved && event.stopImmediatePropagation(), { capture: true });
  }

  get isActive(): boolean {
    return this.#grabbed !== undefined;
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0 || !event.isPrimary) return;
    this.#isMoved = false;
    const thing = this.#drags.grab(event);
    if (thing !== undefined) this.#grabbed = { thing, pointer: event.pointerId, start: [event.clientX, event.clientY] };
  }

  #move(event: PointerEvent): void {
    const grabbed = this.#grabbed;
    if (grabbed === undefined || event.pointerId !== grabbed.pointer) return;
    const [x, y] = grabbed.start;
    if (!this.#isMoved && Math.hypot(event.clientX - x, event.clientY - y) < SLACK) return;
    if (!this.#isMoved) this.#root.setPointerCapture(event.pointerId);
    this.#isMoved = true;
    this.#drags.move(grabbed.thing, event);
  }

  #release(event: PointerEvent): void {
    const grabbed = this.#grabbed;
    if (grabbed === undefined || event.pointerId !== grabbed.pointer) return;
    this.#grabbed = undefined;
    if (this.#isMoved) this.#drags.drop(grabbed.thing, event, event.type === "pointercancel");
  }
}
