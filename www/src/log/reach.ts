/**
 * Which of very many rows a list shows whose element has a bound: browsers lay nothing out beyond some 17 to 33 million
 * pixels. The element has `slots`, and the rows slide under them: a short way they move pixel by pixel, as one scrolls; a
 * long way, with the scroll bar, to the place that it points at. So every row is reachable, and no step skips any.
 */

/** Enough that one pixel of a scroll bar is more than a screenful, and far from any browser's bound. */
const MOST_SLOTS = 50_000;
/** So near to either end every row has its slot, so that one who scrolls row by row always has room up to the last one. */
const EDGE = 1000;

export class Reach {
  #rows = 0;
  /** The row in the first slot. */
  #base = 0;

  get rows(): number {
    return this.#rows;
  }

  set rows(rows: number) {
    this.#rows = rows;
    this.#base = Math.min(this.#base, this.#hidden);
  }

  get slots(): number {
    return Math.min(this.#rows, MOST_SLOTS);
  }

  /** How many rows have no slot at a time. */
  get #hidden(): number {
    return this.#rows - this.slots;
  }

  rowAt(slot: number): number {
    return slot + this.#base;
  }

  /** The slot of a row; below 0 or past the last one if it has none now. */
  slotOf(row: number): number {
    return row - this.#base;
  }

  /** Brings the rows under the slots that a scroll bar points at, with this slot as the first of `visible` ones. */
  jump(slot: number, visible: number): void {
    this.#base = this.#share(slot, this.slots - visible);
  }

  /**
   * Brings a row where the scroll bar should be for it, of `visible` rows the first one. Returns by how many slots it has
   * moved: what scrolls along stays in sight.
   */
  settle(row: number, visible: number): number {
    const before = this.#base;
    this.#base = this.#share(row, this.#rows - visible);
    return before - this.#base;
  }

  #share(at: number, way: number): number {
    const fraction = (at - EDGE) / Math.max(1, way - 2 * EDGE);
    return Math.round(Math.max(0, Math.min(fraction, 1)) * this.#hidden);
  }
}
