/** The selected airport: what it is, its routes, and what can be done with it. */
import type { Uuid } from "everbus";
import { count, el, find, number } from "./dom.ts";
import type { Stage } from "./stage.ts";
import type { Airport, Change, Route } from "./state.ts";

export interface Edits {
  select(airport: Uuid | undefined): void;
  rename(airport: Airport, name: string): void;
  delete(airport: Airport): void;
  removeRoute(route: Route): void;
}

export class Panel {
  readonly #stage: Stage;
  readonly #edits: Edits;
  readonly #root = find("airport", HTMLElement);
  readonly #code = find("airport-code", HTMLSpanElement);
  readonly #name = find("airport-name", HTMLSpanElement);
  readonly #place = find("airport-place", HTMLParagraphElement);
  readonly #title = find("routes-title", HTMLHeadingElement);
  readonly #routes = find("routes", HTMLUListElement);
  readonly #form = find("rename-form", HTMLFormElement);
  readonly #rename = find("rename-airport", HTMLButtonElement);
  readonly #delete = find("delete-airport", HTMLButtonElement);
  #shown: Uuid | undefined;

  constructor(stage: Stage, edits: Edits) {
    this.#stage = stage;
    this.#edits = edits;
    find("airport-close", HTMLButtonElement).addEventListener("click", () => edits.select(undefined));
    this.#rename.addEventListener("click", () => this.#toggleRename(Boolean(this.#form.hidden)));
    this.#form.querySelector(".cancel")?.addEventListener("click", () => this.#toggleRename(false));
    this.#form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#toggleRename(false);
    });
    this.#root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") edits.select(undefined);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.#newName.value.trim();
      if (this.airport !== undefined && name !== "" && name !== this.airport.name) edits.rename(this.airport, name);
      this.#toggleRename(false);
    });
    this.#delete.addEventListener("click", () => {
      if (this.airport !== undefined) edits.delete(this.airport);
    });
  }

  get airport(): Airport | undefined {
    return this.#shown === undefined ? undefined : this.#stage.atlas.airports.get(this.#shown);
  }

  /** Whether a change may show here: one of this airport, of a route of its, or a new name for its neighbour. */
  concerns(change: Change): boolean {
    if (this.#shown === undefined) return false;
    if (change.subject === "airport") return change.action === "updated" || change.airport.id === this.#shown;
    const { from, to } = change.subject === "route" ? change.route : change.flight;
    return from === this.#shown || to === this.#shown;
  }

  show(airport: Uuid | undefined): void {
    if (airport !== this.#shown) {
      this.#toggleRename(false);
      this.#routes.scrollTop = 0;
    }
    this.#shown = airport;
    this.refresh();
    if (airport !== undefined) this.#root.scrollIntoView({ block: "nearest" });
  }

  /** Shows the airport as the atlas has it now. */
  refresh(): void {
    const { airport } = this;
    // Where the keyboard was in the panel, it goes on from the search.
    if (airport === undefined && this.#root.contains(document.activeElement)) find("search", HTMLInputElement).focus();
    this.#root.hidden = airport === undefined;
    if (airport === undefined) return;
    const routes = this.#stage.atlas.routes.of(airport.id);
    setText(this.#code, airport.code);
    setText(this.#name, airport.name);
    setText(this.#place, placeOf(airport));
    setText(this.#title, routes.length === 0 ? "No routes" : `${count(routes.length, "route")}, with the flights of 2008`);
    setText(this.#delete, routes.length === 0 ? "Delete" : `Delete with ${count(routes.length, "route")}`);
    routes.sort((a, b) => b.flights - a.flights);
    this.#routes.replaceChildren(...routes.map((route) => this.#row(airport, route)));
  }

  #row(airport: Airport, route: Route): HTMLLIElement {
    const leaves = route.from === airport.id;
    const other = this.#stage.atlas.airports.get(leaves ? route.to : route.from);
    const where = `${leaves ? "to" : "from"} ${other?.code ?? "?"}`;
    const open = el(
      "button",
      { class: "quiet other" },
      el("span", { class: "arrow", text: leaves ? "to" : "from" }),
      el("strong", { text: other?.code ?? "?" }),
      el("span", { text: other?.name ?? "" }),
    );
    const remove = el("button", { class: "quiet remove", text: "✕", label: `Remove the route ${where}`, testid: "remove-route" });
    open.type = remove.type = "button";
    open.addEventListener("click", () => this.#edits.select(other?.id));
    remove.addEventListener("click", () => {
      this.#edits.removeRoute(route);
      this.#routes.focus();
    });
    const flights = el("span", { class: "flights", text: route.flights === 0 ? "new" : number(route.flights) });
    flights.title = route.flights === 0 ? "drawn by hand" : `${count(route.flights, "flight")} in 2008`;
    const row = el("li", { testid: "route" }, open, flights, remove);
    row.dataset.route = `${leaves ? airport.code : other?.code} ${leaves ? other?.code : airport.code}`;
    return row;
  }

  #toggleRename(open: boolean): void {
    if (open === !this.#form.hidden) return;
    const leaves = this.#form.contains(document.activeElement);
    this.#form.hidden = !open;
    this.#rename.ariaExpanded = String(open);
    if (open) {
      this.#newName.value = this.airport?.name ?? "";
      this.#newName.select();
    } else if (leaves) this.#rename.focus();
  }

  get #newName(): HTMLInputElement {
    const field = this.#form.elements.namedItem("name");
    if (!(field instanceof HTMLInputElement)) throw new Error("the rename form has no name");
    return field;
  }
}

/** Leaves what is the same alone: a live region speaks only of what changed. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function placeOf({ city, state, latitude, longitude }: Airport): string {
  const north = `${Math.abs(latitude).toFixed(2)}° ${latitude < 0 ? "S" : "N"}`;
  const east = `${Math.abs(longitude).toFixed(2)}° ${longitude < 0 ? "W" : "E"}`;
  return [city, state, `${north} ${east}`].filter(Boolean).join(", ");
}
