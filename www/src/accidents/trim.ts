/** Trims the log: forgets its oldest events, for good. The picture stays, and so do the numbers. */
import type { Bus, SeqNo } from "everbus";
import { count, find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import { codeOf } from "../page/status.ts";
import { whileShown } from "../page/while-shown.ts";
import { Verdict, bytes } from "./verdict.ts";

const ASK_MS = 1000;

export class Trim implements Part {
  /** Awaited before events go: the time to keep what the page needs of them. */
  beforeTrim: (before: SeqNo) => Promise<void> = async () => {};

  readonly #fail: (error: unknown) => void;
  readonly #form = find("trim-form", HTMLFormElement);
  readonly #before = find("trim-before", HTMLInputElement);
  readonly #first = find("trim-first", HTMLElement);
  readonly #events = find("trim-events", HTMLElement);
  readonly #bytes = find("trim-bytes", HTMLElement);
  readonly #verdict = new Verdict("trim-verdict");
  #bus: Bus | undefined;
  #stopAsking = (): void => {};

  constructor(fail: (error: unknown) => void) {
    this.#fail = fail;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#trimAndTell(async () => this.#before.valueAsNumber);
    });
    find("trim-half", HTMLButtonElement).addEventListener("click", () => void this.#trimAndTell((bus) => middle(bus)));
  }

  opened(bus: Bus): void {
    this.#bus = bus;
    this.#stopAsking = whileShown("side-accidents", ASK_MS, () => void this.#show().catch(this.#fail));
  }

  closed(): void {
    this.#stopAsking();
    this.#bus = undefined;
  }

  /** Forgets what is before an event. Resolves to the log's new first number. */
  async trim(bus: Bus, before: SeqNo): Promise<SeqNo | undefined> {
    await this.beforeTrim(before);
    const first = await bus.log.trim(before);
    await this.#show();
    return first;
  }

  async #trimAndTell(choose: (bus: Bus) => Promise<SeqNo>): Promise<void> {
    const bus = this.#bus;
    if (bus === undefined) return;
    try {
      const before = await choose(bus);
      const was = await bus.log.stats();
      const first = await this.trim(bus, before);
      const is = await bus.log.stats();
      if (is.events === was.events) {
        this.#verdict.say("well", `Nothing is gone: only whole segments go, and event ${number(before)} is in the first one.`);
        return;
      }
      const begins = first === undefined ? "The log is empty now" : `The log begins at event ${number(first)} now`;
      const gone = `${count(was.events - is.events, "event")} and ${bytes(was.bytes - is.bytes)} are gone`;
      this.#verdict.say("well", `${begins}: ${gone}. The picture stays, and no number changes.`);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #show(): Promise<void> {
    try {
      const stats = await this.#bus?.log.stats();
      if (stats === undefined) return;
      this.#first.textContent = stats.firstSeqNo === undefined ? "–" : number(stats.firstSeqNo);
      this.#events.textContent = number(stats.events);
      this.#bytes.textContent = bytes(stats.bytes);
    } catch (error) {
      if (codeOf(error) !== "closed") throw error;
    }
  }
}

async function middle(bus: Bus): Promise<SeqNo> {
  const { firstSeqNo = 1, lastSeqNo = 0 } = await bus.log.stats();
  return firstSeqNo + Math.floor((lastSeqNo - firstSeqNo + 1) / 2);
}
