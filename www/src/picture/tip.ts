/** What the map says of the airport under the pointer. */
import { count, el } from "../page/dom.ts";
import type { Point } from "./projection.ts";
import type { Airport } from "./state.ts";

/** Half of its greatest width, and its height with some air: how near an edge it must not come. */
const MARGIN = { x: 130, y: 60 };

export class Tip {
  readonly #box = el("div", { class: "tip", hidden: true });

  constructor(parent: HTMLElement) {
    parent.append(this.#box);
  }

  show(airport: Airport, routes: number, [x, y]: Point, width: number): void {
    this.#box.replaceChildren(
      el("strong", { text: airport.code }),
      el("span", { text: airport.name }),
      el("small", { text: routes === 0 ? "no routes" : count(routes, "route") }),
    );
    const left = Math.max(MARGIN.x, Math.min(x, width - MARGIN.x));
    this.#box.style.transform = `translate(${left}px, ${y}px)`;
    this.#box.classList.toggle("below", y < MARGIN.y);
    this.#box.hidden = false;
  }

  hide(): void {
    this.#box.hidden = true;
  }
}
