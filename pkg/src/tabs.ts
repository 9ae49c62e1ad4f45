/**
 * The other tabs and workers of the origin that have the same log open.
 *
 * A tab tells the others that it has committed, and nothing else: what it committed they read from the log, by number.
 * So a message that is lost, doubled, late or forged can delay or cost a look, and never change what is delivered. A
 * page that was hidden, frozen or kept in the back/forward cache may have lost messages: it looks when it is shown.
 */
export class Tabs {
  #channel: BroadcastChannel | undefined;
  readonly #look: () => void;

  constructor(name: string, look: () => void) {
    this.#look = look;
    if (typeof BroadcastChannel === "function") {
      this.#channel = new BroadcastChannel(`everbus:${name}`);
      this.#channel.addEventListener("message", look);
      // In Node an open channel would keep the process alive.
      (this.#channel as { unref?: () => void }).unref?.();
    }
    for (const [target, event] of shownEvents()) target.addEventListener(event, this.#shown);
  }

  /** Tells the others that there is something new. Once closed, it tells nobody. */
  tell(): void {
    this.#channel?.postMessage("committed");
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
    for (const [target, event] of shownEvents()) target.removeEventListener(event, this.#shown);
  }

  readonly #shown = (): void => {
    if (document.visibilityState === "visible") this.#look();
  };
}

/** What happens when a page is shown again. A worker has no page. */
function shownEvents(): [EventTarget, string][] {
  if (typeof document === "undefined") return [];
  return [
    [document, "visibilitychange"],
    [document, "resume"],
    [globalThis, "pageshow"],
  ];
}
