import type { EverbusError, Report } from "../api/errors.js";
import type { SeqNo, Uuid } from "../api/event.js";
import type { Clock } from "../clock.js";
import { Consumers } from "../consumers/consumers.js";
import type { Locks } from "../consumers/locks.js";
import type { Batch } from "../core/binding.js";
import type { Log } from "../core/log.js";
import { quietly } from "../core/module.js";
import { Dispatcher } from "../deliver/dispatcher.js";
import { Immediate } from "../deliver/immediate.js";
import type { RetentionLimits } from "../options/bus.js";
import { Writer } from "../publish/writer.js";
import { Leaving } from "../tabs/leaving.js";
import { Parted } from "../tabs/parted.js";
import { Tabs } from "../tabs/tabs.js";
import { isA } from "../values/objects.js";
import { Merging } from "./merging.js";
import { Retention } from "./retention.js";

/**
 * The longest message in bytes that may be a notice: one carries at most 32 KiB, and some numbers. The core's memory, to
 * which it would be copied, never shrinks.
 */
const MOST_TOLD = 40 << 10;

/** Where a bus's log is. */
export type LogKind = "indexeddb" | "memory" | "none";

/** An open bus, as those see it that share its log. */
export interface Member {
  /** Whether its log is in memory because it couldn't have the other one. */
  readonly fellBack: boolean;
  /** Closes it at once, without a flush; `error` is for its `onError`, if it should be told. */
  terminate(error: EverbusError | undefined): void;
  report(error: unknown): void;
}

/** An open log, with one way in and one way out. */
export interface OpenLog {
  readonly id: Uuid;
  readonly core: Log;
  readonly writer: Writer;
  readonly dispatcher: Dispatcher;
  readonly consumers: Consumers;
  readonly locks: Locks;
  /** The last number in the log at the call. */
  end(): Promise<SeqNo>;
}

/** What the open buses of one name share in a realm: the log and the live subscribers. */
export class SharedBus {
  readonly immediate: Immediate = new Immediate();
  readonly members: Set<Member> = new Set();
  /** Everyone who gets live events: subscribers, iterators, consumers. */
  receivers = 0;
  /** Undefined without a log. */
  readonly log: OpenLog | undefined;
  #tabs: Tabs | undefined;
  #sharing: Promise<void> | undefined;
  #leaving: Leaving | undefined;
  #parted: Parted | undefined;
  /** Whether something was left behind since the page last ran on. */
  #hasLeft = false;
  #report: Report = ignore;
  readonly #merging: Merging | undefined;
  readonly #retentions = new Set<Retention>();
  /** Set once it has come to an end: then nobody may join. */
  #ended = false;

  constructor(readonly clock: Clock, stored?: {
    readonly name: string;
    readonly log: Log;
    readonly last: SeqNo;
    readonly newBatch: () => Batch;
    readonly locks: Locks;
    /** Whether other tabs and workers may have it open, too. */
    readonly isStored: boolean;
  }) {
    if (stored === undefined) return;
    const { name, log, last, newBatch, locks, isStored } = stored;
    const report = (this.#report = (error) => {
      for (const member of this.members) member.report(error);
    });
    const parted = isStored && Parted.isNeeded() ? new Parted(name, () => void this.look()) : undefined;
    this.#parted = parted;
    const look = async (): ReturnType<Log["look"]> => {
      const { keys, values } = parted?.all ?? { keys: [], values: [] };
      const looked = await log.look(keys, values);
      parted?.remove(keys);
      return looked;
    };
    const dispatcher = new Dispatcher(log, last, look, report);
    const merging = (this.#merging = new Merging(log, clock, report));
    const idle = (): void => this.#attempt(() => merging.idle());
    const writer = new Writer(log, newBatch, {
      committed: (first, drafts, highest) => {
        // What was stored before is news, too, if the platform said that it had failed.
        const isNews = drafts.length > 0 || highest > dispatcher.position;
        if (isNews) this.#attempt(() => this.#tellTabs());
        for (const retention of this.#retentions) this.#attempt(() => retention.committed(drafts.length));
        this.#attempt(() => dispatcher.committed(first, drafts));
        this.#attempt(() => dispatcher.extendTo(highest));
      },
      idle,
      staying: () => this.#leaving?.staying,
      keep: parted && ((key, record) => parted.add(key, record)),
      left: () => {
        this.#hasLeft = true;
        // A page that is only hidden mostly goes on.
        if (this.#leaving?.isGone === true) this.#attempt(() => this.#tabs?.tellToLook());
      },
    });
    if (isStored) {
      this.#leaving = new Leaving(
        () => {
          writer.leave();
          // WebKit keeps transactions open while a page is in its back/forward cache.
          if (parted !== undefined && this.#leaving?.isGone === true) log.interrupt();
        },
        () => {
          if (this.#hasLeft && !this.#ended) void this.look();
          this.#hasLeft = false;
        },
      );
    }
    const consumers = new Consumers(log, locks, clock, () => dispatcher.position);
    const end = (): Promise<SeqNo> => {
      // Who isn't told of others' commits has to look; but what this realm is committing comes after the call.
      if (this.#tabs?.isListening || !isStored || !writer.isIdle) return Promise.resolve(dispatcher.position);
      const end = log.bounds().then((bounds) => bounds[1]!);
      // What comes after the call isn't in the log before this is known. Whoever asks may have no use for it in the end.
      writer.waitFor(end.catch(ignore));
      return end;
    };
    this.log = { id: log.id, core: log, writer, dispatcher, consumers, locks, end };
    // What an earlier page had no time for.
    idle();
  }

  /** Whatever the platform throws is told, and neither ends the writer nor keeps what comes next from being done. */
  #attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#report(error);
    }
  }

  /**
   * From now on other tabs are told of commits, and theirs are delivered here. Resolves when it is known where the log ends:
   * what begins now begins there, however long this realm was told nothing.
   */
  share(name: string): Promise<void> {
    return (this.#sharing ??= this.#share(name));
  }

  async #share(name: string): Promise<void> {
    const { log } = this;
    if (log === undefined || this.#ended) return;
    const { core, dispatcher, writer } = log;
    const look = (): Promise<void> => this.look();
    const hear = (message: unknown): void => {
      const wantsEvents = dispatcher.size > 0;
      const isShort = isA<Uint8Array>("Uint8Array", message) && message.length <= MOST_TOLD;
      const notice = isShort ? quietly(() => core.hear(message, wantsEvents)) : undefined;
      if (notice === undefined) void look();
      else dispatcher.heard(...notice);
    };
    this.#tabs = new Tabs(name, hear, look, () => !writer.isIdle, this.#report);
    await look();
  }

  /** Looks for what others have committed, or left behind. */
  async look(): Promise<void> {
    const { log } = this;
    if (log === undefined) return;
    const hasAdopted = await quietly(() => {
      log.core.wake();
      return log.dispatcher.look();
    });
    if (hasAdopted) this.#attempt(() => this.#tabs?.tellToLook());
  }

  /** Tells other tabs of the commit that has just ended. */
  #tellTabs(): void {
    if (!this.#tabs?.isHeard || this.#ended) return;
    this.#tabs.tell(quietly(() => this.log?.core.takeNotice()));
  }

  /** From now on the log is kept within these limits. Returns the way to end that. */
  retain(limits: RetentionLimits, report: (error: EverbusError) => void): () => void {
    if (this.log === undefined || this.#ended) return () => {};
    const retention = new Retention(this.log.core, limits, this.clock, report);
    this.#retentions.add(retention);
    return () => {
      retention.close();
      this.#retentions.delete(retention);
    };
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Ends it while buses are open: they are closed, and what isn't committed fails with `error`. */
  end(error: EverbusError, isNews: boolean): void {
    if (this.#ended) return;
    this.close();
    for (const member of [...this.members]) member.terminate(isNews ? error : undefined);
    this.log?.writer.end(error);
    this.log?.consumers.end(error);
  }

  /** Releases the log. */
  close(): void {
    this.#ended = true;
    if (this.log === undefined) return;
    this.#leaving?.close();
    this.#parted?.close();
    this.#attempt(() => this.#tabs?.close());
    this.#merging?.stop();
    for (const retention of this.#retentions) retention.close();
    this.log.dispatcher.close();
    this.log.core.close();
  }
}

function ignore(): void {}
