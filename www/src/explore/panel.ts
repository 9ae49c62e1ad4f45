/** The selected airport: what it is, its routes, its history, and what can be done with it. */
import type { Bus, EventEnvelope, SeqNo, Uuid } from "everbus";
import { count, find } from "../page/dom.ts";
import { EditForm, type Changes } from "./edit-form.ts";
import { History } from "./history.ts";
import type { Part } from "../page/part.ts";
import { formatPlace } from "./place-text.ts";
import type { Place } from "../picture/projection.ts";
import { RouteList } from "./route-list.ts";
import type { Stage } from "../picture/stage.ts";
import type { Airport, Change, Route } from "../picture/state.ts";

export interface Edits {
  select(airport: Uuid | undefined): void;
  change(airport: Airport, changes: Changes): void;
  delete(airport: Airport): void;
  drawRoute(from: Airport): void;
  removeRoute(route: Route): void;
  travel(seqNo: SeqNo): void;
  /** Marks a place on the map, or takes the mark away. */
  pin(place: Place | undefined): void;
  isOnMap(place: Place): boolean;
}

export class Panel implements Part {
  readonly #stage: Stage;
  readonly #root = find("airport", HTMLElement);
  readonly #code = find("airport-code", HTMLSpanElement);
  readonly #name = find("airport-name", HTMLSpanElement);
  readonly #place = find("airport-place", HTMLParagraphElement);
  readonly #title = find("routes-title", HTMLHeadingElement);
  readonly #delete = find("delete-airport", HTMLButtonElement);
  readonly #tools = find("airport-tools", HTMLFieldSetElement);
  readonly #routes: RouteList;
  readonly #form: EditForm;
  readonly #history: History;
  #shown: Uuid | undefined;

  constructor(stage: Stage, edits: Edits) {
    this.#stage = stage;
    this.#routes = new RouteList(edits);
    this.#history = new History(stage, edits.travel);
    this.#form = new EditForm({
      airport: () => this.airport,
      save: edits.change,
      pin: edits.pin,
      isOnMap: edits.isOnMap,
    });
    find("airport-close", HTMLButtonElement).addEventListener("click", () => edits.select(undefined));
    find("draw-route", HTMLButtonElement).addEventListener("click", () => {
      if (this.airport !== undefined) edits.drawRoute(this.airport);
    });
    this.#delete.addEventListener("click", () => {
      if (this.airport !== undefined) edits.delete(this.airport);
    });
    this.#root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") edits.select(undefined);
    });
  }

  get airport(): Airport | undefined {
    return this.#shown === undefined ? undefined : this.#stage.atlas.airports.get(this.#shown);
  }

  opened(bus: Bus): void {
    this.#history.opened(bus);
  }

  received(_envelope: EventEnvelope, change: Change | undefined): void {
    if (this.#shown === undefined || change === undefined) return;
    const { from, to } = change.subject === "airport" ? { from: change.airport.id, to: "" } : change.subject === "route" ? change.route : change.flight;
    if (from === this.#shown || to === this.#shown) this.#history.expectNews();
  }

  /** Gives a click on the map to the form that moves the airport; `false` if it isn't open. */
  takeClick(place: Place | undefined): boolean {
    return this.#form.takeClick(place);
  }

  show(airport: Uuid | undefined): void {
    if (airport !== this.#shown) {
      this.#form.close();
      this.#routes.scrollUp();
    }
    this.#shown = airport;
    this.#history.show(airport);
    this.refresh();
    if (airport !== undefined) this.#root.scrollIntoView({ block: "nearest" });
  }

  /** Shows the airport as the picture that is seen has it. */
  refresh(): void {
    const { airport } = this;
    // Where the keyboard was in the panel, it goes on from the search.
    if (airport === undefined && this.#root.contains(document.activeElement)) find("search", HTMLInputElement).focus();
    this.#root.hidden = airport === undefined;
    const { atlas, isPast } = this.#stage;
    if (isPast || airport === undefined) this.#form.close();
    if (airport === undefined) return;
    const routes = atlas.routes.degree(airport.id);
    setText(this.#code, airport.code);
    setText(this.#name, airport.name);
    setText(this.#place, [airport.city, airport.state, formatPlace(airport.latitude, airport.longitude)].filter(Boolean).join(", "));
    setText(this.#title, routes === 0 ? "No routes" : `${count(routes, "route")}, with the flights of 2008`);
    setText(this.#delete, routes === 0 ? "Delete" : `Delete with ${count(routes, "route")}`);
    // The past can be looked at, and not be changed.
    this.#tools.disabled = isPast;
    this.#routes.show(airport, atlas, isPast);
    this.#history.markLater(isPast ? atlas.lastSeqNo : Infinity);
  }
}

/** Leaves what is the same alone: a live region speaks only of what changed. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
