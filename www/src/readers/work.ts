/** Work that takes a set time for each event: what makes a reader slow. */
/** Browsers keep no shorter time than this exactly: what is less is saved up. */
const SHORTEST_MS = 8;
/** A reader that need not wait lets the page draw after so many milliseconds. */
const BREATH_MS = 12;
/** A tab in the background sleeps up to a second, and makes up for it. */
const LONGEST_MS = 1000;

export class Work {
  /** Milliseconds for an event. */
  ms = 0;
  #due = 0;
  #breath = performance.now();

  /** Resolves when the work on one event is done; on the average, each takes as long as it is set to. */
  async done(): Promise<void> {
    this.#due = this.ms === 0 ? 0 : this.#due + this.ms;
    const began = performance.now();
    if (this.#due < SHORTEST_MS && began - this.#breath < BREATH_MS) return;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, this.#due)));
    this.#breath = performance.now();
    this.#due = Math.max(-LONGEST_MS, this.#due - (this.#breath - began));
  }
}
