/** How many events came live within the last second. Whoever publishes them sets the pace: it isn't how fast the log is. */
import { find, number } from "./dom.ts";
import type { Part } from "./part.ts";
import type { EventEnvelope } from "everbus";
import type { Change } from "../picture/state.ts";

const WINDOW_MS = 1000;
const SLOTS = 20;
const SLOT_MS = WINDOW_MS / SLOTS;

export class Meter implements Part {
  readonly #shown = find("rate", HTMLElement);
  readonly #slots = new Array<number>(SLOTS).fill(0);
  #slot = 0;
  #timer = 0;

  received(_envelope: EventEnvelope, _change: Change | undefined, live: boolean): void {
    if (!live) return;
    this.#advance();
    this.#slots[this.#slot % SLOTS]! += 1;
    this.#timer ||= window.setInterval(() => this.#show(), 250);
  }

  /** Forgets the slots that time has passed over. */
  #advance(): void {
    const now = Math.floor(performance.now() / SLOT_MS);
    const passed = Math.min(now - this.#slot, SLOTS);
    for (let i = 1; i <= passed; i += 1) this.#slots[(this.#slot + i) % SLOTS] = 0;
    if (passed === SLOTS) this.#slots.fill(0);
    this.#slot = now;
  }

  #show(): void {
    this.#advance();
    const rate = this.#slots.reduce((sum, events) => sum + events, 0);
    this.#shown.textContent = number(rate);
    if (rate > 0) return;
    clearInterval(this.#timer);
    this.#timer = 0;
  }
}
