/** A row of the log's list: one element that shows another event each time it is used again. */
import type { EventEnvelope, Uuid } from "everbus";
import { el, number } from "../page/dom.ts";
import type { Cell } from "./source.ts";
import type { Atlas } from "../picture/state.ts";
import { whatIs, whomItConcerns } from "../picture/subject.ts";
import { tabMark, tabName } from "../tabs/tab-mark.ts";

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const calendar = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const utf8 = new TextEncoder();

/** What a row is shown with. */
export interface RowState {
  readonly row: number;
  readonly rows: number;
  readonly top: number;
  readonly isCurrent: boolean;
  readonly isOpen: boolean;
  readonly isFresh: boolean;
}

export class LogRow {
  readonly element = el("div", { testid: "log-row" });

  readonly #whom = el("span", { class: "whom" });
  readonly #number = el("span", { class: "number" });
  readonly #what = el("span", { class: "what" });
  readonly #time = el("time");
  readonly #size = el("span", { class: "size" });
  readonly #tab = el("span", { class: "tab" });
  #envelope: EventEnvelope | undefined;
  #state: RowState | undefined;

  constructor(id: string) {
    const notes = el("span", { class: "notes" }, this.#time, this.#size, this.#tab);
    this.element.id = id;
    this.element.role = "option";
    this.element.append(el("div", {}, this.#whom, this.#number), el("div", {}, this.#what, notes));
  }

  get isFresh(): boolean {
    return this.element.classList.contains("fresh");
  }

  show({ envelope, seqNo, problem }: Cell, state: RowState, atlas: Atlas, own: Uuid | undefined): void {
    const { element } = this;
    const before = this.#state;
    if (state.top !== before?.top) element.style.transform = `translateY(${state.top}px)`;
    if (state.row !== before?.row) {
      element.dataset.row = String(state.row);
      element.setAttribute("aria-posinset", String(state.row + 1));
    }
    if (state.rows !== before?.rows) element.setAttribute("aria-setsize", String(state.rows));
    if (state.isOpen !== before?.isOpen) element.ariaSelected = String(state.isOpen);
    this.#state = state;
    if (seqNo === undefined) delete element.dataset.seqNo;
    else element.dataset.seqNo = String(seqNo);
    const action = envelope?.event.action ?? (problem === undefined ? "loading" : "problem");
    setClass(element, ["log-row", action, state.isCurrent ? "current" : "", state.isFresh ? "fresh" : ""].join(" "));
    setText(this.#number, seqNo === undefined ? "" : number(seqNo));
    setText(this.#whom, envelope === undefined ? (problem ?? "…") : whomItConcerns(envelope.event, atlas));
    if (envelope !== this.#envelope) this.#describe(envelope, own);
    this.#envelope = envelope;
  }

  /** What never changes of an event. */
  #describe(envelope: EventEnvelope | undefined, own: Uuid | undefined): void {
    setText(this.#what, envelope === undefined ? "" : whatIs(envelope.event));
    setText(this.#time, envelope === undefined ? "" : timeOf(envelope.timestamp));
    setText(this.#size, envelope === undefined ? "" : `${number(sizeOf(envelope))} B`);
    this.#time.dateTime = envelope?.timestamp ?? "";
    this.#time.title = envelope?.timestamp ?? "";
    const origin = envelope?.origin;
    this.#tab.hidden = origin === undefined;
    if (origin === undefined) return;
    setText(this.#tab, tabName(origin, own));
    this.#tab.style.setProperty("--tab", tabMark(origin).color);
  }
}

/** Bytes of the event's JSON. */
export function sizeOf(envelope: EventEnvelope): number {
  return utf8.encode(JSON.stringify(envelope.event)).length;
}

function timeOf(timestamp: string): string {
  const time = new Date(timestamp);
  return (time.toDateString() === new Date().toDateString() ? clock : calendar).format(time);
}

/** What is the same already costs no layout. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function setClass(element: HTMLElement, name: string): void {
  if (element.className !== name) element.className = name;
}
