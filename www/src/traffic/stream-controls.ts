/** The button that streams the airports and their routes, and what the page says of it. */
import type { Bus, EventEnvelope } from "everbus";
import { count, find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import { type Status, codeOf } from "../page/status.ts";
import type { Atlas, Change } from "../picture/state.ts";
import type { Source } from "./data.ts";
import { Stream } from "./stream.ts";

export interface Surroundings {
  /** Brings the picture up to date with what another tab has written. */
  catchUp(): Promise<void>;
  /** Called with the outcome of a stream. */
  ended(text: string): void;
  fail(error: unknown): void;
}

export class StreamControls implements Part {
  readonly #atlas: Atlas;
  readonly #status: Status;
  readonly #around: Surroundings;
  readonly #button = find("stream", HTMLButtonElement);
  /** `undefined` while the data files are loaded. */
  #stream: Stream | undefined;
  #bus: Bus | undefined;
  #isLive = false;
  /** What the picture lacks of the files; flights don't change that, so it isn't counted for each of them. */
  #missing: ReturnType<Stream["missing"]> | undefined;

  constructor(atlas: Atlas, status: Status, around: Surroundings) {
    this.#atlas = atlas;
    this.#status = status;
    this.#around = around;
    this.#button.addEventListener("click", () => void (this.running ? this.stop() : this.#run()));
  }

  get running(): boolean {
    return this.#stream?.running ?? false;
  }

  /** Waits for the data files. Rejects if they don't come. */
  async load(files: Promise<Source>): Promise<void> {
    try {
      this.#stream = new Stream(await files, this.#atlas);
    } catch (error) {
      this.#button.textContent = "No data to stream";
      throw error;
    }
    this.refresh();
  }

  /** Resolves when what is under way is committed. */
  async stop(): Promise<void> {
    await this.#stream?.stop();
  }

  opened(bus: Bus): void {
    this.#bus = bus;
    this.#missing = undefined;
  }

  received(_envelope: EventEnvelope, change: Change | undefined): void {
    if (change !== undefined && change.subject !== "flight") this.#missing = undefined;
  }

  live(): void {
    this.#isLive = true;
  }

  closed(): void {
    this.#isLive = false;
    this.#missing = undefined;
  }

  refresh(): void {
    if (this.#stream === undefined) return;
    if (this.running) {
      this.#button.textContent = "Stop";
      this.#button.disabled = false;
      return;
    }
    this.#missing ??= this.#stream.missing();
    const { airports, routes } = this.#missing;
    this.#button.disabled = !this.#isLive || airports + routes === 0;
    this.#button.textContent = nameFor(this.#missing, this.#atlas);
  }

  async #run(): Promise<void> {
    if (this.#bus === undefined || this.#stream === undefined) return;
    try {
      const running = this.#stream.run(this.#bus, () => this.#around.catchUp(), ({ done, total }) => {
        this.#status.say("streaming", `Streaming: ${number(done)} of ${count(total, "event")}`, done / total);
      });
      this.refresh();
      const { done, total, seconds, commits, committing, stopped } = await running;
      const outcome = stopped ? `Stopped after ${number(done)} of ${count(total, "event")}` : `Streamed ${count(done, "event")}`;
      // The pace is the page's; how long the log took for it is told apart.
      const speed = `in ${seconds.toFixed(1)} s, at a pace for the eye; ${count(commits, "commit")} took ${committing.toFixed(2)} s of it.`;
      this.#around.ended(done > 0 || stopped ? `${outcome} ${speed}` : "Nothing was missing: another tab has streamed it.");
    } catch (error) {
      if (codeOf(error) !== "closed") this.#around.fail(error);
      this.refresh();
    }
  }
}

/** Short, so that on a phone the button beside it stays there. */
function nameFor(missing: { airports: number; routes: number }, { airports, routes }: Atlas): string {
  const all = missing.airports + missing.routes;
  if (all === 0) return "All streamed";
  return airports.size + routes.size > 0 ? `Stream ${number(all)} more` : `Stream ${count(all, "event")}`;
}
