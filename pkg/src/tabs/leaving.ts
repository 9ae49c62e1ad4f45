/**
 * Tells when a page may be about to stop: it was hidden, frozen or left, and no callback may run any more, nor anything that
 * was asked for be answered. What is done then has to be done in that very turn. A worker is told nothing.
 */
export class Leaving {
  readonly #onLeave: () => void;
  readonly #onStay: () => void;
  #isGone = false;
  #staying: Promise<void> | undefined;

  /** `onStay` is called once it runs on: in the next task, or when it is shown again. */
  constructor(onLeave: () => void, onStay: () => void) {
    this.#onLeave = onLeave;
    this.#onStay = onStay;
    for (const event of pageEvents()) addEventListener(event, this.#leave, true);
  }

  /** From being told until it is known to run on: what resolves then. */
  get staying(): Promise<void> | undefined {
    return this.#staying;
  }

  /** Whether it is more than hidden, which a page survives mostly. */
  get isGone(): boolean {
    return this.#isGone;
  }

  close(): void {
    for (const event of pageEvents()) removeEventListener(event, this.#leave, true);
  }

  readonly #leave = ({ type }: Event): void => {
    if (type === "visibilitychange" && document.visibilityState !== "hidden") return;
    this.#isGone ||= type !== "visibilitychange";
    this.#staying ??= nextTask().then(this.#stay);
    this.#onLeave();
  };

  readonly #stay = (): void => {
    this.#staying = undefined;
    this.#isGone = false;
    this.#onStay();
  };
}

/** What tells a page; captured by the window, before the application's own listeners hear of it. */
function pageEvents(): string[] {
  return typeof document === "undefined" ? [] : ["pagehide", "freeze", "visibilitychange"];
}

/** Resolves in another task: by a message, as a hidden page's timers run once a second. */
function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
