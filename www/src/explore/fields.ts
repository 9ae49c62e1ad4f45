/** The fields of a form, by name, and what is wrong with them. */
import type { Place } from "../picture/projection.ts";

export function input(form: HTMLFormElement, name: string): HTMLInputElement {
  const field = form.elements.namedItem(name);
  if (!(field instanceof HTMLInputElement)) throw new Error(`the form ${form.id} has no field "${name}"`);
  return field;
}

export function valueOf(form: HTMLFormElement, name: string): string {
  return input(form, name).value.trim();
}

/** The place that a form's latitude and longitude say, once both are there. */
export function placeIn(form: HTMLFormElement): Place | undefined {
  const [longitude, latitude] = [valueOf(form, "longitude"), valueOf(form, "latitude")];
  return longitude === "" || latitude === "" ? undefined : [Number(longitude), Number(latitude)];
}

/** To some ten metres. */
export function setPlace(form: HTMLFormElement, [longitude, latitude]: Place): void {
  input(form, "latitude").value = latitude.toFixed(4);
  input(form, "longitude").value = longitude.toFixed(4);
}

/** Says what is wrong with a field. It is judged afresh once something in the form is edited: see `forgive`. */
export function refuse(form: HTMLFormElement, name: string, reason: string): void {
  const field = input(form, name);
  field.setCustomValidity(reason);
  field.reportValidity();
}

export function forgive(form: HTMLFormElement): void {
  for (const field of form.querySelectorAll("input")) field.setCustomValidity("");
}
