/** The search box: the airports whose code or name begins with, or contains, what is typed; all of it by keyboard too. */
import { el, find } from "../page/dom.ts";
import type { Stage } from "../picture/stage.ts";
import type { Airport, Atlas } from "../picture/state.ts";

const MOST = 8;

export class Search {
  readonly #input = find("search", HTMLInputElement);
  readonly #list = find("matches", HTMLUListElement);
  readonly #stage: Stage;
  readonly #choose: (airport: Airport) => void;
  #matches: Airport[] = [];
  #active = 0;

  constructor(stage: Stage, choose: (airport: Airport) => void) {
    this.#stage = stage;
    this.#choose = choose;
    this.#input.addEventListener("input", () => this.#search());
    this.#input.addEventListener("focus", () => this.#search());
    this.#input.addEventListener("blur", () => this.#close());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    // Before the blur that a click brings.
    this.#list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target instanceof Element ? event.target.closest("li") : null;
      if (option !== null) this.#take([...this.#list.children].indexOf(option));
    });
  }

  #search(): void {
    this.#matches = matches(this.#stage.atlas, this.#input.value);
    this.#active = 0;
    this.#show();
  }

  #show(): void {
    this.#list.replaceChildren(
      ...this.#matches.map((airport, i) => {
        const option = el("li", {}, el("strong", { text: airport.code }), el("span", { text: describe(airport) }));
        option.id = `match-${i}`;
        option.role = "option";
        option.ariaSelected = String(i === this.#active);
        return option;
      }),
    );
    const open = this.#matches.length > 0;
    this.#list.hidden = !open;
    this.#input.ariaExpanded = String(open);
    if (open) this.#input.setAttribute("aria-activedescendant", `match-${this.#active}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #close(): void {
    this.#matches = [];
    this.#show();
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const length = this.#matches.length;
    if (event.key === "Escape" && length > 0) {
      event.stopPropagation();
      this.#close();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#take(this.#active);
    } else if (step !== undefined && length > 0) {
      event.preventDefault();
      this.#active = (this.#active + step + length) % length;
      this.#show();
    }
  }

  #take(index: number): void {
    const airport = this.#matches[index];
    if (airport === undefined) return;
    this.#input.value = "";
    this.#close();
    this.#choose(airport);
  }
}

/** An exact code first, then codes and names that begin with the words, then what contains them; hubs before fields. */
function matches(atlas: Atlas, typed: string): Airport[] {
  const words = typed.trim().toLowerCase();
  if (words === "") return [];
  const found: { airport: Airport; rank: number }[] = [];
  for (const airport of atlas.airports.values()) {
    const code = airport.code.toLowerCase();
    const text = `${airport.name} ${airport.city}`.toLowerCase();
    if (code === words) found.push({ airport, rank: 0 });
    else if (code.startsWith(words)) found.push({ airport, rank: 1 });
    else if (text.startsWith(words)) found.push({ airport, rank: 2 });
    else if (text.includes(words)) found.push({ airport, rank: 3 });
  }
  return found
    .sort((a, b) => a.rank - b.rank || atlas.routes.degree(b.airport.id) - atlas.routes.degree(a.airport.id))
    .slice(0, MOST)
    .map(({ airport }) => airport);
}

function describe({ name, city, state }: Airport): string {
  const place = [city, state].filter(Boolean).join(", ");
  return place === "" ? name : `${name}, ${place}`;
}
