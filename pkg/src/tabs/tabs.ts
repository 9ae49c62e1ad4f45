import type { Report } from "../api/errors.js";
import { Broadcast } from "./broadcast.js";

/** Any message that isn't a notice makes the others look. */
const LOOK = "look";
/** Who has just begun to listen says so, and whoever hears it answers. */
const HELLO = "hello";

/**
 * The other tabs and workers of the origin that have the same log open.
 *
 * A tab tells the others what it has committed. A message may be lost, late, doubled or forged: what comes of it is for
 * the log to decide, by numbers.
 *
 * A tab that has never heard of another tells nobody: a message costs as much as a quarter of a small commit. Who begins
 * to listen says hello, and the answer makes it look for what was committed meanwhile.
 *
 * While a page is frozen or in the back/forward cache it doesn't listen: messages would pile up, and the first would
 * throw it out of the cache. When it is shown again, it looks by itself.
 */
export class Tabs {
  readonly #name: string;
  readonly #hear: (message: unknown) => void;
  readonly #look: () => void;
  readonly #isBusy: () => boolean;
  readonly #report: Report;
  #channel: Broadcast | undefined;
  /** Whether the platform gives no channel, which it was asked for once. */
  #isRefused = false;
  #hasOthers = false;
  #closed = false;

  /**
   * Listens from now on; who has committed before may be gone, so that its maker has to look. `hear` gets what others tell,
   * `look` is called when something may have been missed; `isBusy` while a commit is in flight.
   */
  constructor(name: string, hear: (message: unknown) => void, look: () => void, isBusy: () => boolean, report: Report) {
    this.#name = `everbus:${name}`;
    this.#hear = hear;
    this.#look = look;
    this.#isBusy = isBusy;
    this.#report = report;
    this.#listen();
    for (const [target, event, react] of this.#pageEvents()) target.addEventListener(event, react);
  }

  /** Whether there is somebody to tell. Once closed, it tells nobody. */
  get isHeard(): boolean {
    return this.#hasOthers && !this.#closed;
  }

  /** Tells the others of a commit; without a notice they look. */
  tell(notice: Uint8Array | undefined): void {
    if (this.isHeard) this.#post(notice ?? LOOK);
  }

  /** Makes all others look, also those that this one has never heard of. */
  tellToLook(): void {
    if (!this.#closed) this.#post(LOOK);
  }

  close(): void {
    this.#left();
    this.#closed = true;
    for (const [target, event, react] of this.#pageEvents()) target.removeEventListener(event, react);
  }

  /** Whether it is told of what others commit. */
  get isListening(): boolean {
    return this.#channel !== undefined;
  }

  #listen(): void {
    if (this.#channel !== undefined || this.#isRefused) return;
    const channel = (this.#channel = Broadcast.open(this.#name, this.#report));
    if (channel === undefined) {
      this.#isRefused = true;
      return;
    }
    channel.unref();
    channel.listen((message) => {
      // Before it heard of anybody it told nobody of its commits.
      if (message === HELLO || !this.#hasOthers) this.#post(LOOK);
      this.#hasOthers = true;
      if (message !== HELLO) this.#hear(message);
    });
    channel.post(HELLO);
  }

  #post(message: Uint8Array | string): void {
    if (this.#channel !== undefined) return void this.#channel.post(message);
    if (this.#isRefused) return;
    // A commit that ends just before the page freezes.
    const channel = Broadcast.open(this.#name, this.#report);
    channel?.post(message);
    channel?.close();
  }

  /** What happens to a page. A worker has none. */
  #pageEvents(): [EventTarget, string, () => void][] {
    if (typeof document === "undefined") return [];
    return [
      [globalThis, "pagehide", this.#left],
      [document, "freeze", this.#left],
      [document, "resume", this.#thawed],
      [globalThis, "pageshow", this.#thawed],
      [document, "visibilitychange", this.#shown],
    ];
  }

  readonly #left = (): void => {
    // A commit may still succeed when nobody is left to tell of it: others' looks wait for its end. And who began to
    // listen a moment ago may not have been heard yet.
    if (this.#isBusy() || !this.#hasOthers) this.#post(LOOK);
    this.#channel?.close();
    this.#channel = undefined;
  };

  readonly #thawed = (): void => {
    this.#listen();
    this.#look();
  };

  readonly #shown = (): void => {
    // On its way into the cache a page is told that it is hidden after it was told to go.
    if (document.visibilityState === "visible") this.#thawed();
  };
}
