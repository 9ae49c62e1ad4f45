/// <reference lib="esnext.disposable" preserve="true" />
import type { EverbusError } from "./errors.js";
import type { DeliveredFor, EnvelopeFor, FilterFor, Publishable, UnknownFilter } from "./typed.js";

/** What JSON can say: the payloads of events are made of it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** JSON that may be `readonly`, as `as const` makes it: what is published is taken so. */
export type ReadonlyJson =
  | null
  | boolean
  | number
  | string
  | readonly ReadonlyJson[]
  | { readonly [key: string]: ReadonlyJson };

/** A UUID in its RFC 9562 text form. Upper case is accepted; what everbus delivers is lower case. */
export type Uuid = string;

/** A position in a log: 1, 2, 3 … up to 2^53 − 1, without gaps. Always a `number`, never a `bigint`. */
export type SeqNo = number;

/** Something happened to an entity: an order was created, updated or deleted. `T` is its payload. */
export type EntityEvent<T extends ReadonlyJson = Json> =
  | { kind: "entity"; action: "created" | "updated"; entity_type: string; entity_id: Uuid; data: T }
  | { kind: "entity"; action: "deleted"; entity_type: string; entity_id: Uuid };

/** Something happened to a link between two entities. `M` is its metadata; none is `null`. */
export type LinkEvent<M extends ReadonlyJson = Json> =
  | {
      kind: "link";
      action: "created" | "updated";
      link_type: string;
      link_id: Uuid;
      source_id: Uuid;
      target_id: Uuid;
      metadata: M | null;
    }
  | { kind: "link"; action: "deleted"; link_type: string; link_id: Uuid; source_id: Uuid; target_id: Uuid };

/** Every event there is. Its JSON is the wire format. */
export type FrameworkEvent = EntityEvent | LinkEvent;

/** An event with its identity, its time and, once the log has assigned it, its number. */
export interface EventEnvelope<E extends EventOf<Schema> = FrameworkEvent> {
  /** UUID v7: unique, and the key that makes an append idempotent. */
  id: Uuid;
  /** RFC 3339, UTC, ends in "Z". Never an ordering key: order is `seq_no`. */
  timestamp: string;
  /** What happened. */
  event: E;
  /** Absent until the log has assigned it. */
  seq_no?: SeqNo;
  /** The open bus (tab, worker, process) that published it: `bus.origin`. Absent in envelopes from elsewhere. */
  origin?: Uuid;
  /** What the publisher attached (actor, tenant, trace …), carried verbatim and never interpreted. */
  meta?: { [key: string]: Json };
}

/** An envelope as the log gives it: with its number. */
export type Logged<E extends EventEnvelope<EventOf<Schema>> = EventEnvelope> = E & { seq_no: SeqNo };

/**
 * What an application declares to get typed events. Declare payloads with `type`: an `interface` is no `Json`. What is
 * published is checked against it, and filters name its types. What is read is typed by the filter, or by asking for
 * `event.entity_type`; nobody compares that with what an earlier version has stored. `Bus<Shop>` serves where any `Bus`
 * does, and what is published through that isn't checked.
 *
 * @example
 * type Shop = {
 *   entities: { order: { total: number }; customer: { name: string } };
 *   links: { placed_by: null };
 * };
 * const bus = await openBus<Shop>("shop");
 * bus.subscribe({ entity_type: "order", event_type: "created" }, ({ event }) => show(event.data.total));
 */
export interface Schema {
  /** The payload of each entity type. */
  entities?: { [entityType: string]: ReadonlyJson };
  /** The metadata of each link type. */
  links?: { [linkType: string]: ReadonlyJson };
}

/**
 * The events that a schema allows: what `publish` takes. Without a schema, every event.
 *
 * @example
 * const events: EventOf<Shop>[] = [entity.created("order", { total: 42 }), entity.deleted("customer", id)];
 */
export type EventOf<S extends Schema> = Publishable<S>;

/** One value, or an array of which any matches. */
export type OneOrMany<T> = T | T[];

/**
 * Which events are wanted. Every given field must match (AND); an array means any of its values; a trailing `*` in a
 * type matches by prefix. An unknown field or a value of the wrong type throws `invalid_filter`: a misspelt filter
 * never means "everything".
 *
 * @example
 * const filter: Filter = { entity_type: ["order", "invoice_*"], event_type: "created" };
 */
export interface Filter {
  /** Entities or links. */
  kind?: "entity" | "link";
  /** What happened to it. */
  event_type?: OneOrMany<"created" | "updated" | "deleted"> | readonly ("created" | "updated" | "deleted")[];
  /** Never matches a link event. */
  entity_type?: OneOrMany<string> | readonly string[];
  /** An entity's id, or a link's own id. */
  entity_id?: OneOrMany<Uuid> | readonly Uuid[];
  /** Never matches an entity event. */
  link_type?: OneOrMany<string> | readonly string[];
  /** Where a link starts. */
  source_id?: OneOrMany<Uuid> | readonly Uuid[];
  /** Where a link ends. */
  target_id?: OneOrMany<Uuid> | readonly Uuid[];
  /** An entity by its id, a link by its source or target. */
  touches?: OneOrMany<Uuid> | readonly Uuid[];
}

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
 * What `openBus` accepts. An unknown option is `invalid_option`. In a test with fake timers fake the date alone: every commit
 * needs a real `queueMicrotask`, and `fake-indexeddb` a real `setImmediate`.
 */
export interface BusOptions {
  /** Default: "indexeddb" where the platform has it, else "memory". Asked for explicitly, it is that or an error. */
  log?: "indexeddb" | "memory" | "none";
  /**
   * Live buffer, in events: how far a slow reader of `events()` may fall behind where it doesn't read from the log.
   * Default 1024; a positive integer.
   */
  capacity?: number;
  /**
   * IndexedDB durability of a commit. Default "relaxed": survives a crash of the tab or the browser; "strict" also a
   * power cut.
   */
  durability?: "relaxed" | "strict";
  /**
   * Share the log's events live with other tabs and workers of the origin. Default true with "indexeddb". With a log that
   * isn't shared `true` is `unsupported`. Off, another tab's events come with this tab's next commit: all since its last
   * one, also to a handler that has subscribed in between.
   */
  crossTab?: boolean;
  /**
   * Oldest whole segments go, in the background, when a limit is passed; numbering is unaffected and the newest segment
   * always stays. That is looked at when the bus opens, and after its commits. Default: keep everything. A consumer that
   * has not acknowledged what goes, whatever its filter, is told to `onError` before, with code `trimmed`. Positive
   * integers.
   */
  retention?: { maxEvents?: number; maxBytes?: number; maxAgeMs?: number };
  /**
   * How much this bus may have published that isn't committed yet: events (default 1,000,000) and bytes of JSON text (two
   * a character; default 128 MiB). What doesn't fit is refused whole: its `committed` rejects with `queue_full`, `onError`
   * is told how many events it were, and nobody gets them. One call always fits into an empty queue. Positive integers.
   */
  queue?: { maxEvents?: number; maxBytes?: number };
  /**
   * What has no caller to reject: background failures, a subscriber that threw, a fall-back to memory.
   * Default: console.error, of a fall-back with one sentence only.
   */
  onError?(error: EverbusError): void;
}

/** What `publish` returns, at once. */
export interface Receipt {
  /** The envelope's id. */
  id: Uuid;
  /** Live receivers in this realm at the time of the call; 0 is not an error. */
  receivers: number;
  /**
   * Resolves to the event's `seq_no` once it is durable; without a log, to undefined. Rejects with an `EverbusError`
   * (`conflict`, `queue_full`, `quota_exceeded`, `closed`, `storage`, …); ignoring it is safe. It is a getter: a copy by
   * `{ ...receipt }` has none.
   */
  committed: Promise<SeqNo | undefined>;
}

/** What `publish` and `publishAll` accept beside the events. */
export interface PublishOptions {
  /** Reject with `conflict` unless this is the log's last sequence number at commit; 0 for an empty log. */
  expectedLastSeqNo?: SeqNo;
  /**
   * The envelope's id, to make a retry idempotent: a second append of one id resolves to the first one's `seq_no`,
   * whatever `expectedLastSeqNo` says, which the first one has met.
   */
  id?: Uuid;
  /** Stored and delivered with the envelope, verbatim. At most 1 MiB of JSON. */
  meta?: { readonly [key: string]: ReadonlyJson };
}

/** When an event is delivered: after its commit, or at once. */
export type Delivery = "committed" | "immediate";

/** How `subscribe` and `events` deliver. */
export interface SubscribeOptions<D extends Delivery = Delivery> {
  /**
   * "committed" (default with a log): after the commit, with `seq_no`, in log order.
   * "immediate" (default without a log): in this realm only, without `seq_no`, and before `publish` returns; in such
   * a handler, after the event that is being delivered has reached everybody.
   */
  deliver?: D;
  /** Ends the subscription when it aborts. An iterator ends without an error, and drops what it has not given out. */
  signal?: AbortSignal;
  /**
   * Tells an iterator with immediate delivery, as it is read again, how many events it missed: once per episode. Nobody
   * else misses any: handlers are called at once, and committed delivery catches up from the log.
   */
  onLagged?(missed: number): void;
}

/**
 * An open bus. There are five ways to read, all in the log's order:
 *
 * | what for | call |
 * |---|---|
 * | what happens from now on: a toast, a line in a log, a cache to empty | `bus.subscribe` |
 * | the same in a loop, which takes its time for each event | `bus.events` |
 * | what all events add up to: state, a view, what a test expects | `bus.log.follow` |
 * | work to be done for each event, also after a crash: a mail, a request | `bus.log.subscribe` and `bus.log.ack` |
 * | a page of what is stored: a list, an export | `bus.log.read` |
 *
 * Keep it where nothing makes it reactive. Vue's `reactive`, and so Pinia, leaves it, its log, iterators and receipts as they
 * are; the events are plain data.
 */
export interface Bus<out S extends Schema = Schema> extends AsyncDisposable {
  /** The name it was opened with. */
  readonly name: string;
  /** This open bus: a fresh UUID at each `openBus`. */
  readonly origin: Uuid;
  /** Where the log really is: "persistent", or "memory" after a fall-back or by choice, or "none". */
  readonly storage: "persistent" | "memory" | "none";
  /** The durable record behind the bus. */
  readonly log: EventLog<S>;
  /** Live receivers in this realm: subscribers and iterators of every open bus that shares this log. */
  readonly receiverCount: number;
  /** True from the start of `close()`. */
  readonly closed: boolean;

  /**
   * Publishes one event. Never blocks; safe inside a handler. Await `committed` or `flush()` now and then, or what is
   * published faster than it is stored is refused in the end (`queue_full`, see `BusOptions.queue`). The payload is taken
   * as `JSON.stringify` writes it now: later changes to the caller's object change nothing (without a log it goes by
   * reference). A getter or `toJSON` that throws makes it `invalid_event`, with what it threw as the cause.
   *
   * @throws EverbusError `invalid_event`, `invalid_option`, `invalid_position`, `closed`, `module_failed`; everything
   * later arrives through `committed`.
   * @example
   * const { committed } = bus.publish(entity.created("order", { total: 42 }));
   * const seqNo = await committed; // durable now
   */
  publish(event: EventOf<S>, options?: PublishOptions): Receipt;

  /**
   * Publishes several events as one atomic append: all or none, with consecutive numbers.
   *
   * @throws EverbusError as `publish` does; then nothing was published.
   * @example
   * bus.publishAll([entity.created("order", order, id), link.created("placed_by", id, customerId)]);
   */
  publishAll(events: readonly EventOf<S>[], options?: PublishOptions): Receipt[];

  /**
   * Calls `handler` with every event that is committed after the call; with immediate delivery, published after it. Its
   * promise isn't awaited before the next one. A handler that throws, or whose promise rejects, reaches `onError` with
   * code `subscriber`; the others still get the event. The envelope is shared with them: don't change it. What was
   * trimmed or damaged before it could be read is passed over, and `onError` told (`trimmed`, `corrupt`).
   *
   * @returns the way to unsubscribe; calling it twice is safe.
   * @throws EverbusError `invalid_filter`, `invalid_option`, `unsupported` ("committed" without a log), `closed`.
   * @example
   * const stop = bus.subscribe({ entity_type: "order" }, ({ seq_no, event }) => console.log(seq_no, event.action));
   */
  subscribe<D extends Delivery = Delivery>(
    handler: (envelope: DeliveredFor<S, {}, D>) => void,
    options?: SubscribeOptions<D>,
  ): () => void;
  /** The same for a filter of which the compiler knows nothing. */
  subscribe<F extends Filter>(
    filter: UnknownFilter<F>,
    handler: (envelope: EventEnvelope) => void,
    options?: SubscribeOptions,
  ): () => void;
  /** The same for events that match `filter`. */
  subscribe<const F extends FilterFor<S, F>, D extends Delivery = Delivery>(
    filter: F,
    handler: (envelope: DeliveredFor<S, F, D>) => void,
    options?: SubscribeOptions<D>,
  ): () => void;

  /** As below, for a filter of which the compiler knows nothing. */
  events<F extends Filter>(filter: UnknownFilter<F>, options?: SubscribeOptions): AsyncIterableIterator<EventEnvelope>;
  /**
   * The same as an async iterable; `break`, `return()` and the signal end it, and drop what it has, and so does the garbage
   * collector once nobody holds it or waits for it. It starts at the call. A slow reader catches up from the log; with
   * immediate delivery it keeps the newest `capacity` events and tells `onLagged` how many were missed. It ends with an
   * error, from `next()`, at what was trimmed or damaged before it was read (`trimmed`, `corrupt`), and if the log can't be
   * read (`storage`, `unavailable`).
   *
   * @throws EverbusError `invalid_filter`, `invalid_option`, `unsupported` ("committed" without a log), `closed`.
   * @example
   * for await (const { event } of bus.events({ entity_type: "order" })) console.log(event);
   */
  events<const F extends FilterFor<S, F> = {}, D extends Delivery = Delivery>(
    filter?: F,
    options?: SubscribeOptions<D>,
  ): AsyncIterableIterator<DeliveredFor<S, F, D>>;

  /**
   * Asks the platform by [`persist()`](https://developer.mozilla.org/docs/Web/API/StorageManager/persist) to keep what the
   * origin has stored: else it is evicted as a whole if the disk gets full. Resolves to whether it will be kept; to false,
   * too, where nobody can be asked (plain http), and if the log isn't stored. Firefox asks the user; others decide by how
   * much the page is used, so ask again at a later visit. A worker only learns how it is.
   *
   * @example
   * if (!(await bus.persist())) offerAnExport();
   */
  persist(): Promise<boolean>;

  /**
   * Resolves when everything published and acknowledged before the call, by this realm on this log, is durable.
   *
   * @throws EverbusError a failure among those events and acknowledgements.
   */
  flush(): Promise<void>;

  /** Flushes, ends every subscription, releases the log. Idempotent; an event that failed doesn't reject it. */
  close(): Promise<void>;
}

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
