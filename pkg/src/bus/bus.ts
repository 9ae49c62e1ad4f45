import type { Bus, PublishOptions, Receipt } from "../api/bus.js";
import type { EventEnvelope } from "../api/envelope.js";
import { everbusError } from "../api/errors.js";
import type { FrameworkEvent, SeqNo, Uuid } from "../api/event.js";
import type { EventLog } from "../api/log.js";
import { CursorIterator } from "../deliver/cursor.js";
import type { Dispatcher } from "../deliver/dispatcher.js";
import { callBack, Subscriber } from "../deliver/fanout.js";
import type { Immediate } from "../deliver/immediate.js";
import { UnloggedIterator } from "../deliver/unlogged.js";
import { checkPayload, type Draft, invalidEvent, readEvent, snapshot, type Where } from "../events/draft.js";
import { compileFilter, readFilter } from "../events/filter.js";
import { metaText } from "../events/meta.js";
import { readHandler } from "../options/fields.js";
import { readPublishOptions } from "../options/publish.js";
import { readSubscribeOptions } from "../options/reading.js";
import { PublishReceipt, Unit } from "../publish/unit.js";
import { leaveUnproxied } from "../values/objects.js";
import { uuidV7 } from "../values/uuid.js";
import { BusLog } from "./log.js";
import type { Session } from "./session.js";

interface PublishChoices {
  readonly expected: SeqNo | undefined;
  readonly id: Uuid | undefined;
  readonly meta: Draft["meta"];
}

const NO_OPTIONS: PublishChoices = { expected: undefined, id: undefined, meta: undefined };

/** What `openBus` resolves to. */
export class OpenBus implements Omit<Bus, typeof Symbol.asyncDispose> {
  static {
    leaveUnproxied(this.prototype);
  }

  readonly name: string;
  readonly origin: Uuid;
  readonly storage: Bus["storage"];
  readonly log: EventLog;
  readonly #session: Session;
  readonly #capacity: number;

  constructor(session: Session, storage: Bus["storage"], capacity: number) {
    this.name = session.name;
    this.origin = uuidV7(session.shared.clock.now());
    this.storage = storage;
    this.log = new BusLog(session, this.origin);
    this.#session = session;
    this.#capacity = capacity;
    // The symbol is newer than some browsers.
    if (Symbol.asyncDispose !== undefined) {
      Object.defineProperty(this, Symbol.asyncDispose, { value: () => this.close() });
    }
  }

  get receiverCount(): number {
    return this.#session.shared.receivers;
  }

  get closed(): boolean {
    return this.#session.isClosed;
  }

  publish(event: FrameworkEvent, options?: PublishOptions): Receipt {
    const session = this.#session;
    session.check();
    const draft = this.#read(event);
    const { expected, id, meta } = options === undefined ? NO_OPTIONS : this.#readOptions(options);
    // What has run so far may be the caller's code (getters, toJSON): it may publish, and it may close this bus.
    session.check();
    draft.meta = meta;
    const { clock, log, immediate, receivers } = session.shared;
    draft.stamp(clock.now(), this.origin, id);

    const unit = log && new Unit([draft], session.owner, expected, id !== undefined);
    if (unit === undefined || log!.writer.push(unit)) immediate.publish(draft);
    return new PublishReceipt(draft.id, receivers, unit, 0);
  }

  publishAll(events: FrameworkEvent[], options?: PublishOptions): Receipt[] {
    const session = this.#session;
    session.check();
    if (!Array.isArray(events)) throw invalidEvent("what publishAll gets", "must be an array of events", events);
    const drafts = Array.from<unknown, Draft>(events, (event, i) => this.#read(event, () => `events[${i}]`));
    const { expected, id, meta } = options === undefined ? NO_OPTIONS : this.#readOptions(options);
    if (id !== undefined && drafts.length !== 1) {
      const message = `one id can't be given to ${drafts.length} events: publish them one by one`;
      throw everbusError("invalid_option", message);
    }
    session.check();
    if (drafts.length === 0) return [];
    const { clock, log, immediate, receivers } = session.shared;
    for (const draft of drafts) {
      draft.meta = meta;
      draft.stamp(clock.now(), this.origin, id);
    }

    const unit = log && new Unit(drafts, session.owner, expected, id !== undefined);
    const receipts = drafts.map((draft, i) => new PublishReceipt(draft.id, receivers, unit, i));
    if (unit === undefined || log!.writer.push(unit)) immediate.publishAll(drafts);
    return receipts;
  }

  /** Checks an event and, if there is a log to write it to, takes its snapshot. */
  #read(event: unknown, where?: Where): Draft {
    const draft = readEvent(event, where);
    if (this.#session.shared.log === undefined) checkPayload(draft, where);
    else snapshot(draft, where);
    return draft;
  }

  #readOptions(options: PublishOptions): PublishChoices {
    const { expected, id, meta } = readPublishOptions(options);
    if (expected !== undefined) this.#session.log("expectedLastSeqNo");
    if (meta === undefined || this.#session.shared.log === undefined) return { expected, id, meta };
    return { expected, id, meta: metaText(meta) };
  }

  subscribe(...args: unknown[]): () => void {
    const session = this.#session;
    session.check();
    const isFiltered = typeof args[0] !== "function";
    const [handler, options] = isFiltered ? args.slice(1) : args;
    const callback = readHandler<(envelope: EventEnvelope) => unknown>(handler);
    const filter = isFiltered ? compileFilter(readFilter(args[0])) : undefined;
    const { deliver, signal } = readSubscribeOptions(options);
    const source = this.#source(deliver);
    if (signal?.aborted) return () => {};

    const subscriber = new Subscriber(callback, filter, source.position, session.report);
    const stop = (): void => {
      source.remove(subscriber);
      place.leave();
    };
    const place = session.join({ end: stop, finish: stop });
    source.add(subscriber);
    place.heed(signal);
    return stop;
  }

  events(filter?: unknown, options?: unknown): AsyncIterableIterator<EventEnvelope> {
    const session = this.#session;
    session.check();
    const spec = filter === undefined ? undefined : readFilter(filter);
    const { deliver, signal, onLagged } = readSubscribeOptions(options);
    const source = this.#source(deliver);
    const { log, immediate } = session.shared;
    if (log !== undefined && source !== immediate) {
      const end = log.end();
      const openCursor = async () => log.core.subscribe(undefined, undefined, "latest", spec, false, await end);
      return session.open(signal, (onEnd) => new CursorIterator(log.core, openCursor, onEnd));
    }
    const lagged = (missed: number): void => {
      if (onLagged !== undefined) callBack(onLagged, missed, session.report);
    };
    return session.open(signal, (onEnd) => {
      const iterator = new UnloggedIterator(this.#capacity, lagged, () => {
        immediate.remove(subscriber);
        onEnd();
      });
      const push = (envelope: EventEnvelope): void => iterator.push(envelope);
      const subscriber = new Subscriber(push, spec && compileFilter(spec), immediate.position, session.report);
      immediate.add(subscriber);
      return iterator;
    });
  }

  /** Where events of this delivery come from. Options may have been read by the caller's getters: checks once more. */
  #source(deliver: "committed" | "immediate" | undefined): Dispatcher | Immediate {
    const session = this.#session;
    session.check();
    const { log, immediate } = session.shared;
    if (deliver === "immediate" || (deliver === undefined && log === undefined)) return immediate;
    return session.log('deliver: "committed"').dispatcher;
  }

  async persist(): Promise<boolean> {
    if (this.storage !== "persistent") return false;
    try {
      const { storage } = navigator;
      // A worker may only look.
      return await (storage.persist ?? storage.persisted).call(storage);
    } catch {
      // There is none on plain http, and an opaque origin's refuses.
      return false;
    }
  }

  flush(): Promise<void> {
    return this.#session.flush();
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
