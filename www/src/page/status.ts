/** Says what the page does while it does it: the state of the log, the counts, the storage, and errors. */
import type { Bus, SeqNo } from "everbus";
import { count, find, number } from "./dom.ts";
import type { Atlas } from "../picture/state.ts";

type State = "opening" | "replaying" | "live" | "streaming" | "error";

/** Screen readers hear the outcome of a replay or a stream, not each step. */
const BUSY: State[] = ["replaying", "streaming"];

const STORAGE: Record<Bus["storage"], string> = {
  persistent: "Persistent: the log is kept in this browser’s IndexedDB and survives a reload.",
  memory: "Memory: this browser keeps no database here, so the log ends with this page.",
  none: "None: this bus keeps no log.",
};

export class Status {
  readonly #line = find("status", HTMLParagraphElement);
  readonly #progress = find("progress", HTMLProgressElement);
  readonly #counts = {
    airports: find("airport-count", HTMLElement),
    routes: find("route-count", HTMLElement),
    flights: find("flight-count", HTMLElement),
    events: find("event-count", HTMLElement),
  };
  readonly #storage = find("storage", HTMLSpanElement);
  readonly #lastNumber = find("last-number", HTMLSpanElement);
  readonly #map = find("map", HTMLDivElement);

  /** Says a sentence; `done`, from 0 to 1, shows how far it is. */
  say(state: State, text: string, done?: number): void {
    this.#line.dataset.state = state;
    this.#line.ariaLive = BUSY.includes(state) ? "off" : "polite";
    this.#line.textContent = text;
    this.#progress.hidden = done === undefined;
    if (done !== undefined) this.#progress.value = done;
  }

  /** Counts what is seen; `last` is the number of the log's last event. */
  counts({ airports, routes, flights, events }: Atlas, last: SeqNo): void {
    this.#counts.airports.textContent = number(airports.size);
    this.#counts.routes.textContent = number(routes.size);
    this.#counts.flights.textContent = number(flights.size);
    this.#counts.events.textContent = number(events);
    this.#lastNumber.textContent = last === 0 ? "It is empty." : `Its last number is ${number(last)}.`;
    this.#map.ariaLabel = `Map of the United States with ${count(airports.size, "airport")} and ${count(routes.size, "route")}`;
  }

  storage(kind: Bus["storage"]): void {
    this.#storage.textContent = STORAGE[kind];
    this.#storage.dataset.kind = kind;
  }
}

/** The strip that shows errors until it is dismissed. */
export class Alerts {
  readonly #strip = find("alert", HTMLDivElement);
  readonly #text = find("alert-text", HTMLParagraphElement);

  constructor() {
    find("alert-close", HTMLButtonElement).addEventListener("click", () => {
      this.#strip.hidden = true;
    });
  }

  show(error: unknown): void {
    this.#text.textContent = describe(error);
    this.#strip.hidden = false;
  }
}

/** An error as a sentence with its stable code, if it has one. */
export function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return codeOf(error) === undefined ? message : `${message} (${codeOf(error)})`;
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
