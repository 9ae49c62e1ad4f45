/** One event of the log in full, and what can be done with it. */
import type { EventEnvelope, SeqNo, Uuid } from "everbus";
import { find, number } from "../page/dom.ts";
import { sizeOf } from "./row.ts";
import type { Atlas } from "../picture/state.ts";
import { airportOf } from "../picture/subject.ts";

export interface DetailActions {
  /** Shows an airport on the map. */
  select(airport: Uuid): void;
  /** Shows the picture as it was after this event. */
  travel(seqNo: SeqNo): void;
  /** Shows only the events of this entity, or of this link. */
  only(id: Uuid): void;
  closed(): void;
}

export class LogDetails {
  readonly #atlas: Atlas;
  readonly #root = find("log-event", HTMLElement);
  readonly #title = find("log-event-title", HTMLHeadingElement);
  readonly #json = find("log-event-json", HTMLPreElement);
  readonly #select = find("log-event-select", HTMLButtonElement);
  readonly #only = find("log-event-only", HTMLButtonElement);
  #envelope: EventEnvelope | undefined;

  constructor(atlas: Atlas, actions: DetailActions) {
    this.#atlas = atlas;
    this.#select.addEventListener("click", () => {
      const airport = this.#envelope && airportOf(this.#envelope.event, atlas);
      if (airport !== undefined) actions.select(airport.id);
    });
    find("log-event-travel", HTMLButtonElement).addEventListener("click", () => {
      if (this.#envelope?.seq_no !== undefined) actions.travel(this.#envelope.seq_no);
    });
    this.#only.addEventListener("click", () => {
      const event = this.#envelope?.event;
      if (event !== undefined) actions.only(event.kind === "entity" ? event.entity_id : event.link_id);
    });
    const close = (): void => {
      this.show(undefined);
      actions.closed();
    };
    find("log-event-close", HTMLButtonElement).addEventListener("click", close);
    this.#root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
  }

  show(envelope: EventEnvelope | undefined): void {
    this.#envelope = envelope;
    this.#root.hidden = envelope === undefined;
    if (envelope === undefined) return;
    this.#title.textContent = `Event ${number(envelope.seq_no ?? 0)}, ${number(sizeOf(envelope))} bytes`;
    this.#json.textContent = JSON.stringify(envelope, null, 2);
    this.#json.scrollTop = 0;
    this.#only.textContent = envelope.event.kind === "entity" ? "Only this entity" : "Only this link";
    this.refresh();
  }

  /** What can be done with the event depends on the picture as it is now. */
  refresh(): void {
    this.#select.disabled = this.#envelope === undefined || airportOf(this.#envelope.event, this.#atlas) === undefined;
  }
}
