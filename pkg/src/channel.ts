import type { Batch, Log } from "./binding.js";
import { Consumers } from "./consumers.js";
import { Dispatcher } from "./dispatcher.js";
import { type EverbusError, everbusError } from "./errors.js";
import type { Report } from "./fanout.js";
import { Immediate } from "./immediate.js";
import { Leaving } from "./leaving.js";
import { type Locks, RealmLocks, TabLocks } from "./locks.js";
import { Merging } from "./merging.js";
import { awaitCore, callCore, loadModule } from "./module.js";
import { Parted } from "./parted.js";
import { isA } from "./plain.js";
import { type Limits, Retention } from "./retention.js";
import { Tabs } from "./tabs.js";
import type { SeqNo, Uuid } from "./types.js";
import { Writer } from "./writer.js";

/**
 * The longest message in bytes that may be a notice: one carries at most 32 KiB, and some numbers. The core's memory, to
 * which it would be copied, never shrinks.
 */
const MOST_TOLD = 40 << 10;

/** Where a bus's log is. */
export type LogKind = "indexeddb" | "memory" | "none";

/** An open bus, as its channel sees it. */
export interface Member {
  /** Whether its log is in memory because it couldn't have the other one. */
  readonly fellBack: boolean;
  /** Closes it at once, without a flush; `error` is for its `onError`, if it should be told. */
  terminate(error: EverbusError | undefined): void;
  report(error: unknown): void;
}

/** The log of a channel, with one way in and one way out. */
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
export class Channel {
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

  constructor(stored?: {
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
      const looked = await awaitCore(() => log.look(keys, values));
      parted?.remove(keys);
      return looked;
    };
    const dispatcher = new Dispatcher(log, last, look, report);
    const merging = (this.#merging = new Merging(log, report));
    const idle = (): void => this.#attempt(() => merging.idle());
    const writer = new Writer(log, newBatch, {
      committed: (first, entries, highest) => {
        // What was stored before is news, too, if the platform said that it had failed.
        const isNews = entries.length > 0 || highest > dispatcher.position;
        if (isNews) this.#attempt(() => this.#tellTabs());
        for (const retention of this.#retentions) this.#attempt(() => retention.committed(entries.length));
        this.#attempt(() => dispatcher.committed(first, entries));
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
          if (parted !== undefined && this.#leaving?.isGone === true) quietly(() => log.interrupt());
        },
        () => {
          if (this.#hasLeft && !this.#ended) void this.look();
          this.#hasLeft = false;
        },
      );
    }
    const consumers = new Consumers(log, locks, () => dispatcher.position);
    const end = (): Promise<SeqNo> => {
      // Who isn't told of others' commits has to look; but what this realm is committing comes after the call.
      if (this.#tabs?.isListening || !isStored || !writer.isIdle) return Promise.resolve(dispatcher.position);
      const end = awaitCore(() => log.bounds()).then((bounds) => bounds[1]!);
      // What comes after the call isn't in the log before this is known. Whoever asks may have no use for it in the end.
      writer.waitFor(end.catch(ignore));
      return end;
    };
    this.log = { id: callCore(() => log.id), core: log, writer, dispatcher, consumers, locks, end };
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
  retain(limits: Limits, report: (error: EverbusError) => void): () => void {
    if (this.log === undefined || this.#ended) return () => {};
    const retention = new Retention(this.log.core, limits, report);
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
    closeLog(this.log.core);
  }
}

interface Slot {
  readonly key: string;
  readonly opening: Promise<Channel>;
  /** How many buses use it or are about to. */
  users: number;
  /** Once it is open. */
  channel?: Channel;
}

const slots = /* @__PURE__ */ new Map<string, Slot>();

/** A channel to use until it is released. */
export interface Lease {
  readonly channel: Channel;
  /** Once. The last one closes the channel. */
  release(): void;
}

/** The realm's channel of this name and kind, opened if it isn't. */
export async function openChannel(kind: LogKind, name: string): Promise<Lease> {
  const key = `${kind}:${name}`;
  let slot = slots.get(key);
  if (slot === undefined) {
    const opening = open(kind, name, () => forget(key, opening));
    slot = { key, opening, users: 0 };
    slots.set(key, slot);
  }
  const { opening } = slot;
  slot.users++;
  try {
    const channel = (slot.channel = await opening);
    return { channel, release: () => leave(slot, channel) };
  } catch (error) {
    forget(key, opening);
    throw error;
  }
}

/** Who has another log of this name open in this realm than one of this kind. */
export function membersElsewhere(kind: LogKind, name: string): Member[] {
  const other = kind === "memory" ? "indexeddb" : "memory";
  return [...(slots.get(`${other}:${name}`)?.channel?.members ?? [])];
}

async function open(kind: LogKind, name: string, onEnd: () => void): Promise<Channel> {
  if (kind === "none") return new Channel();
  const core = await loadModule();
  let channel: Channel | undefined;
  let closed: EverbusError | undefined;
  const onClosed = (error: Error): void => {
    closed = error as EverbusError;
    onEnd();
    channel?.end(closed, true);
  };
  const log = await (kind === "memory"
    ? callCore(() => core.Log.memory())
    : awaitCore(() => core.Log.indexeddb(name, onClosed)));
  try {
    const [, last] = await awaitCore(() => log.bounds());
    if (closed !== undefined) throw closed;
    const locks = kind === "memory" ? new RealmLocks() : new TabLocks(name);
    return (channel = new Channel({ name, log, last: last!, newBatch: () => new core.Batch(), locks, isStored: kind !== "memory" }));
  } catch (error) {
    closeLog(log);
    throw error;
  }
}

/** Calls the core where only a failed module can throw, and everyone who uses it learns of that. */
function quietly<T>(run: () => T): T | undefined {
  try {
    return callCore(run);
  } catch {
    return undefined;
  }
}

/** Closes a log for good. Nobody may call it again. */
function closeLog(log: Log): void {
  quietly(() => {
    log.close();
    log.free();
  });
}

function leave(slot: Slot, channel: Channel): void {
  if (--slot.users > 0) return;
  forget(slot.key, slot.opening);
  if (!channel.isEnded) channel.close();
}

function forget(key: string, opening: Promise<Channel>): void {
  if (slots.get(key)?.opening === opening) slots.delete(key);
}

/** Ends the realm's channels of this name: their buses are closed with code `closed`. */
export async function endChannels(name: string): Promise<void> {
  const error = everbusError("closed", `the bus ${JSON.stringify(name)} was deleted: open it again to start anew`);
  const kinds: LogKind[] = ["indexeddb", "memory", "none"];
  const ending = kinds.map(async (kind) => {
    const slot = slots.get(`${kind}:${name}`);
    if (slot === undefined) return;
    slots.delete(slot.key);
    const channel = await slot.opening.catch(() => undefined);
    channel?.end(error, false);
  });
  await Promise.all(ending);
}

function ignore(): void {}
