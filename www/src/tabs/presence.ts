/**
 * Which tabs are open, and what each says of its picture.
 *
 * Each tab holds a Web Lock in its name. The browser frees it when the tab ends, however it ends, and the others wait for
 * that: so nobody asks again and again, and a tab that crashed doesn't stay in the list.
 */
import type { SeqNo, Uuid } from "everbus";

const LOCK = "everbus-demo-tab ";
const CHANNEL = "everbus-demo-tabs";

/** A picture at rest: after which event it is, and what it comes to. */
export interface Report {
  readonly seqNo: SeqNo;
  readonly digest: string;
}

interface Message {
  readonly from: Uuid;
  readonly report: Report | undefined;
  /** Whether the sender has just come, and so knows nobody's report. */
  readonly isNew: boolean;
}

export class Presence {
  /** The other tabs, each with its last report. */
  readonly others = new Map<Uuid, Report | undefined>();

  readonly #onChange: () => void;
  readonly #channel = new BroadcastChannel(CHANNEL);
  #own: { readonly origin: Uuid; readonly left: AbortController } | undefined;
  #report: Report | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#channel.addEventListener("message", ({ data }: MessageEvent<Message>) => this.#hear(data));
  }

  /** Whether the page may have Web Locks: it is secure, as localhost and https are. */
  static get isPossible(): boolean {
    return "locks" in navigator;
  }

  /** What this tab last said of its picture. */
  get report(): Report | undefined {
    return this.#report;
  }

  enter(origin: Uuid): void {
    const left = new AbortController();
    this.#own = { origin, left };
    hold(origin, left.signal, async () => {
      this.#send(true);
      const { held = [] } = await navigator.locks.query();
      for (const { name = "", mode } of held) {
        if (mode === "exclusive" && name.startsWith(LOCK)) this.#meet(name.slice(LOCK.length));
      }
    });
  }

  leave(): void {
    this.#own?.left.abort();
    this.#own = undefined;
    this.#report = undefined;
    this.others.clear();
    this.#onChange();
  }

  /** Tells the others what this tab's picture comes to. */
  tell(report: Report): void {
    this.#report = report;
    this.#send(false);
    this.#onChange();
  }

  #send(isNew: boolean): void {
    if (this.#own === undefined) return;
    const message: Message = { from: this.#own.origin, report: this.#report, isNew };
    this.#channel.postMessage(message);
  }

  #hear({ from, report, isNew }: Message): void {
    if (this.#own === undefined) return;
    this.#meet(from);
    this.others.set(from, report);
    if (isNew) this.#send(false);
    this.#onChange();
  }

  /** Adds a tab until its lock is free. */
  #meet(origin: Uuid): void {
    if (this.#own === undefined || this.#own.origin === origin || this.others.has(origin)) return;
    this.others.set(origin, undefined);
    this.#onChange();
    const { signal } = this.#own.left;
    navigator.locks.request(LOCK + origin, { mode: "shared", signal }, () => {
      this.others.delete(origin);
      this.#onChange();
    }).catch(ignoreAbort);
  }
}

/** Holds a tab's lock until the signal, and does something once it has it. */
function hold(origin: Uuid, left: AbortSignal, then: () => Promise<void>): void {
  navigator.locks.request(LOCK + origin, { signal: left }, async () => {
    const ended = new Promise((resolve) => left.addEventListener("abort", resolve));
    await then();
    if (!left.aborted) await ended;
  }).catch(ignoreAbort);
}

/** A request that is given up is no failure. */
function ignoreAbort(error: unknown): void {
  if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
}
