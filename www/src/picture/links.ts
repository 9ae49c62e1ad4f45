/** Links by their own ids, and by the entities at their ends. */
import type { Uuid } from "everbus";

export interface Ends {
  readonly id: Uuid;
  readonly from: Uuid;
  readonly to: Uuid;
}

export class Links<T extends Ends> {
  readonly #all = new Map<Uuid, T>();
  readonly #of = new Map<Uuid, Map<Uuid, T>>();

  get size(): number {
    return this.#all.size;
  }

  get(id: Uuid): T | undefined {
    return this.#all.get(id);
  }

  values(): MapIterator<T> {
    return this.#all.values();
  }

  /** The links from and to an entity. */
  of(end: Uuid): T[] {
    return [...(this.#of.get(end)?.values() ?? [])];
  }

  degree(end: Uuid): number {
    return this.#of.get(end)?.size ?? 0;
  }

  between(from: Uuid, to: Uuid): T | undefined {
    for (const link of this.#of.get(from)?.values() ?? []) if (link.from === from && link.to === to) return link;
    return undefined;
  }

  add(link: T): void {
    this.#all.set(link.id, link);
    for (const end of [link.from, link.to]) {
      const links = this.#of.get(end);
      if (links === undefined) this.#of.set(end, new Map([[link.id, link]]));
      else links.set(link.id, link);
    }
  }

  remove(link: T): void {
    this.#all.delete(link.id);
    for (const end of [link.from, link.to]) this.#of.get(end)?.delete(link.id);
  }

  clear(): void {
    this.#all.clear();
    this.#of.clear();
  }
}
