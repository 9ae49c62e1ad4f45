import type { EventEnvelope, Logged } from "./envelope.js";
import type { SeqNo, Uuid } from "./event.js";
import type { Filter } from "./filter.js";
import type { EventOf, Schema } from "./schema.js";
import type { EnvelopeFor, FilterFor, UnknownFilter } from "./typed.js";

/**
 * Where a subscription to the log starts. `{ sequence: n }`: the next event delivered is n (0 means 1; a future n
 * waits). `{ time }`: the first stored event at or after it, else the end: a Date, milliseconds since the epoch, or RFC
 * 3339 in UTC. "last_acknowledged" is the first stored event for a consumer that is new, and for `follow`, which has none.
 *
 * Whoever keeps a number elsewhere than in the log, to go on there, keeps `bus.log.id` beside it and gives it as `log`: if
 * the log is another by then (it was deleted, or evicted, or in the memory of what has restarted), that is `conflict`, and
 * changes nothing, where the number alone would wait for its event for ever.
 *
 * @example
 * const position = saved ? { sequence: saved.next, log: saved.log } : "beginning";
 * for await (const { seq_no, event } of bus.log.follow(position)) {
 *   apply(event);
 *   save({ next: seq_no + 1, log: bus.log.id });
 * }
 */
export type SeekPosition =
  | "beginning"
  | "last_acknowledged"
  | "latest"
  | { sequence: SeqNo; log?: Uuid }
  | { time: Date | number | string };

/**
 * The ordered, durable record behind a bus. Without a log every method is `unsupported`.
 *
 * A browser may evict what an origin has stored, all of it at once: if the disk gets full, unless it has agreed not to
 * (`bus.persist`), and in Safari after seven days of use without a tap or a click on the site. The log is a new one then, with
 * another `id`.
 */
export interface EventLog<out S extends Schema = Schema> {
  /**
   * Which log this is: another one after it was deleted and made anew, or after a restart if it is in memory.
   *
   * @throws EverbusError `unsupported` without a log.
   */
  readonly id: Uuid;

  /** The first stored number, undefined while nothing is stored. */
  firstSeqNo(): Promise<SeqNo | undefined>;
  /** The last number that the log has given, also once that is trimmed; undefined if it has given none. */
  lastSeqNo(): Promise<SeqNo | undefined>;

  /**
   * Appends envelopes made elsewhere (an import, a sync); their `seq_no` is ignored, a known `id` is not appended
   * twice. Atomic. Resolves to each one's number.
   *
   * @throws EverbusError `invalid_event`, `queue_full` and whatever the storage reports; then nothing was appended, unless
   * the storage can't be believed (`storage`, `unavailable`). Appending it again does no harm.
   */
  append(envelopes: readonly EventEnvelope<EventOf<Schema>>[]): Promise<SeqNo[]>;

  /** As below, for a filter of which the compiler knows nothing. */
  read<F extends Filter>(options: {
    from?: SeqNo;
    to?: SeqNo;
    limit?: number;
    filter: UnknownFilter<F>;
    reverse?: boolean;
  }): Promise<Logged[]>;
  /**
   * A page of stored events. `from` inclusive, default the first; `to` inclusive, default the last; `limit` counts what
   * matches `filter`, default 1000; `reverse` begins at `to`.
   *
   * @throws EverbusError `invalid_position`, `invalid_option`, `invalid_filter`; `corrupt` if the page touches events
   * that were damaged in the storage, whose cause `{ first, last }` says which. The others stay readable.
   * @example
   * const newest = await bus.log.read({ reverse: true, limit: 20 });
   * const before = await bus.log.read({ reverse: true, limit: 20, to: newest.at(-1)!.seq_no - 1 });
   */
  read<const F extends FilterFor<S, F> = {}>(options?: {
    from?: SeqNo;
    to?: SeqNo;
    limit?: number;
    filter?: F;
    reverse?: boolean;
  }): Promise<Logged<EnvelopeFor<S, F>>[]>;

  /** As below, for a filter of which the compiler knows nothing. */
  subscribe<F extends Filter>(
    consumer: string,
    position: SeekPosition | undefined,
    options: ConsumerOptions<F> & { filter: UnknownFilter<F> },
  ): AsyncIterableIterator<Logged>;
  /**
   * Stored events, then live ones: in order, no gap, no duplicate, until the bus is closed or deleted. Subscriptions of
   * one name each get all events, unless they are `exclusive`. Default position "latest". Acknowledge with `ack`, so that
   * "last_acknowledged" goes on from there after a reload. What the body of `for await` throws ends the subscription, so
   * try again within it. At events that were damaged in the storage it ends with `corrupt`; subscribe from behind its
   * cause's `last` to go on.
   *
   * @throws EverbusError `invalid_option`, `invalid_position`, `invalid_filter`, `unsupported`, `closed`; from `next()`,
   * `conflict` if the position is in another log, `trimmed`, `corrupt`, `storage`.
   * @example
   * for await (const { seq_no, event } of bus.log.subscribe("mailer", "last_acknowledged")) {
   *   await send(event);
   *   bus.log.ack("mailer", seq_no);
   * }
   */
  subscribe<const F extends FilterFor<S, F> = {}>(
    consumer: string,
    position?: SeekPosition,
    options?: ConsumerOptions<F>,
  ): AsyncIterableIterator<Logged<EnvelopeFor<S, F>>>;

  /** As below, for a filter of which the compiler knows nothing. */
  follow<F extends Filter>(
    position: SeekPosition | undefined,
    options: FollowOptions<F> & { filter: UnknownFilter<F> },
  ): AsyncIterableIterator<Logged>;
  /**
   * The same without a name, for whoever takes everything again after a reload, as state, views and tests do: it
   * acknowledges nothing, leaves no consumer behind, and `retention` warns of none.
   *
   * @throws EverbusError as `subscribe` does.
   * @example
   * const onCaughtUp = () => show(total);
   * for await (const { event } of bus.log.follow("beginning", { filter: { entity_type: "order" }, onCaughtUp })) {
   *   total += event.action === "created" ? 1 : 0;
   * }
   */
  follow<const F extends FilterFor<S, F> = {}>(
    position?: SeekPosition,
    options?: FollowOptions<F>,
  ): AsyncIterableIterator<Logged<EnvelopeFor<S, F>>>;
  follow(position?: SeekPosition, options?: FollowOptions): AsyncIterableIterator<Logged>;

  /**
   * Acknowledges everything up to `seqNo`. Cheap enough to call for every event: what is acknowledged while one
   * transaction is being written goes into the next one, for all consumers. Resolves once a transaction that covers it
   * has completed; `flush` and `close` wait for it, too. After a crash the consumer goes on after the last number that
   * was durable: what it had done since comes again, and nothing is skipped. Ignoring the promise is safe: a failure
   * that nobody awaits reaches `onError`.
   *
   * An older number than before changes nothing. A consumer that isn't there yet is made: mind the name.
   *
   * @throws EverbusError (it rejects) `invalid_option`, `invalid_position` past the end of the log, `conflict` if an
   * exclusive subscription elsewhere holds the consumer or has taken it over; `closed`, `storage`, `quota_exceeded`.
   */
  ack(consumer: string, seqNo: SeqNo): Promise<void>;
  /**
   * Where the consumer's next "last_acknowledged" or exclusive subscription starts. Running subscriptions are unaffected.
   *
   * @throws EverbusError (it rejects) `invalid_option`, `invalid_position`, `conflict` if the position is in another log,
   * `closed`, `storage`, `quota_exceeded`.
   */
  seek(consumer: string, position: SeekPosition): Promise<void>;
  /** Every consumer that has acknowledged, sought or subscribed. */
  consumers(): Promise<ConsumerInfo[]>;
  /** Forgets a consumer's position. Resolves to whether there was one. */
  deleteConsumer(name: string): Promise<boolean>;
  /**
   * Forgets events before `before`: whole segments, so it may keep a few more. Numbering is unaffected. Resolves to the
   * new first number, undefined if nothing is left. One past the last number forgets everything; more is
   * `invalid_position`. A subscription that still wants what is gone gets `trimmed`, or skips it (`onTrimmed`). Segments
   * that are damaged go like any other.
   *
   * @example
   * const { lastSeqNo = 0 } = await bus.log.stats();
   * if (lastSeqNo > 100_000) await bus.log.trim(lastSeqNo - 100_000);
   */
  trim(before: SeqNo): Promise<SeqNo | undefined>;
  /** How much is stored. Takes one small read, however long the log is. */
  stats(): Promise<LogStats>;
}

/** How much a log holds. */
export interface LogStats {
  /** Stored events. */
  events: number;
  /** Bytes of the stored segments; the platform's storage takes somewhat more. */
  bytes: number;
  /** Records that the events are in. */
  segments: number;
  /** The first stored event's number. Absent if nothing is stored. */
  firstSeqNo?: SeqNo;
  /** The last assigned number. Absent if none ever was. */
  lastSeqNo?: SeqNo;
}

/** What `log.follow` accepts. */
export interface FollowOptions<F extends Filter = Filter> {
  /** Only these events. */
  filter?: F;
  /** Ends the subscription when it aborts. */
  signal?: AbortSignal;
  /**
   * Called once, when the reader has had all that was stored at the call, and asks for more: with `for await`, after the
   * body has run for the last of it. Gets the number up to which that is, also of events that the filter passes over: the
   * log's last one, 0 for an empty log. What it throws reaches `onError` (`subscriber`).
   */
  onCaughtUp?(seqNo: SeqNo): void;
  /** What a cursor before the first stored event does: reject with `trimmed` (default), whose
   *  cause is `{ requested, first }`, or go on from the first one ("skip"). */
  onTrimmed?: "error" | "skip";
}

/** What `log.subscribe` accepts. */
export interface ConsumerOptions<F extends Filter = Filter> extends FollowOptions<F> {
  /**
   * One live subscription of this consumer at a time, among all tabs and workers of the origin. The others wait; when it
   * ends, or its tab closes, crashes, freezes or hangs, the next one goes on after what was acknowledged. So an event may
   * be processed again, but is never acknowledged by two: what the earlier holder still acknowledges is refused with
   * `conflict`, and so is everybody else's `ack` meanwhile; the error's cause is `{ epoch, current }`. A subscription that
   * lost its consumer waits for it again; `break` and `return()` end it, and take until it holds the consumer no more.
   * `position` is where a consumer starts that nobody has held, sought or acknowledged anything for; any other goes on
   * where it got to. It has caught up with what was stored when its turn came. Tabs need Web Locks, so a secure context:
   * else `unsupported`. Default false.
   */
  exclusive?: boolean;
}

/** A durable position in the log. */
export interface ConsumerInfo {
  /** The consumer's name. */
  name: string;
  /** The number before the one it goes on with: the last it acknowledged, or where `seek`, or trimming before its time, has
   *  put it. */
  lastAcked?: SeqNo;
  /** Stored events after that one, also those that its filter leaves out. */
  lag: number;
  /**
   * The `origin` of the bus whose exclusive subscription holds it. One that crashed is named until the next one takes
   * over.
   */
  heldBy?: Uuid;
}
