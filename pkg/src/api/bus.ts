/// <reference lib="esnext.disposable" preserve="true" />
import type { EventEnvelope } from "./envelope.js";
import type { EverbusError } from "./errors.js";
import type { ReadonlyJson, SeqNo, Uuid } from "./event.js";
import type { Filter } from "./filter.js";
import type { EventLog } from "./log.js";
import type { EventOf, Schema } from "./schema.js";
import type { DeliveredFor, FilterFor, UnknownFilter } from "./typed.js";

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
