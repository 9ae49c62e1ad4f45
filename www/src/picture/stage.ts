/** The stage: the map or the graph, and on it the picture as it is now, or as it was. */
import type { Uuid } from "everbus";
import { find } from "../page/dom.ts";
import type { Place } from "./projection.ts";
import type { Airport, Atlas, Change } from "./state.ts";
import type { Clock, View } from "./view.ts";

export class Stage {
  readonly #views: ReadonlyMap<string, View>;
  #view: View;
  readonly #present: Atlas;
  #atlas: Atlas;
  #selected: Uuid | undefined;
  #clock: Clock | undefined;

  constructor(views: ReadonlyMap<string, View>, first: View, atlas: Atlas) {
    this.#views = views;
    this.#view = first;
    this.#present = this.#atlas = atlas;
    for (const view of views.values()) {
      view.onPick = (airport, place) => this.onPick(airport, place);
      view.onMove = (airport, place) => !this.isPast && this.onMove(airport, place);
      view.setVisible(view === first);
    }
    const buttons = { "zoom-in": "zoomIn", "zoom-out": "zoomOut", "zoom-all": "showAll" } as const;
    for (const [id, act] of Object.entries(buttons)) {
      find(id, HTMLButtonElement).addEventListener("click", () => this.#view.camera[act]());
    }
    first.display(atlas);
  }

  onPick: (airport: Airport | undefined, place: Place | undefined) => void = () => {};
  onMove: (airport: Airport, place: Place) => void = () => {};

  /** The picture that is seen. */
  get atlas(): Atlas {
    return this.#atlas;
  }

  /** Whether that is not the present. */
  get isPast(): boolean {
    return this.#atlas !== this.#present;
  }

  get selected(): Uuid | undefined {
    return this.#selected;
  }

  /** Shows another atlas, or one that has become another. */
  display(atlas: Atlas): void {
    this.#atlas = atlas;
    this.#view.display(atlas);
  }

  /** Draws a change of an atlas, if that is the one that is seen. */
  show(atlas: Atlas, change: Change, live: boolean): void {
    if (atlas === this.#atlas) this.#view.show(change, live);
  }

  select(airport: Uuid | undefined): void {
    this.#selected = airport;
    this.#view.select(airport);
  }

  /** Sets the time by which flights are on their way: that of the past that is seen, or `undefined` for the present. */
  setClock(clock: Clock | undefined): void {
    this.#clock = clock;
    this.#view.setClock(clock);
  }

  /** Turns to the view of that name. */
  turnTo(name: string): void {
    const view = this.#views.get(name);
    if (view === undefined || view === this.#view) return;
    this.#view.setVisible(false);
    this.#view = view;
    view.setVisible(true);
    view.setClock(this.#clock);
    view.display(this.#atlas);
    view.select(this.#selected);
  }
}
