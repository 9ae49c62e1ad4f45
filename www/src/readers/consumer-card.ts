/** A named consumer, as a person sets it: from where it reads, how long it works, and who acknowledges. */
import type { Bus, SeekPosition } from "everbus";
import { Bar } from "./bar.ts";
import { ConsumerRun } from "./consumer.ts";
import type { ConsumersTable } from "./consumers-table.ts";
import { count, find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import { codeOf, describe } from "../page/status.ts";
import { tabName } from "../tabs/tab-mark.ts";

const BEAT_MS = 60;

export class ConsumerCard implements Part {
  readonly #table: ConsumersTable;
  readonly #form = find("consumer-form", HTMLFormElement);
  readonly #choice = find("consumer-choice", HTMLFieldSetElement);
  readonly #name = find("consumer-name", HTMLInputElement);
  readonly #from = find("consumer-from", HTMLSelectElement);
  readonly #number = find("consumer-number", HTMLInputElement);
  readonly #time = find("consumer-time", HTMLInputElement);
  readonly #exclusive = find("consumer-exclusive", HTMLInputElement);
  readonly #automatic = find("consumer-automatic", HTMLInputElement);
  readonly #ms = find("consumer-ms", HTMLInputElement);
  readonly #msText = find("consumer-ms-text", HTMLOutputElement);
  readonly #start = find("consumer-start", HTMLButtonElement);
  readonly #acknowledge = find("consumer-acknowledge", HTMLButtonElement);
  readonly #skip = find("consumer-skip", HTMLButtonElement);
  readonly #state = find("consumer-state", HTMLParagraphElement);
  readonly #position = find("consumer-position", HTMLElement);
  readonly #acknowledged = find("consumer-acknowledged", HTMLElement);
  readonly #lag = find("consumer-lag", HTMLElement);
  readonly #bar = new Bar("How many events the consumer has not acknowledged");
  #bus: Bus | undefined;
  #run: ConsumerRun | undefined;
  #timer = 0;

  constructor(table: ConsumersTable) {
    this.#table = table;
    table.onChange = () => this.#showSoon();
    table.onDelete = (name) => {
      if (this.#run?.choice.name === name) this.#run.stop();
    };
    find("consumer-bar", HTMLElement).append(this.#bar.element);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#run?.isRunning === true) this.#run.stop();
      else this.#begin(false);
    });
    this.#skip.addEventListener("click", () => this.#begin(true));
    this.#acknowledge.addEventListener("click", () => void this.#run?.acknowledge().then(() => this.#table.ask()));
    for (const control of [this.#ms, this.#automatic, this.#from]) control.addEventListener("input", () => this.#show());
    this.#show();
  }

  opened(bus: Bus): void {
    this.#bus = bus;
  }

  live(): void {
    this.#start.disabled = false;
  }

  closed(): void {
    this.#run?.stop();
    this.#run = undefined;
    this.#bus = undefined;
    this.#start.disabled = true;
    this.#show();
  }

  #begin(skipsTrimmed: boolean): void {
    if (this.#bus === undefined) return;
    const choice = { name: this.#name.value, from: this.#readPosition(), exclusive: this.#exclusive.checked, skipsTrimmed };
    const work = { ms: this.#ms.valueAsNumber, acknowledgesItself: this.#automatic.checked };
    this.#bar.reset();
    this.#run = new ConsumerRun(this.#bus, choice, work, () => this.#showSoon());
    this.#show();
  }

  #readPosition(): SeekPosition {
    const from = this.#from.value;
    if (from === "number") return { sequence: this.#number.valueAsNumber };
    if (from === "time") return { time: new Date(this.#time.value) };
    return from === "beginning" || from === "latest" ? from : "last_acknowledged";
  }

  #showSoon(): void {
    this.#timer ||= window.setTimeout(() => this.#show(), BEAT_MS);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const run = this.#run;
    const isRunning = run?.isRunning === true;
    if (run !== undefined) {
      run.work.ms = this.#ms.valueAsNumber;
      run.acknowledgesItself = this.#automatic.checked;
    }
    this.#choice.disabled = isRunning;
    this.#showField(this.#number, "number");
    this.#showField(this.#time, "time");
    this.#msText.textContent = this.#ms.value === "0" ? "no time" : `${this.#ms.value} ms`;
    this.#start.textContent = isRunning ? "Stop" : "Start";
    this.#skip.hidden = isRunning || codeOf(run?.error) !== "trimmed";
    this.#acknowledge.hidden = this.#automatic.checked;
    const { lastAcked: acked, lag = 0 } = (run && this.#table.of(run.choice.name)) ?? {};
    this.#acknowledge.disabled = !isRunning || run.position === undefined || run.position <= (acked ?? 0);
    this.#position.textContent = run?.position === undefined ? "–" : number(run.position);
    this.#acknowledged.textContent = acked === undefined ? "–" : number(acked);
    this.#lag.textContent = run === undefined ? "–" : number(lag);
    this.#bar.show(lag);
    this.#sayState();
  }

  #showField(field: HTMLInputElement, from: string): void {
    const isWanted = this.#from.value === from;
    field.hidden = !isWanted;
    field.disabled = !isWanted;
    if (isWanted && field === this.#time && field.value === "") field.value = aMinuteAgo();
  }

  #sayState(): void {
    const [state, text] = this.#stateOf(this.#run);
    this.#state.dataset.state = state;
    if (this.#state.textContent !== text) this.#state.textContent = text;
  }

  #stateOf(run: ConsumerRun | undefined): [state: string, text: string] {
    if (run === undefined) return ["stopped", "Not started."];
    if (run.error !== undefined) return ["error", explain(run.error)];
    if (!run.isRunning) return ["stopped", `Stopped after ${count(run.got, "event")}.`];
    const holder = this.#table.of(run.choice.name)?.heldBy;
    if (run.choice.exclusive && holder !== this.#bus?.origin) {
      return ["waiting", holder === undefined ? "Waits for its turn." : `Waits: ${tabName(holder, undefined)} reads.`];
    }
    return ["reading", run.got === 0 ? "Waits for the next event." : `Has read ${count(run.got, "event")}.`];
  }
}

/** An error of the log with what to do about it. */
function explain(error: unknown): string {
  const code = codeOf(error);
  if (code === "trimmed" && error instanceof Error) {
    const { requested, first } = error.cause as { requested: number; first: number };
    return `Event ${number(requested)} is wanted, but it was trimmed: the log begins at event ${number(first)} (trimmed).`;
  }
  if (code === "conflict") {
    return "Another tab reads this consumer exclusively (conflict). Stop it there, or choose “One tab at a time” to wait here.";
  }
  return describe(error);
}

/** As a field for a local time has it. */
function aMinuteAgo(): string {
  const now = new Date();
  return new Date(now.getTime() - (now.getTimezoneOffset() + 1) * 60_000).toISOString().slice(0, 19);
}
