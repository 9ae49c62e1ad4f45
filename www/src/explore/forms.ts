/** The forms that add an airport and a route, by typing or by clicking on the map. One is open at a time. */
import { find } from "../page/dom.ts";
import { forgive, input, placeIn, refuse, setPlace, valueOf } from "./fields.ts";
import type { Place } from "../picture/projection.ts";
import type { Airport, AirportData, Atlas } from "../picture/state.ts";

export interface Additions {
  addAirport(data: AirportData): void;
  addRoute(from: Airport, to: Airport): void;
  /** Marks a place on the map, or takes the mark away. */
  pin(place: Place | undefined): void;
  isOnMap(place: Place): boolean;
  selected(): Airport | undefined;
}

export class Forms {
  readonly #atlas: Atlas;
  readonly #additions: Additions;
  readonly #airport = find("airport-form", HTMLFormElement);
  readonly #route = find("route-form", HTMLFormElement);

  constructor(atlas: Atlas, additions: Additions) {
    this.#atlas = atlas;
    this.#additions = additions;
    for (const form of [this.#airport, this.#route]) {
      opener(form).addEventListener("click", () => this.#toggle(form));
      form.querySelector(".cancel")?.addEventListener("click", () => this.#close(form));
      form.addEventListener("keydown", (event) => {
        if (event.key === "Escape") this.#close(form);
      });
      // What was wrong with a field is judged afresh once it is edited.
      form.addEventListener("input", () => forgive(form));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (form === this.#airport) this.#addAirport();
        else this.#addRoute();
      });
    }
    this.#airport.addEventListener("input", () => this.#additions.pin(placeIn(this.#airport)));
  }

  /** Gives a click on the map to the form that is open; `false` if none is. */
  takeClick(airport: Airport | undefined, place: Place | undefined): boolean {
    if (!this.#airport.hidden) {
      if (place !== undefined) this.#setPlace(place);
      return true;
    }
    if (!this.#route.hidden) {
      if (airport !== undefined) this.#setEnd(airport);
      return true;
    }
    return false;
  }

  /** Opens the form for a route that starts here: its end is to be clicked or typed. */
  drawRoute(from: Airport): void {
    if (this.#route.hidden) this.#toggle(this.#route);
    input(this.#route, "from").value = from.code;
    input(this.#route, "to").focus();
  }

  #toggle(form: HTMLFormElement): void {
    if (!form.hidden) return this.#close(form);
    this.#close(form === this.#airport ? this.#route : this.#airport);
    form.reset();
    form.hidden = false;
    opener(form).ariaExpanded = "true";
    if (form === this.#route) input(form, "from").value = this.#additions.selected()?.code ?? "";
    [...form.querySelectorAll("input")].find(({ value }) => value === "")?.focus();
  }

  #close(form: HTMLFormElement): void {
    if (form.hidden) return;
    form.hidden = true;
    opener(form).ariaExpanded = "false";
    opener(form).focus();
    this.#additions.pin(undefined);
  }

  #setPlace(place: Place): void {
    setPlace(this.#airport, place);
    this.#additions.pin(placeIn(this.#airport));
    const empty = [...this.#airport.querySelectorAll("input")].find(({ value }) => value === "");
    empty?.focus();
  }

  /** The first airport is where the route starts, the next one where it ends. */
  #setEnd(airport: Airport): void {
    const from = input(this.#route, "from");
    const to = input(this.#route, "to");
    if (from.value === "") {
      from.value = airport.code;
      to.focus();
    } else {
      to.value = airport.code;
      to.setCustomValidity("");
      this.#route.querySelector<HTMLButtonElement>("[type=submit]")?.focus();
    }
  }

  #addAirport(): void {
    const form = this.#airport;
    const code = valueOf(form, "code").toUpperCase();
    const place = placeIn(this.#airport);
    if (place === undefined) return;
    const taken = this.#atlas.byCode(code);
    if (taken !== undefined) return refuse(form, "code", `${code} is taken by ${taken.name}`);
    if (!this.#additions.isOnMap(place)) return refuse(form, "latitude", "This place is outside the map");
    const [longitude, latitude] = place;
    this.#close(form);
    this.#additions.addAirport({ code, name: valueOf(form, "name"), city: "", state: "", latitude, longitude });
  }

  #addRoute(): void {
    const form = this.#route;
    const [from, to] = [this.#airportIn("from"), this.#airportIn("to")];
    if (from === undefined || to === undefined) return;
    if (from === to) return refuse(form, "to", "A route needs two airports");
    if (this.#atlas.routes.between(from.id, to.id)) return refuse(form, "to", `There is a route from ${from.code} to ${to.code}`);
    this.#close(form);
    this.#additions.addRoute(from, to);
  }

  #airportIn(field: string): Airport | undefined {
    const code = valueOf(this.#route, field).toUpperCase();
    const airport = this.#atlas.byCode(code);
    if (airport === undefined) refuse(this.#route, field, `There is no airport ${code}`);
    return airport;
  }
}

/** The button that opens a form is the one that names it. */
function opener(form: HTMLFormElement): HTMLButtonElement {
  return find(form.id === "airport-form" ? "add-airport" : "add-route", HTMLButtonElement);
}
