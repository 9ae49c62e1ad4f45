/** Deletes the database under the open bus, as "clear site data" or another program's code may do. */
import type { Bus } from "everbus";
import { count, find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import { describe } from "../page/status.ts";
import type { Atlas } from "../picture/state.ts";
import { Verdict } from "./verdict.ts";

/** What everbus calls the database of a bus. */
const databaseOf = (name: string): string => `everbus:${name}`;

export class Deletion implements Part {
  readonly #fail: (error: unknown) => void;
  readonly #atlas: Atlas;
  readonly #button = find("delete-database", HTMLButtonElement);
  readonly #verdict = new Verdict("delete-verdict");
  #bus: Bus | undefined;
  /** What happened to the log before, until its successor is live. */
  #deleted: { report: Promise<string>; events: number; at: number } | undefined;

  constructor(atlas: Atlas, fail: (error: unknown) => void) {
    this.#atlas = atlas;
    this.#fail = fail;
    this.#button.addEventListener("click", () => this.#delete());
  }

  opened(bus: Bus): void {
    this.#bus = bus;
  }

  live(): void {
    this.#button.disabled = this.#bus?.storage !== "persistent";
    if (this.#deleted === undefined) return;
    const { report, events, at } = this.#deleted;
    this.#deleted = undefined;
    const ms = number(Math.ceil(performance.now() - at));
    void report.then((report) => {
      this.#verdict.say("well", `The database is gone, with ${count(events, "event")}. The bus reports: ${report}. A new log was open after ${ms} ms.`);
    });
  }

  closed(): void {
    this.#bus = undefined;
    this.#button.disabled = true;
  }

  #delete(): void {
    const bus = this.#bus;
    if (bus === undefined) return;
    this.#verdict.say("busy", "Deletes the database …");
    const request = indexedDB.deleteDatabase(databaseOf(bus.name));
    request.addEventListener("error", () => this.#fail(request.error));
    const gone = new Promise((resolve) => request.addEventListener("success", resolve));
    const report = gone.then(() => bus.log.lastSeqNo()).then(() => "nothing", describe);
    this.#deleted = { report, events: this.#atlas.events, at: performance.now() };
  }
}
