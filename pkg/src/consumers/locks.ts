import { EverbusError, everbusError, type Report } from "../api/errors.js";
import type { Clock } from "../clock.js";
import { Broadcast } from "../tabs/broadcast.js";
import { ownFields } from "../values/objects.js";
import { ALIVE, ARE_YOU_ALIVE, Contender, type Move } from "./contender.js";

/** What is done with a lock, until it is lost or nobody wants it any more. */
export type Hold = (lost: AbortSignal) => Promise<void>;

/** Locks of the consumers of one log: whoever holds one is alone with it. */
export interface Locks {
  /** @throws EverbusError `unsupported`. */
  check(): void;
  /** Runs `hold` with the lock, again and again, until `ended`. Rejects with what `hold` throws; `report` gets the rest. */
  keep(consumer: string, ended: AbortSignal, hold: Hold, report: Report): Promise<void>;
  /** Runs `work` with the lock if nobody holds it or waits for it; resolves to whether it did. */
  ifFree(consumer: string, work: () => Promise<void>): Promise<boolean>;
}

/** Resolves once any of these has aborted. */
export function aborted(...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve());
    }
  });
}

/** The locks of a log in memory: nobody outside this realm knows it, and nothing here gets lost. */
export class RealmLocks implements Locks {
  /** Of each consumer who holds it, and behind them who waits, in the order in which they came. */
  readonly #queues = new Map<string, (() => void)[]>();

  check(): void {}

  async keep(consumer: string, ended: AbortSignal, hold: Hold): Promise<void> {
    const { signal } = new AbortController();
    while (!ended.aborted) {
      const queue = this.#queues.get(consumer) ?? [];
      this.#queues.set(consumer, queue);
      let begin!: () => void;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      if (queue.push(begin) === 1) begin();
      try {
        await Promise.race([begun, aborted(ended)]);
        if (!ended.aborted) await hold(signal);
      } finally {
        // Who gives up waiting leaves nothing behind.
        queue.splice(queue.indexOf(begin), 1);
        if (queue.length === 0) this.#queues.delete(consumer);
        else queue[0]!();
      }
    }
  }

  /** Whoever holds a lock here gives it back. */
  async ifFree(): Promise<boolean> {
    return false;
  }
}

/**
 * How long one who waits waits before it asks whether the holder is alive.
 *
 * A hidden page's timers run once a second: those of less than a second at the next one. After some minutes Chromium lets
 * a timer run only once a minute if it was set by one that was set by one, and so on, five deep. An answer is no timer, so
 * that the five timers behind it don't get there.
 */
const ASK_AFTER_MS = 900;

/** So much longer wait some than others, so that they don't all ask at once. */
const SPREAD_MS = 90;

/**
 * The locks of a log that tabs and workers share, by [Web Locks](https://developer.mozilla.org/docs/Web/API/Web_Locks_API):
 * the browser hands a lock on when its holder closes or crashes.
 *
 * A page gives its locks up when it is frozen or goes into the back/forward cache, which they would keep it from, and
 * asks anew when it is back. One that was frozen without being told, or hangs, doesn't answer those who wait: then the
 * next one steals its lock. What it still does is refused by the log.
 */
export class TabLocks implements Locks {
  readonly #log: string;
  readonly #clock: Clock;

  constructor(log: string, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  check(): void {
    if (typeof navigator === "object" && navigator.locks !== undefined) return;
    throw everbusError("unsupported", "exclusive needs Web Locks: serve the page from a secure context (https), or leave it out");
  }

  #name(consumer: string): string {
    // A space where no bus has its channel, whatever it is called.
    return `everbus exclusive ${JSON.stringify([this.#log, consumer])}`;
  }

  async ifFree(consumer: string, work: () => Promise<void>): Promise<boolean> {
    if (typeof navigator !== "object" || navigator.locks === undefined) return false;
    const run = async (lock: Lock | null): Promise<boolean> => {
      if (lock !== null) await work();
      return lock !== null;
    };
    return navigator.locks.request(this.#name(consumer), ownFields({ ifAvailable: true }), run);
  }

  async keep(consumer: string, ended: AbortSignal, hold: Hold, report: Report): Promise<void> {
    const name = this.#name(consumer);
    while (!ended.aborted) {
      const round = new Round(name, hold, ended, report, this.#clock);
      const end = (): void => round.stopWaiting();
      ended.addEventListener("abort", end);
      try {
        await round.run();
      } finally {
        ended.removeEventListener("abort", end);
      }
      await round.suspended;
    }
  }
}

/** Asking for a lock once, and holding it until it is given back or lost. */
class Round {
  readonly #name: string;
  readonly #hold: Hold;
  readonly #ended: AbortSignal;
  readonly #report: Report;
  readonly #clock: Clock;
  readonly #contender = new Contender();
  readonly #askAfter = ASK_AFTER_MS + Math.random() * SPREAD_MS;
  readonly #waiting = new AbortController();
  readonly #lost = new AbortController();
  #holding: Promise<void> | undefined = undefined;
  #stolen: Promise<void> | undefined = undefined;
  #alive: Broadcast | undefined = undefined;
  #dontAsk: () => void = ignore;
  /** Resolves when the page, if it was about to stop, runs again. */
  suspended: Promise<void> | undefined = undefined;

  constructor(name: string, hold: Hold, ended: AbortSignal, report: Report, clock: Clock) {
    this.#name = name;
    this.#hold = hold;
    this.#ended = ended;
    this.#report = report;
    this.#clock = clock;
  }

  stopWaiting(): void {
    this.#waiting.abort();
  }

  async run(): Promise<void> {
    for (const [target, event] of suspendingEvents()) target.addEventListener(event, this.#suspend);
    try {
      await this.#wait();
      // What was begun under the lock ends before it is begun again.
      await this.#holding;
    } finally {
      for (const [target, event] of suspendingEvents()) target.removeEventListener(event, this.#suspend);
    }
  }

  /** Resolves when the lock is given back or lost, or isn't waited for any more. */
  async #wait(): Promise<void> {
    this.#askLater();
    this.#alive = Broadcast.open(this.#name, this.#report);
    this.#alive?.listen((message) => this.#do(this.#contender.heard(message)));
    try {
      await this.#request({ signal: this.#waiting.signal });
      await this.#stolen;
    } finally {
      this.#dontAsk();
      this.#alive?.close();
      this.#alive = undefined;
      this.#lost.abort();
    }
  }

  async #request(options: LockOptions): Promise<void> {
    const { signal } = options;
    try {
      const request = navigator.locks.request(this.#name, ownFields(options), () => (signal?.aborted ? undefined : this.#granted()));
      // Chromium doesn't end a page's first request if it is aborted at once: that waits for its turn, and does nothing then.
      const givenUp = signal && aborted(signal).then(() => (this.#holding === undefined ? undefined : request));
      await (givenUp ? Promise.race([request, givenUp]) : request);
    } catch (error) {
      // That is how it ends when it is no longer waited for, and when it is stolen.
      if ((error as Error).name === "AbortError") return;
      throw error instanceof EverbusError ? error : everbusError("unavailable", "the platform refuses Web Locks here", error);
    }
  }

  #granted(): Promise<void> | void {
    if (this.#lost.signal.aborted) return;
    this.#do(this.#contender.granted());
    this.#holding = this.#hold(this.#lost.signal);
    return Promise.race([this.#holding, aborted(this.#lost.signal)]);
  }

  #askLater(): void {
    this.#dontAsk();
    this.#dontAsk = this.#clock.after(this.#askAfter, () => this.#do(this.#contender.waited()));
  }

  #do(move: Move | undefined): void {
    // Without a way to ask nobody's silence means anything.
    if (this.#alive === undefined) return;
    if (move === "answer") this.#alive.post(ALIVE);
    else if (move === "wait") this.#askLater();
    else if (move === "ask" && this.#alive.post(ARE_YOU_ALIVE)) this.#askLater();
    else if (move === "steal") {
      this.#waiting.abort();
      this.#stolen = this.#request({ steal: true });
    }
  }

  readonly #suspend = (): void => {
    // It may be back before this round is over.
    this.suspended = shown(this.#ended);
    this.#waiting.abort();
    this.#lost.abort();
  };
}

/** What tells a page that it is about to stop running. A worker isn't told. */
function suspendingEvents(): [EventTarget, string][] {
  if (typeof document === "undefined") return [];
  return [
    [document, "freeze"],
    [globalThis, "pagehide"],
  ];
}

/** Resolves when a page runs again, or once `ended`. */
function shown(ended: AbortSignal): Promise<void> {
  const over = new AbortController();
  const events: [EventTarget, string][] = [
    [document, "resume"],
    [globalThis, "pageshow"],
    [ended, "abort"],
  ];
  return new Promise<void>((resolve) => {
    for (const [target, event] of events) target.addEventListener(event, () => resolve(), { signal: over.signal });
    if (ended.aborted) resolve();
  }).finally(() => over.abort());
}

function ignore(): void {}
