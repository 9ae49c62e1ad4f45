import type { EventEnvelope, Logged } from "../api/envelope.js";
import { type EverbusError, everbusError } from "../api/errors.js";
import type { SeqNo, Uuid } from "../api/event.js";
import type { ConsumerInfo, EventLog, LogStats, SeekPosition } from "../api/log.js";
import { ExclusiveIterator } from "../consumers/exclusive.js";
import { Tenures } from "../consumers/tenure.js";
import type { Cursor } from "../core/cursor.js";
import { decodeSound } from "../deliver/chunk.js";
import { CursorIterator } from "../deliver/cursor.js";
import { callBack } from "../deliver/fanout.js";
import { readEnvelopes } from "../events/envelope.js";
import { readName, readSeqNo } from "../options/fields.js";
import { type Position, readPosition } from "../options/position.js";
import { type FollowSettings, readConsumerOptions, readFollowOptions, readReadOptions } from "../options/reading.js";
import { Outcome, whenListening } from "../publish/outcome.js";
import { Unit } from "../publish/unit.js";
import { leaveUnproxied } from "../values/objects.js";
import type { Session } from "./session.js";

/** `bus.log`. */
export class BusLog implements EventLog {
  static {
    leaveUnproxied(this.prototype);
  }

  readonly #session: Session;
  /** Under which id this bus holds exclusive consumers. */
  readonly #holder: Uuid;
  readonly #tenures = new Tenures();

  constructor(session: Session, holder: Uuid) {
    this.#session = session;
    this.#holder = holder;
  }

  get id(): Uuid {
    return this.#session.logOf("bus.log.id").id;
  }

  async firstSeqNo(): Promise<SeqNo | undefined> {
    return this.#bound(0);
  }

  async lastSeqNo(): Promise<SeqNo | undefined> {
    return this.#bound(1);
  }

  async #bound(which: 0 | 1): Promise<SeqNo | undefined> {
    const { core } = this.#session.log("bus.log");
    const bounds = await core.bounds();
    return bounds[which] || undefined;
  }

  async append(envelopes: EventEnvelope[]): Promise<SeqNo[]> {
    const session = this.#session;
    session.log("bus.log");
    const drafts = readEnvelopes(envelopes);
    // Reading them may have run the caller's code.
    const { writer } = session.log("bus.log");
    if (drafts.length === 0) return [];
    const unit = new Unit(drafts, session.owner, undefined, true);
    writer.push(unit);
    await unit.committed(0);
    return drafts.map((_, i) => unit.seqNo(i));
  }

  async read(options?: unknown): Promise<Logged[]> {
    this.#session.log("bus.log");
    const { from, to, limit, filter, reverse } = readReadOptions(options);
    const envelopes: Logged[] = [];
    for (let low = from, high = to; low <= high && envelopes.length < limit; ) {
      // Before each page: the bus may have been closed in between.
      const { core } = this.#session.log("bus.log");
      const most = limit - envelopes.length;
      const [resume, ...chunks] = await core.read(low, high, most, reverse, filter);
      for (const chunk of chunks) {
        const [read, damage] = await decodeSound(core, chunk);
        for (const envelope of read) envelopes.push(envelope);
        if (damage !== undefined) throw damage;
      }
      if (resume === 0) break;
      if (reverse) high = resume;
      else low = resume;
    }
    return envelopes;
  }

  subscribe(consumer: string, position?: SeekPosition, options?: unknown): AsyncIterableIterator<Logged> {
    const session = this.#session;
    session.log("bus.log");
    const name = readName(consumer, "the consumer's name");
    const start = readPosition(position === undefined ? "latest" : position);
    const settings = readConsumerOptions(options);
    return this.#follow(name, start, settings, settings.isExclusive);
  }

  follow(position?: SeekPosition, options?: unknown): AsyncIterableIterator<Logged> {
    this.#session.log("bus.log");
    const start = readPosition(position === undefined ? "latest" : position);
    return this.#follow(undefined, start, readFollowOptions(options), false);
  }

  #follow(
    consumer: string | undefined,
    start: Position,
    { filter, signal, onCaughtUp, skipTrimmed }: FollowSettings,
    isExclusive: boolean,
  ): AsyncIterableIterator<Logged> {
    const session = this.#session;
    const { report } = session;
    const log = session.log("bus.log");
    const { core, consumers, writer } = log;
    const end = start === "latest" ? log.end() : Promise.resolve(0);
    const told = onCaughtUp && ((last: SeqNo): void => callBack(onCaughtUp, last, report));
    const refusal = otherLog(start, log.id);
    let open: (onEnd: () => void) => CursorIterator;
    if (isExclusive) log.locks.check();
    if (isExclusive && refusal === undefined) {
      const [holder, tenures] = [this.#holder, this.#tenures];
      const exclusive = { log, consumer: consumer!, holder, tenures, start, end, filter, skipTrimmed, report };
      open = (onEnd) => new ExclusiveIterator(exclusive, onEnd, told);
    } else {
      const subscribe = async (): Promise<Cursor> => {
        if (refusal !== undefined) throw refusal;
        return core.subscribe(consumer, undefined, start, filter, skipTrimmed, await end);
      };
      const openCursor = (): Promise<Cursor> => {
        // Where that is depends on what is being acknowledged.
        const cursor = start === "last_acknowledged" ? consumers.run(subscribe) : subscribe();
        // What is published after the call isn't what is caught up with.
        if (told !== undefined) writer.waitFor(cursor.catch(ignore));
        return cursor;
      };
      open = (onEnd) => new CursorIterator(core, openCursor, onEnd, told);
    }
    // What a cursor gives is in the log, and has its number.
    return session.open(signal, open) as AsyncIterableIterator<Logged>;
  }

  ack(consumer: string, seqNo: SeqNo): Promise<void> {
    const { owner, report } = this.#session;
    try {
      const { consumers } = this.#session.ackLog;
      const name = readName(consumer, "the consumer's name");
      const seq = readSeqNo(seqNo, "the number to acknowledge", 1);
      return consumers.ack(name, seq, owner, this.#tenures.of(name, seq));
    } catch (error) {
      // Also to a bus that is closed: what was done for it comes again.
      const refused = new Outcome<void>();
      whenListening(() => refused.reject(error) || report(error));
      return refused.promise;
    }
  }

  async seek(consumer: string, position: SeekPosition): Promise<void> {
    const name = readName(consumer, "the consumer's name");
    const start = readPosition(position);
    const { id, core, consumers } = this.#session.log("bus.log");
    const refusal = otherLog(start, id);
    if (refusal !== undefined) throw refusal;
    await consumers.run(() => core.seek(name, start));
  }

  async consumers(): Promise<ConsumerInfo[]> {
    const { core, consumers } = this.#session.log("bus.log");
    return consumers.run(() => core.consumers());
  }

  async deleteConsumer(name: string): Promise<boolean> {
    const { core, consumers } = this.#session.log("bus.log");
    const consumer = readName(name, "the consumer's name");
    return consumers.run(() => core.deleteConsumer(consumer));
  }

  async trim(before: SeqNo): Promise<SeqNo | undefined> {
    const { core } = this.#session.log("bus.log");
    const seqNo = readSeqNo(before, "the number to trim before", 1);
    const first = await core.trim(seqNo);
    return first || undefined;
  }

  async stats(): Promise<LogStats> {
    const { core } = this.#session.log("bus.log");
    const [events, bytes, segments, first, last] = await core.stats();
    const stats: LogStats = { events: events!, bytes: bytes!, segments: segments! };
    if (first) stats.firstSeqNo = first;
    if (last) stats.lastSeqNo = last;
    return stats;
  }
}

/** What refuses a position in another log than this one. */
function otherLog(start: Position, id: Uuid): EverbusError | undefined {
  if (typeof start === "string" || !("log" in start) || start.log === undefined || start.log === id) return undefined;
  const message = `the position is in the log ${start.log}, but this is ${id}: it was made anew, so begin at the beginning`;
  return everbusError("conflict", message);
}

function ignore(): void {}
