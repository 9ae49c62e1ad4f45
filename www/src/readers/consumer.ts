/** One run of a named consumer: reads the log from a position on, works on each event, and acknowledges it. */
import type { Bus, SeekPosition, SeqNo } from "everbus";
import { codeOf } from "../page/status.ts";
import { Work } from "./work.ts";

export interface ConsumerChoice {
  readonly name: string;
  readonly from: SeekPosition;
  readonly exclusive: boolean;
  /** Whether it goes on from the first event when the one that it wants is trimmed. */
  readonly skipsTrimmed: boolean;
}

export class ConsumerRun {
  readonly choice: ConsumerChoice;
  readonly work = new Work();
  acknowledgesItself = true;
  /** How many events it got, and the number of the last one. */
  got = 0;
  position: SeqNo | undefined;
  /** What ended it before it was stopped. */
  error: unknown;
  readonly #bus: Bus;
  readonly #stopped = new AbortController();
  readonly #onChange: () => void;

  constructor(bus: Bus, choice: ConsumerChoice, work: { ms: number; acknowledgesItself: boolean }, onChange: () => void) {
    this.#bus = bus;
    this.choice = choice;
    this.work.ms = work.ms;
    this.acknowledgesItself = work.acknowledgesItself;
    this.#onChange = onChange;
    this.#read().catch((error: unknown) => this.#fail(error));
  }

  get isRunning(): boolean {
    return !this.#stopped.signal.aborted;
  }

  stop(): void {
    this.#stopped.abort();
    this.#onChange();
  }

  /** Acknowledges everything that it has read. Resolves when that is durable, or refused. */
  async acknowledge(): Promise<void> {
    if (this.position === undefined) return;
    try {
      await this.#bus.log.ack(this.choice.name, this.position);
    } catch (error) {
      // An exclusive one that has lost its turn to another tab waits for the next.
      if (!(this.choice.exclusive && codeOf(error) === "conflict")) this.#fail(error);
    }
    this.#onChange();
  }

  async #read(): Promise<void> {
    const { signal } = this.#stopped;
    const { name, from, exclusive, skipsTrimmed } = this.choice;
    const onTrimmed = skipsTrimmed ? "skip" : "error";
    for await (const { seq_no } of this.#bus.log.subscribe(name, from, { exclusive, onTrimmed, signal })) {
      this.got += 1;
      this.position = seq_no;
      this.#onChange();
      await this.work.done();
      if (signal.aborted) return;
      if (this.acknowledgesItself) void this.acknowledge();
    }
  }

  #fail(error: unknown): void {
    if (!this.isRunning) return;
    this.error = error;
    this.stop();
  }
}
