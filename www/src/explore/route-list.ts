/** The routes of the selected airport. A row that says the same as before is kept, with the focus that it may have. */
import type { Uuid } from "everbus";
import { arrange, count, el, find, number } from "../page/dom.ts";
import type { Airport, Atlas, Route } from "../picture/state.ts";

interface Row {
  route: Route;
  other: Airport | undefined;
  item: HTMLLIElement;
}

interface Uses {
  select(airport: Uuid | undefined): void;
  removeRoute(route: Route): void;
}

export class RouteList {
  readonly #list = find("routes", HTMLUListElement);
  readonly #uses: Uses;
  #rows = new Map<Uuid, Row>();

  constructor(uses: Uses) {
    this.#uses = uses;
  }

  scrollUp(): void {
    this.#list.scrollTop = 0;
  }

  /** Shows an airport's routes. Those of the past cannot be removed. */
  show({ id, code }: Airport, { airports, routes }: Atlas, isPast: boolean): void {
    this.#list.classList.toggle("past", isPast);
    const rows = new Map<Uuid, Row>();
    for (const route of routes.of(id).sort((a, b) => b.flights - a.flights)) {
      const leaves = route.from === id;
      const other = airports.get(leaves ? route.to : route.from);
      const known = this.#rows.get(route.id);
      const isSame = known?.route === route && known.other === other && known.item.dataset.of === id;
      rows.set(route.id, isSame ? known : { route, other, item: this.#item(id, code, route, leaves, other) });
    }
    arrange(this.#list, [...rows.values()].map(({ item }) => item));
    this.#rows = rows;
  }

  #item(of: Uuid, code: string, route: Route, leaves: boolean, other: Airport | undefined): HTMLLIElement {
    const where = `${leaves ? "to" : "from"} ${other?.code ?? "?"}`;
    const open = el(
      "button",
      { class: "quiet other" },
      el("span", { class: "arrow", text: leaves ? "to" : "from" }),
      el("strong", { text: other?.code ?? "?" }),
      el("span", { text: other?.name ?? "" }),
    );
    const remove = el("button", { class: "quiet remove", text: "✕", label: `Remove the route ${where}`, testid: "remove-route" });
    open.type = remove.type = "button";
    open.addEventListener("click", () => this.#uses.select(other?.id));
    remove.addEventListener("click", () => {
      this.#uses.removeRoute(route);
      this.#list.focus();
    });
    const flights = el("span", { class: "flights", text: route.flights === 0 ? "new" : number(route.flights) });
    flights.title = route.flights === 0 ? "drawn by hand" : `${count(route.flights, "flight")} in 2008`;
    const item = el("li", { testid: "route" }, open, flights, remove);
    item.dataset.of = of;
    item.dataset.route = `${leaves ? code : other?.code} ${leaves ? other?.code : code}`;
    return item;
  }
}
