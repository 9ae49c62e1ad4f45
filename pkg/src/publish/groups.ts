import type { EverbusError, EverbusErrorCode } from "../api/errors.js";
import { SegmentCount } from "./batch.js";
import type { Unit } from "./unit.js";

/** The failures that may be for what one unit is. Of any other every unit would fail. */
const FOR_ONE: ReadonlySet<EverbusErrorCode> = /* @__PURE__ */ new Set<EverbusErrorCode>(["invalid_event", "quota_exceeded"]);

/** The most segments that one transaction writes for several units. */
const MOST_SEGMENTS = 5;

/** Tells that units have failed for good. */
export type Refuse = (units: readonly Unit[], error: EverbusError) => void;

/**
 * Which units are committed together: group commit as a machine, which neither waits nor calls the log. `next` gives a group,
 * and the machine is told how its commit ended.
 *
 * - Groups come in the order in which units were pushed, one at a time, and no unit is split over two.
 * - A group that fails for what one of its units is comes again by halves: that unit ends up alone, and takes no other with it.
 * - What the platform fails, it fails for the whole group: what comes next is tried as if nothing had happened.
 */
export class Groups {
  #queue: Unit[] = [];
  /** The group that was given last, or its parts that are still to be given. */
  #parts: (readonly Unit[])[] = [];
  /** The last unit of the group that found no room though it was alone, and why. */
  #full: { readonly bytes: number; readonly error: EverbusError } | undefined = undefined;

  push(unit: Unit): void {
    this.#queue.push(unit);
  }

  /** Whether nothing is to be committed. */
  get isEmpty(): boolean {
    return this.#parts.length === 0 && this.#queue.length === 0;
  }

  /** What isn't committed, in order. */
  get units(): readonly Unit[] {
    return [...this.#parts.flat(), ...this.#queue];
  }

  /** The group to commit now. What there is no room for, as less of it didn't fit alone, is refused before. */
  next(refuse: Refuse): readonly Unit[] | undefined {
    for (;;) {
      const [part] = this.#parts;
      const full = this.#full;
      if (part === undefined) break;
      if (full === undefined || !part.every(({ bytes }) => bytes >= full.bytes)) return part;
      this.#parts.shift();
      refuse(part, full.error);
    }
    this.#full = undefined;
    if (this.#queue.length === 0) return undefined;
    const group = this.#queue.splice(0, countNext(this.#queue));
    this.#parts.push(group);
    return group;
  }

  /** The group is durable. */
  committed(): void {
    this.#parts.shift();
  }

  /** The group isn't stored. It comes again in halves, or is refused. */
  failed(error: EverbusError, refuse: Refuse): void {
    const group = this.#parts.shift() ?? [];
    if (group.length === 1 && error.code === "quota_exceeded") this.#full = { bytes: group[0]!.bytes, error };
    if (group.length <= 1 || !FOR_ONE.has(error.code)) return refuse(group, error);
    const half = group.length >> 1;
    this.#parts.unshift(group.slice(0, half), group.slice(half));
  }

  /** Gives back everything that isn't committed, and is empty. */
  clear(): readonly Unit[] {
    const { units } = this;
    this.#parts = [];
    this.#queue = [];
    return units;
  }
}

/** How many of these units one transaction takes: at least one, however large. */
export function countNext(units: readonly Unit[]): number {
  if (units[0]!.isAlone) return 1;
  const size = new SegmentCount();
  for (let count = 0; count < units.length; count++) {
    const unit = units[count]!;
    if (unit.isAlone) return count;
    for (const draft of unit.drafts) size.add(draft);
    if (size.segments > MOST_SEGMENTS) return Math.max(count, 1);
  }
  return units.length;
}
