/** The form that renames the selected airport or moves it, by typing or by a click on the map. */
import { find } from "../page/dom.ts";
import { forgive, input, placeIn, refuse, setPlace, valueOf } from "./fields.ts";
import type { Place } from "../picture/projection.ts";
import type { Airport, AirportData } from "../picture/state.ts";

export type Changes = Pick<AirportData, "name" | "latitude" | "longitude">;

interface Uses {
  airport(): Airport | undefined;
  save(airport: Airport, changes: Changes): void;
  /** Marks a place on the map, or takes the mark away. */
  pin(place: Place | undefined): void;
  isOnMap(place: Place): boolean;
}

export class EditForm {
  readonly #form = find("edit-form", HTMLFormElement);
  readonly #opener = find("edit-airport", HTMLButtonElement);
  readonly #uses: Uses;

  constructor(uses: Uses) {
    this.#uses = uses;
    this.#opener.addEventListener("click", () => (this.#form.hidden ? this.#open() : this.close()));
    this.#form.querySelector(".cancel")?.addEventListener("click", () => this.close());
    this.#form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    this.#form.addEventListener("input", () => {
      forgive(this.#form);
      uses.pin(placeIn(this.#form));
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  /** Gives a click on the map to the form; `false` if it isn't open. */
  takeClick(place: Place | undefined): boolean {
    if (this.#form.hidden) return false;
    if (place !== undefined) {
      setPlace(this.#form, place);
      forgive(this.#form);
      this.#uses.pin(place);
    }
    return true;
  }

  close(): void {
    if (this.#form.hidden) return;
    const leaves = this.#form.contains(document.activeElement);
    this.#form.hidden = true;
    this.#opener.ariaExpanded = "false";
    this.#uses.pin(undefined);
    if (leaves) this.#opener.focus();
  }

  #open(): void {
    const airport = this.#uses.airport();
    if (airport === undefined) return;
    this.#form.hidden = false;
    this.#opener.ariaExpanded = "true";
    input(this.#form, "name").value = airport.name;
    input(this.#form, "latitude").value = String(airport.latitude);
    input(this.#form, "longitude").value = String(airport.longitude);
    input(this.#form, "name").select();
  }

  #save(): void {
    const [airport, place] = [this.#uses.airport(), placeIn(this.#form)];
    if (airport === undefined || place === undefined) return;
    const name = valueOf(this.#form, "name");
    if (name === "") return refuse(this.#form, "name", "An airport needs a name");
    if (!this.#uses.isOnMap(place)) return refuse(this.#form, "latitude", "This place is outside the map");
    const [longitude, latitude] = place;
    this.close();
    if (name !== airport.name || latitude !== airport.latitude || longitude !== airport.longitude) {
      this.#uses.save(airport, { name, latitude, longitude });
    }
  }
}
