import { type EverbusError, everbusError, type Report, withCode } from "../api/errors.js";
import { moduleFailure } from "../core/module.js";
import { Handle } from "../deliver/handle.js";
import type { EventIterator } from "../deliver/iterator.js";
import { UnloggedIterator } from "../deliver/unlogged.js";
import type { Lease } from "../log/leases.js";
import type { SharedBus, Member, OpenLog } from "../log/shared.js";
import type { OpenSettings } from "../options/bus.js";
import { QueueShare } from "../publish/queue.js";
import type { Owner } from "../publish/unit.js";

/** What an open bus does until it is closed: a subscription or an iterator. */
export interface Receiver {
  /** Ends it at once. */
  end(): void;
  /** Ends it after what it has already. */
  finish(): void;
  /** Resolves, once it has ended, when it holds nothing that others wait for. */
  readonly freed?: Promise<void>;
}

/** The place of a receiver among those of its bus. */
export class Place {
  readonly #receiver: Receiver;
  readonly #leave: () => boolean;
  readonly #report: Report;
  #ignoreSignal: () => void = ignore;

  /** `leave` gives the place up, and returns whether it was there to be given up. */
  constructor(receiver: Receiver, leave: () => boolean, report: Report) {
    this.#receiver = receiver;
    this.#leave = leave;
    this.#report = report;
  }

  /** Ends the receiver when the signal aborts. That may call back at once, and throw: it is the application's. */
  heed(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const abort = (): void => this.#receiver.end();
    this.#ignoreSignal = () => signal.removeEventListener("abort", abort);
    try {
      signal.addEventListener("abort", abort);
    } catch (error) {
      abort();
      throw error;
    }
  }

  /** The receiver has ended. */
  leave(): void {
    if (!this.#leave()) return;
    try {
      this.#ignoreSignal();
    } catch (error) {
      this.#report(error);
    }
  }
}

/** What `openBus` was told of one bus. */
export type SessionSettings = Pick<OpenSettings, "strict" | "onError" | "retention" | "queue">;

/** The life of one open bus: who receives through it, whom to tell of errors, how it closes. */
export class Session implements Member {
  readonly name: string;
  readonly shared: SharedBus;
  readonly fellBack: boolean;
  /** Stands for this bus in the queue of the log. */
  readonly owner: Owner;
  readonly #release: () => void;
  readonly #stopRetaining: () => void = ignore;
  readonly #onError: (error: EverbusError) => unknown;
  readonly #receivers = new Set<Receiver>();
  #closing: Promise<void> | undefined = undefined;
  /** While `close` commits and delivers. */
  #isDelivering = false;

  constructor(name: string, lease: Lease, { strict, onError, retention, queue }: SessionSettings, fellBack: boolean) {
    this.name = name;
    this.fellBack = fellBack;
    this.shared = lease.shared;
    this.#release = lease.release;
    this.#onError = onError ?? printError;
    // What is still queued when the log is deleted isn't news any more.
    const report = (error: EverbusError): void => {
      if (this.shared.members.has(this)) this.report(error);
    };
    const share = new QueueShare(queue, report);
    this.owner = { strict, report, queue: share, refused: (events) => share.refused(events) };
    this.shared.members.add(this);
    if (retention !== undefined) this.#stopRetaining = this.shared.retain(retention, this.owner.report);
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** @throws EverbusError `closed`, `module_failed`. */
  check(): void {
    if (this.#closing !== undefined) {
      throw everbusError("closed", `the bus ${JSON.stringify(this.name)} is closed: open it again with openBus`);
    }
    if (this.shared.log === undefined) return;
    const failure = moduleFailure();
    if (failure !== undefined) throw failure;
  }

  /** The log behind the bus. @throws EverbusError `unsupported` if there is none, and as `check` does. */
  log(what: string): OpenLog {
    this.check();
    return this.logOf(what);
  }

  /** The same, also of a bus that is closed. @throws EverbusError `unsupported` if there is none. */
  logOf(what: string): OpenLog {
    const { log } = this.shared;
    if (log === undefined) {
      throw everbusError("unsupported", `${what} needs a log: open the bus with log "indexeddb" or "memory"`);
    }
    return log;
  }

  /** The log for an acknowledgement: subscribers also acknowledge what they get during `close`. */
  get ackLog(): OpenLog {
    return (this.#isDelivering && this.shared.log) || this.log("bus.log");
  }

  /** Tells `onError`. If that throws or rejects, there is nobody left to tell. */
  readonly report = (error: unknown): void => {
    try {
      const result = this.#onError(withCode(error));
      // It may be another realm's promise.
      Promise.resolve(result).catch(ignore);
    } catch {}
  };

  /** Counts a receiver in, and ends it with the bus. */
  join(receiver: Receiver): Place {
    this.shared.receivers++;
    this.#receivers.add(receiver);
    const leave = (): boolean => {
      const isHere = this.#receivers.delete(receiver);
      if (isHere) this.shared.receivers--;
      return isHere;
    };
    return new Place(receiver, leave, this.report);
  }

  /** Opens an iterator that ends with the bus and the signal; `make` gets what to call when it has ended. */
  open(signal: AbortSignal | undefined, make: (onEnd: () => void) => EventIterator): Handle {
    if (signal?.aborted) {
      const ended = new UnloggedIterator(1, ignore, ignore);
      ended.end();
      return new Handle(ended);
    }
    const iterator = make(() => place.leave());
    const place = this.join(iterator);
    place.heed(signal);
    return new Handle(iterator);
  }

  /** Resolves when everything that was published and acknowledged is durable. */
  async flush(): Promise<void> {
    const { log } = this.shared;
    if (log === undefined) return;
    try {
      await log.writer.flush();
    } finally {
      await log.consumers.flush();
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const { log } = this.shared;
    if (log !== undefined) {
      this.#isDelivering = true;
      // A failure was reported when it happened.
      await log.writer.flush().catch(ignore);
      await log.dispatcher.idle();
      this.#isDelivering = false;
      // Subscribers acknowledge what they get, and others wait for what is exclusive.
      await log.consumers.flush().catch(ignore);
      await this.#free();
    }
    this.#leave();
  }

  async #free(): Promise<void> {
    const exclusive = [...this.#receivers].filter(({ freed }) => freed !== undefined);
    for (const receiver of exclusive) receiver.finish();
    await Promise.all(exclusive.map(({ freed }) => freed));
  }

  terminate(error: EverbusError | undefined): void {
    this.#closing ??= Promise.resolve();
    this.#leave();
    if (error !== undefined) this.report(error);
  }

  #leave(): void {
    if (!this.shared.members.delete(this)) return;
    for (const receiver of [...this.#receivers]) receiver.finish();
    this.#stopRetaining();
    this.#release();
  }
}

function printError(error: EverbusError): void {
  console.error(error);
}

function ignore(): void {}
