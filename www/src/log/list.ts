/**
 * The log's list, newest first. Only the rows in sight are elements, at fixed heights, so it is as fast with a million
 * events as with ten. At its top it follows the log; scrolled down, or with a current row, it is held as it is.
 */
import { Virtualizer, elementScroll, observeElementOffset, observeElementRect } from "@tanstack/virtual-core";
import type { EventEnvelope, SeqNo, Uuid } from "everbus";
import { el, find, number } from "../page/dom.ts";
import { LogRow } from "./row.ts";
import type { Cell, LogSource } from "./source.ts";
import { Reach } from "./reach.ts";
import type { Atlas } from "../picture/state.ts";

/** As in log.css. */
const ROW_PX = 48;
/** More at once than these are a flood, not arrivals: they don't glow one by one. */
const FLOOD = 12;

export class LogList {
  onOpen: (envelope: EventEnvelope) => void = () => {};
  /** Called when the list is to go back to the newest event. */
  onNewest: () => void = () => this.follow();
  /** This tab's bus. */
  own: Uuid | undefined;

  readonly #atlas: Atlas;
  readonly #list = find("log-list", HTMLDivElement);
  readonly #newer = find("log-newer", HTMLButtonElement);
  readonly #space = el("div", { class: "space" });
  readonly #reach = new Reach();
  readonly #virtualizer: Virtualizer<HTMLDivElement, HTMLDivElement>;
  /** The elements by what they show: an event keeps its element while it moves. */
  readonly #shown = new Map<string, LogRow>();
  #made = 0;
  #source: LogSource | undefined;
  #current: number | undefined;
  #opened: SeqNo | undefined;
  #newest: SeqNo | undefined;
  #scrollTop = 0;
  /** Until it stops, a wheel or a finger scrolls as far as it says; all else that goes far is the scroll bar, and points at a place. */
  #coasts = false;
  #frame = 0;

  constructor(atlas: Atlas) {
    this.#atlas = atlas;
    this.#space.role = "presentation";
    this.#list.append(this.#space);
    this.#virtualizer = new Virtualizer({
      count: 0,
      getScrollElement: () => this.#list,
      estimateSize: () => ROW_PX,
      overscan: 4,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset: (virtualizer, report) =>
        observeElementOffset(virtualizer, (_, isScrolling) => {
          this.#scrolled(isScrolling);
          report(this.#list.scrollTop, isScrolling);
        }),
      onChange: () => this.refresh(),
    });
    this.#virtualizer._willUpdate();
    for (const kind of ["wheel", "touchmove"]) {
      this.#list.addEventListener(kind, () => (this.#coasts = true), { passive: true });
    }
    this.#list.addEventListener("click", ({ target }) => {
      const row = target instanceof Element ? target.closest<HTMLElement>("[data-row]")?.dataset.row : undefined;
      if (row === undefined) return;
      this.#setCurrent(Number(row));
      this.#open();
    });
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#newer.addEventListener("click", () => {
      this.#list.focus({ preventScroll: true });
      this.onNewest();
    });
  }

  /** Shows another source, from its newest row on. */
  show(source: LogSource | undefined): void {
    this.#source = source;
    this.#newest = undefined;
    this.#toTop();
  }

  /** Shows in the next frame what has changed. */
  refresh(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#render();
    });
  }

  /** Back to the top, where new events come in. */
  follow(): void {
    if (this.#source !== undefined) this.#source.held = false;
    this.#toTop();
  }

  /** Marks the event whose details are open. They take room from the list, and the row stays in sight. */
  mark(seqNo: SeqNo | undefined): void {
    this.#opened = seqNo;
    if (this.#current !== undefined) this.#reveal(this.#current, "edge");
    this.refresh();
  }

  /** Makes this the current row, in sight. */
  goTo(row: number): void {
    this.#setCurrent(row);
    this.#reveal(row, "middle");
  }

  focus(): void {
    this.#list.focus({ preventScroll: true });
  }

  get #visible(): number {
    return Math.max(1, Math.floor(this.#list.clientHeight / ROW_PX));
  }

  #toTop(): void {
    this.#current = undefined;
    this.#reach.jump(0, 1);
    this.#scrollTo(0);
    this.refresh();
  }

  #setCurrent(row: number): void {
    if (this.#source === undefined) return;
    this.#source.held = true;
    this.#current = Math.max(0, Math.min(row, this.#source.count - 1));
    this.refresh();
  }

  #open(): void {
    if (this.#source === undefined || this.#current === undefined) return;
    const { envelope, problem } = this.#source.at(this.#current);
    if (problem !== undefined) this.#source.retry(this.#current);
    if (envelope !== undefined) this.onOpen(envelope);
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = this.#source?.count ?? 0;
    const at = this.#current ?? -1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + this.#visible, PageUp: at - this.#visible, Home: 0, End: rows - 1 }[
      event.key
    ];
    if (to !== undefined && rows > 0) {
      // The first of all rows is the newest event there is, also of a list that was held.
      if (event.key === "Home") this.follow();
      this.#setCurrent(to);
      this.#reveal(this.#current ?? 0, "edge");
    } else if (event.key === "Enter" || event.key === " ") this.#open();
    else if (event.key === "Escape" && this.#source?.held === true) this.onNewest();
    else return;
    event.preventDefault();
  }

  /** Scrolls as far as it needs to show a row, or to its middle. */
  #reveal(row: number, place: "edge" | "middle"): void {
    this.#resize();
    const slot = this.#reach.slotOf(row);
    if (slot < 0 || slot >= this.#reach.slots) this.#reach.settle(row, this.#visible);
    const top = this.#reach.slotOf(row) * ROW_PX;
    const room = this.#list.clientHeight - ROW_PX;
    if (place === "middle") this.#scrollTo(top - room / 2);
    else this.#scrollTo(Math.max(top - room, Math.min(this.#scrollTop, top)));
    this.#settle();
    this.refresh();
  }

  /** Scrolls without being taken for the reader. */
  #scrollTo(offset: number): void {
    this.#list.scrollTop = offset;
    this.#scrollTop = this.#list.scrollTop;
  }

  #scrolled(isScrolling: boolean): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#list;
    if (clientHeight === 0) return;
    const moved = scrollTop - this.#scrollTop;
    this.#scrollTop = scrollTop;
    if (Math.abs(moved) > clientHeight && !this.#coasts) this.#reach.jump(scrollTop / ROW_PX, clientHeight / ROW_PX);
    if (!isScrolling) this.#coasts = false;
    const isAtEnd = scrollTop <= 0 || scrollTop >= scrollHeight - clientHeight - 1;
    if (!isScrolling || isAtEnd) this.#settle();
    const isAtTop = this.#list.scrollTop <= 0 && this.#reach.rowAt(0) === 0;
    if (this.#source !== undefined && moved !== 0) {
      if (!isAtTop) this.#source.held = true;
      else if (moved < 0 && this.#source.held) this.onNewest();
    }
    this.refresh();
  }

  /** Puts the scroll bar where it should be for what is in sight. */
  #settle(): void {
    const row = this.#reach.rowAt(this.#scrollTop / ROW_PX);
    const moved = this.#reach.settle(row, this.#list.clientHeight / ROW_PX);
    if (moved !== 0) this.#scrollTo(this.#scrollTop + moved * ROW_PX);
  }

  /** Makes room for as many rows as there are. */
  #resize(): void {
    this.#reach.rows = this.#source?.count ?? 0;
    const count = this.#reach.slots;
    if (count === this.#virtualizer.options.count) return;
    this.#virtualizer.setOptions({ ...this.#virtualizer.options, count });
    this.#space.style.height = `${count * ROW_PX}px`;
    this.#virtualizer._willUpdate();
  }

  #render(): void {
    this.#resize();
    const source = this.#source;
    const items = this.#list.clientHeight === 0 ? [] : this.#virtualizer.getVirtualItems();
    const inSight = items.map(({ index, start }) => {
      const row = this.#reach.rowAt(index);
      const cell = source?.at(row) ?? {};
      return { row, cell, top: start, key: cell.seqNo === undefined ? `row ${row}` : String(cell.seqNo) };
    });
    const keys = new Set(inSight.map(({ key }) => key));
    const spare: LogRow[] = [];
    for (const [key, view] of this.#shown) {
      if (keys.has(key)) continue;
      this.#shown.delete(key);
      spare.push(view);
    }
    const isNew = ({ seqNo = 0 }: Cell): boolean => seqNo > (this.#newest ?? Infinity);
    const isFlood = inSight.filter(({ cell }) => isNew(cell)).length > FLOOD;
    for (const { row, cell, top, key } of inSight) {
      const view = this.#shown.get(key) ?? spare.pop() ?? this.#make();
      const isFresh = !isFlood && (isNew(cell) || (this.#shown.has(key) && view.isFresh));
      this.#shown.set(key, view);
      const isCurrent = row === this.#current;
      const isOpen = cell.seqNo !== undefined && cell.seqNo === this.#opened;
      view.show(cell, { row, rows: this.#reach.rows, top, isCurrent, isOpen, isFresh }, this.#atlas, this.own);
      if (isCurrent) this.#list.setAttribute("aria-activedescendant", view.element.id);
    }
    for (const { element } of spare) element.remove();
    if (this.#current === undefined) this.#list.removeAttribute("aria-activedescendant");
    this.#newest = source?.at(0).seqNo;
    this.#showNewer();
    const [first, last] = [inSight[0], inSight.at(-1)];
    if (first !== undefined && last !== undefined) source?.want(first.row, last.row);
  }

  #make(): LogRow {
    const row = new LogRow(`log-row-${(this.#made += 1)}`);
    this.#space.append(row.element);
    return row;
  }

  #showNewer(): void {
    const newer = this.#source?.newer ?? 0;
    this.#newer.hidden = this.#source?.held !== true;
    const text = newer === 0 ? "Newest ↑" : `${number(newer)} newer ↑`;
    if (this.#newer.textContent !== text) this.#newer.textContent = text;
  }
}
