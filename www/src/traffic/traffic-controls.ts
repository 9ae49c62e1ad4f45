/** The button and the slider of the live traffic. */
import type { Bus } from "everbus";
import { loadFlights } from "./data.ts";
import { find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import type { Atlas } from "../picture/state.ts";
import { PACES, Traffic } from "./traffic.ts";

export class TrafficControls implements Part {
  readonly #atlas: Atlas;
  readonly #say: (text: string) => void;
  readonly #fail: (error: unknown) => void;
  readonly #button = find("traffic", HTMLButtonElement);
  readonly #speed = find("speed", HTMLInputElement);
  readonly #speedText = find("speed-text", HTMLOutputElement);
  #traffic: Traffic | undefined;
  #bus: Bus | undefined;
  #starting = false;

  constructor(atlas: Atlas, say: (text: string) => void, fail: (error: unknown) => void) {
    this.#atlas = atlas;
    this.#say = say;
    this.#fail = fail;
    this.#speed.max = String(PACES.length - 1);
    this.#speed.addEventListener("input", () => this.#setPace());
    this.#button.addEventListener("click", () => void this.#toggle().catch(fail));
    this.#setPace();
  }

  opened(bus: Bus): void {
    this.#bus = bus;
  }

  closed(): void {
    this.#traffic?.stop();
    this.refresh();
  }

  refresh(): void {
    const departing = this.#traffic?.departing ?? false;
    this.#button.textContent = departing ? "Stop the traffic" : "Live traffic";
    this.#button.ariaPressed = String(departing);
    // Flights need airports, and the first of the files' airports has come with all of them.
    this.#button.disabled = this.#starting || this.#atlas.airports.size === 0;
    this.#button.title = this.#atlas.airports.size === 0 ? "Stream the airports first" : "";
  }

  get #pace(): number {
    return PACES[this.#speed.valueAsNumber] ?? Infinity;
  }

  #setPace(): void {
    const text = this.#pace === Infinity ? "all it takes" : `${number(this.#pace)} events/s`;
    this.#speedText.textContent = text;
    this.#speed.setAttribute("aria-valuetext", text);
    if (this.#traffic !== undefined) this.#traffic.pace = this.#pace;
  }

  async #toggle(): Promise<void> {
    if (this.#traffic?.departing) {
      this.#traffic.stop();
      return this.#say("The traffic has stopped; what is in the air lands in time.");
    }
    if (this.#bus === undefined) return;
    this.#starting = true;
    this.refresh();
    try {
      this.#traffic ??= new Traffic(await loadFlights(), this.#atlas);
    } finally {
      this.#starting = false;
    }
    this.#setPace();
    this.#traffic.run(this.#bus).catch(this.#fail).finally(() => this.refresh());
    this.refresh();
    this.#say("Live traffic: each flight is a link, created as it departs and deleted as it lands.");
  }
}
