/** A reader of `bus.events()` that takes its time for each event: it falls behind, misses nothing, and catches up. */
import type { Bus } from "everbus";
import { Bar } from "./bar.ts";
import { count, find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import type { Atlas } from "../picture/state.ts";
import { codeOf } from "../page/status.ts";
import { Work } from "./work.ts";

const BEAT_MS = 60;

export class SlowReader implements Part {
  readonly #atlas: Atlas;
  readonly #fail: (error: unknown) => void;
  readonly #toggle = find("slow-reader", HTMLButtonElement);
  readonly #ms = find("slow-ms", HTMLInputElement);
  readonly #msText = find("slow-ms-text", HTMLOutputElement);
  readonly #state = find("slow-state", HTMLParagraphElement);
  readonly #lag = find("slow-lag", HTMLElement);
  readonly #bar = new Bar("How far the slow reader is behind");
  readonly #work = new Work();
  #bus: Bus | undefined;
  #reading: AbortController | undefined;
  #got = 0;
  #missed = 0;
  #position = 0;
  #timer = 0;

  constructor(atlas: Atlas, fail: (error: unknown) => void) {
    this.#atlas = atlas;
    this.#fail = fail;
    find("slow-bar", HTMLElement).append(this.#bar.element);
    this.#toggle.addEventListener("click", () => (this.#reading === undefined ? this.#start() : this.#stop()));
    this.#ms.addEventListener("input", () => this.#setPace());
    this.#setPace();
    this.#show();
  }

  opened(bus: Bus): void {
    this.#bus = bus;
  }

  live(): void {
    this.#toggle.disabled = false;
  }

  refresh(): void {
    if (this.#reading !== undefined) this.#showSoon();
  }

  closed(): void {
    this.#stop();
    this.#bus = undefined;
    this.#toggle.disabled = true;
  }

  #setPace(): void {
    this.#work.ms = this.#ms.valueAsNumber;
    this.#msText.textContent = this.#work.ms === 0 ? "no time" : `${this.#work.ms} ms`;
  }

  #start(): void {
    if (this.#bus === undefined) return;
    this.#reading = new AbortController();
    this.#got = 0;
    this.#missed = 0;
    this.#position = this.#atlas.lastSeqNo;
    this.#bar.reset();
    this.#read(this.#bus, this.#reading.signal).catch((error: unknown) => {
      if (codeOf(error) !== "closed") this.#fail(error);
      this.#stop();
    });
    this.#show();
  }

  #stop(): void {
    this.#reading?.abort();
    this.#reading = undefined;
    this.#show();
  }

  async #read(bus: Bus, signal: AbortSignal): Promise<void> {
    for await (const { seq_no = 0 } of bus.events({}, { signal })) {
      // Numbers are dense: a step of more than one would be a loss.
      if (this.#got > 0) this.#missed += seq_no - this.#position - 1;
      this.#got += 1;
      this.#position = seq_no;
      this.#showSoon();
      await this.#work.done();
    }
  }

  #showSoon(): void {
    this.#timer ||= window.setTimeout(() => this.#show(), BEAT_MS);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const isOn = this.#reading !== undefined;
    this.#toggle.textContent = isOn ? "Stop the reader" : "Start a reader";
    const lag = isOn ? Math.max(0, this.#atlas.lastSeqNo - this.#position) : 0;
    this.#bar.show(lag);
    this.#lag.textContent = lag === 0 ? "not behind" : `${count(lag, "event")} behind`;
    this.#state.textContent = this.#got === 0 ? (isOn ? "Waits for the next event." : "Not started.") : this.#account();
  }

  #account(): string {
    const missed = this.#missed === 0 ? "It missed none." : `It missed ${count(this.#missed, "event")}: that is a bug.`;
    return `Got ${count(this.#got, "event")}, the last one was event ${number(this.#position)}. ${missed}`;
  }
}
