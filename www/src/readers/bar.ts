/** A bar that says how far a reader is behind; the most that it ever was fills it. */
import { count, el } from "../page/dom.ts";

export class Bar {
  readonly element = el("div", { class: "bar" });
  readonly #fill = el("span");
  #most = 0;

  constructor(label: string) {
    this.element.role = "meter";
    this.element.ariaLabel = label;
    this.element.ariaValueMin = "0";
    this.element.append(this.#fill);
    this.show(0);
  }

  show(events: number): void {
    this.#most = Math.max(this.#most, events, 1);
    this.element.ariaValueMax = String(this.#most);
    this.element.ariaValueNow = String(events);
    this.element.ariaValueText = count(events, "event");
    this.#fill.style.width = `${(100 * events) / this.#most}%`;
  }

  /** Forgets the most that it was. */
  reset(): void {
    this.#most = 0;
    this.show(0);
  }
}
