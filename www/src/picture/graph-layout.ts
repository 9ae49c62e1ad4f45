/** The graph's layout, as the page sees it: it tells the worker what is new, and knows where each airport is by now. */
import type { Uuid } from "everbus";
import workerUrl from "./graph-worker.ts?worker&url";
import type { Change, Order, Places } from "./graph-orders.ts";
import type { Point } from "./projection.ts";
import type { Atlas, Route } from "./state.ts";
import { ownScript } from "../page/trusted.ts";

export class GraphLayout {
  /** Called when there are new places. */
  onPlaces: () => void = () => {};
  /** How far from the middle the outermost airport is. */
  extent = 1;
  isMoving = false;

  readonly #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  #worker: Worker | undefined;
  /** An airport keeps its slot, also while it is gone: it comes back where it was. */
  readonly #slots = new Map<Uuid, number>();
  readonly #airports = new Set<Uuid>();
  readonly #routes = new Map<Uuid, Route>();
  /** x and y of each slot. */
  #at = new Float32Array(0);

  /** Makes the layout one of this atlas; what it has already stays where it is. */
  follow({ airports, routes }: Atlas): void {
    const change: Change = { kind: "change", added: [], removed: [], linked: [], unlinked: [], still: this.#still.matches };
    for (const route of this.#routes.values()) {
      if (routes.get(route.id) === route) continue;
      this.#routes.delete(route.id);
      change.unlinked.push(route.id);
    }
    for (const id of this.#airports) {
      if (airports.has(id)) continue;
      this.#airports.delete(id);
      change.removed.push(this.#slotOf(id));
    }
    for (const { id, longitude, latitude } of airports.values()) {
      if (this.#airports.has(id)) continue;
      this.#airports.add(id);
      // At first about where a map would have it.
      change.added.push({ slot: this.#slotOf(id), x: (longitude + 96) * 9, y: (38 - latitude) * 12 });
    }
    for (const route of routes.values()) {
      if (this.#routes.has(route.id)) continue;
      this.#routes.set(route.id, route);
      change.linked.push({ id: route.id, from: this.#slotOf(route.from), to: this.#slotOf(route.to) });
    }
    const { added, removed, linked, unlinked } = change;
    if (added.length + removed.length + linked.length + unlinked.length > 0) this.#send(change);
  }

  /** Where an airport is, if it is anywhere yet. */
  get(id: Uuid): Point | undefined {
    const slot = this.#slots.get(id);
    if (slot === undefined) return undefined;
    const [x, y] = [this.#at[2 * slot], this.#at[2 * slot + 1]];
    return x === undefined || y === undefined ? undefined : [x, y];
  }

  /** Holds an airport at a place, or lets it go. */
  pin(id: Uuid, at: Point | undefined): void {
    this.#send({ kind: "pin", slot: this.#slotOf(id), at: at && { x: at[0], y: at[1] } });
  }

  /** Says that the places are drawn, and that others may come. */
  drawn(): void {
    this.#send({ kind: "taken" });
  }

  #slotOf(id: Uuid): number {
    const slot = this.#slots.get(id) ?? this.#slots.size;
    this.#slots.set(id, slot);
    return slot;
  }

  #send(order: Order): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(order);
  }

  #start(): Worker {
    const worker = new Worker(ownScript(workerUrl), { type: "module" });
    worker.addEventListener("message", ({ data: { at, extent, isMoving } }: MessageEvent<Places>) => {
      this.#at = at;
      this.extent = Math.max(1, extent);
      this.isMoving = isMoving;
      this.onPlaces();
    });
    return worker;
  }
}
