/** The log's filter, as the API has it, and the position to read from: what is typed is at once the call that it makes. */
import type { Filter, SeqNo, Uuid } from "everbus";
import { find } from "../page/dom.ts";
import { AIRPORT, FLIGHT, ROUTE, type Atlas } from "../picture/state.ts";

/** What is to be read. */
export interface Query {
  /** Absent if all events are wanted. */
  readonly filter?: Filter;
  readonly to?: SeqNo;
  readonly time?: Date;
}

/** Somebody who types is given so long for the next letter. */
const TYPING_MS = 250;

export class FilterForm {
  onQuery: (query: Query) => void = () => {};

  readonly #atlas: Atlas;
  readonly #form = find("filter-form", HTMLFormElement);
  readonly #opener = find("log-filter", HTMLButtonElement);
  #timer = 0;

  constructor(atlas: Atlas) {
    this.#atlas = atlas;
    this.#opener.addEventListener("click", () => this.#toggle(this.#form.hidden === true));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    this.#form.addEventListener("reset", () => this.#askSoon(0));
    this.#form.addEventListener("input", ({ target }) => {
      if (target === this.#field("number")) this.#field("time").value = "";
      if (target === this.#field("time")) this.#field("number").value = "";
      this.#askSoon(TYPING_MS);
    });
    this.#form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.#toggle(false);
      this.#opener.focus();
    });
  }

  /** The code that was typed for an airport which there isn't, if so. */
  get unknownCode(): string | undefined {
    const code = this.#text("touches").toUpperCase();
    return code === "" || code.length > 4 || this.#atlas.byCode(code) !== undefined ? undefined : code;
  }

  get query(): Query {
    const filter = this.#filter();
    const [number, time] = [this.#text("number"), this.#text("time")];
    return {
      ...(Object.keys(filter).length > 0 && { filter }),
      ...(number !== "" && { to: Number(number) }),
      ...(time !== "" && { time: new Date(time) }),
    };
  }

  /** Asks for the events of one entity or link only. */
  only(id: Uuid): void {
    this.#form.reset();
    this.#field("id").value = id;
    this.#toggle(true);
    this.#askSoon(0);
  }

  /** Takes the position back, so that the newest events are asked for. */
  clearPosition(): void {
    this.#field("number").value = "";
    this.#field("time").value = "";
    this.#ask();
  }

  #filter(): Filter {
    const [kind, type, touches, id] = ["kind", "type", "touches", "id"].map((name) => this.#text(name));
    const actions = [...this.#form.querySelectorAll<HTMLInputElement>("[name=action]:checked")].map(({ value }) => value);
    // Whatever is typed goes to the bus, which says what is wrong with it.
    return {
      ...(kind && { kind }),
      ...(actions.length > 0 && { event_type: actions.length === 1 ? actions[0] : actions }),
      ...(type && { [isLinkType(type, kind) ? "link_type" : "entity_type"]: type }),
      ...(id && { entity_id: id }),
      ...(touches && { touches: this.#atlas.byCode(touches.toUpperCase())?.id ?? touches }),
    } as Filter;
  }

  #toggle(open: boolean): void {
    this.#form.hidden = !open;
    this.#opener.ariaExpanded = String(open);
  }

  #askSoon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#ask(), ms);
  }

  #ask(): void {
    clearTimeout(this.#timer);
    const { query } = this;
    this.#opener.classList.toggle("on", query.filter !== undefined);
    this.onQuery(query);
  }

  #text(name: string): string {
    return this.#field(name).value.trim();
  }

  #field(name: string): HTMLInputElement | HTMLSelectElement {
    const field = this.#form.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) return field;
    throw new Error(`the filter form has no field "${name}"`);
  }
}

/** Whether a typed type, perhaps with a trailing `*`, is a link's: of any kind it is what the page knows under that name. */
function isLinkType(type: string, kind: string | undefined): boolean {
  if (kind) return kind === "link";
  const matches = (known: string): boolean => (type.endsWith("*") ? known.startsWith(type.slice(0, -1)) : known === type);
  return [ROUTE, FLIGHT].some(matches) && !matches(AIRPORT);
}

/** The call of the API that a query is. */
export function callOf({ filter, to }: Query): string {
  const options = [filter && `filter: ${literal(filter)}`, to === undefined ? undefined : `to: ${to}`, "reverse: true"];
  return `bus.log.read({ ${options.filter(Boolean).join(", ")} })`;
}

/** A filter as JavaScript: its keys need no quotes. */
function literal(filter: Filter): string {
  const fields = Object.entries(filter).map(([field, value]) => `${field}: ${JSON.stringify(value).replaceAll(",", ", ")}`);
  return `{ ${fields.join(", ")} }`;
}
