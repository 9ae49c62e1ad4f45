/** All consumers of the log, as the log has them: also those of other tabs, and of earlier visits. */
import type { Bus, ConsumerInfo } from "everbus";
import { Bar } from "./bar.ts";
import { el, find, number } from "../page/dom.ts";
import { PICTURE } from "../page/follow.ts";
import type { Part } from "../page/part.ts";
import { codeOf } from "../page/status.ts";
import { tabName } from "../tabs/tab-mark.ts";
import { whileShown } from "../page/while-shown.ts";

/** Nobody is told what other tabs acknowledge: while the table shows, it asks. */
const ASK_MS = 300;

interface Row {
  readonly element: HTMLTableRowElement;
  show(info: ConsumerInfo): void;
}

export class ConsumersTable implements Part {
  /** Called when what the log says may have changed. */
  onChange: () => void = () => {};
  /** Called before a consumer is deleted. */
  onDelete: (name: string) => void = () => {};

  readonly #fail: (error: unknown) => void;
  readonly #body = find("consumers", HTMLTableSectionElement);
  readonly #none = find("no-consumers", HTMLParagraphElement);
  readonly #rows = new Map<string, Row>();
  #infos: readonly ConsumerInfo[] = [];
  #bus: Bus | undefined;
  #stopAsking = (): void => {};

  constructor(fail: (error: unknown) => void) {
    this.#fail = fail;
  }

  of(name: string): ConsumerInfo | undefined {
    return this.#infos.find((info) => info.name === name);
  }

  opened(bus: Bus): void {
    this.#bus = bus;
    this.#stopAsking = whileShown("side-readers", ASK_MS, () => void this.ask());
  }

  closed(): void {
    this.#stopAsking();
    this.#bus = undefined;
    this.#show([]);
  }

  /** Asks the log now. */
  async ask(): Promise<void> {
    const bus = this.#bus;
    if (bus === undefined) return;
    try {
      const infos = await bus.log.consumers();
      if (bus === this.#bus) this.#show(infos);
    } catch (error) {
      if (codeOf(error) !== "closed") this.#fail(error);
    }
  }

  #show(infos: readonly ConsumerInfo[]): void {
    this.#infos = infos;
    for (const [name, { element }] of this.#rows) {
      if (this.of(name) !== undefined) continue;
      element.remove();
      this.#rows.delete(name);
    }
    for (const info of infos) {
      let row = this.#rows.get(info.name);
      if (row === undefined) {
        row = this.#row(info.name);
        this.#rows.set(info.name, row);
        this.#body.append(row.element);
      }
      row.show(info);
    }
    this.#none.hidden = infos.length > 0;
    this.onChange();
  }

  #row(name: string): Row {
    const note = el("small");
    const acknowledged = el("td", { class: "number" });
    const lag = el("span");
    const bar = new Bar(`How far ${name} is behind`);
    const remove = el("button", { class: "quiet", text: "✕", label: `Delete the consumer ${name}` });
    remove.type = "button";
    remove.addEventListener("click", () => void this.#delete(name));
    const element = el(
      "tr",
      { testid: "consumer-row" },
      el("th", {}, el("span", { text: name }), note),
      acknowledged,
      el("td", { class: "lag" }, lag, bar.element),
      el("td", {}, remove),
    );
    return {
      element,
      show: (info) => {
        note.textContent = this.#note(info);
        acknowledged.textContent = info.lastAcked === undefined ? "nothing" : number(info.lastAcked);
        lag.textContent = number(info.lag);
        bar.element.hidden = info.lastAcked === undefined;
        bar.show(info.lag);
      },
    };
  }

  #note({ name, heldBy }: ConsumerInfo): string {
    if (heldBy !== undefined) return `read by ${tabName(heldBy, this.#bus?.origin)}`;
    return name === PICTURE ? "draws this page" : "";
  }

  async #delete(name: string): Promise<void> {
    this.onDelete(name);
    try {
      await this.#bus?.log.deleteConsumer(name);
    } catch (error) {
      this.#fail(error);
    }
    await this.ask();
  }
}
