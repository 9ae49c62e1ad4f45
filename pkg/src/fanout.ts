import { describe, type EverbusError, everbusError } from "./errors.js";
import type { Routed } from "./entry.js";
import type { CompiledFilter } from "./filter.js";
import type { EventEnvelope, SeqNo } from "./types.js";

/** Something that can be delivered: what routing looks at, and the envelope once somebody wants it. */
export interface Delivery extends Routed {
  envelope(seqNo: SeqNo | undefined): EventEnvelope;
}

/** One handler and what it wants. */
export class Subscriber {
  /** False from unsubscribing on: it is never called again, not even for the event that is being delivered. */
  active = true;

  constructor(
    readonly handler: (envelope: EventEnvelope) => unknown,
    readonly filter: CompiledFilter | undefined,
    /** Gets only what comes after this position. */
    readonly after: number,
    readonly report: Report,
  ) {}
}

/** Tells an `onError`. Never throws. */
export type Report = (error: EverbusError) => void;

/** Calls what an application gave us. Whatever it throws goes to its `onError` and stops nobody. */
export function callBack<T>(callback: (argument: T) => unknown, argument: T, report: Report): void {
  try {
    const result = callback(argument);
    // An async function throws by rejecting.
    if (isThenable(result)) result.then(undefined, (cause: unknown) => report(subscriberError(cause)));
  } catch (cause) {
    report(subscriberError(cause));
  }
}

function subscriberError(cause: unknown): EverbusError {
  const reason = cause instanceof Error ? cause.message : describe(cause);
  return everbusError("subscriber", `a subscriber threw, which stops nobody else: ${reason}`, cause);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** Events of a type that nobody expected must not fill the memory with routes. */
const MOST_ROUTES = 1024;

/**
 * Calls the handlers that an event concerns, in the order they subscribed.
 *
 * Who may get an event of some shape and type is worked out once and remembered until someone subscribes or
 * unsubscribes; a list that is being walked is never changed, so handlers may do both.
 */
export class Fanout {
  readonly #subscribers = new Set<Subscriber>();
  #routes: (Map<string, readonly Subscriber[]> | undefined)[] = [];

  get size(): number {
    return this.#subscribers.size;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    this.#routes = [];
  }

  remove(subscriber: Subscriber): void {
    subscriber.active = false;
    this.#subscribers.delete(subscriber);
    this.#routes = [];
  }

  /** Delivers the event at `position`. The envelope is made at most once, and only if somebody wants it. */
  deliver(event: Delivery, position: number, seqNo: SeqNo | undefined): void {
    const route = this.#routes[event.shape]?.get(event.type) ?? this.#findRoute(event.shape, event.type);
    let envelope: EventEnvelope | undefined;
    for (let i = 0; i < route.length; i++) {
      const subscriber = route[i]!;
      if (!subscriber.active || position <= subscriber.after) continue;
      const matchesIds = subscriber.filter?.matchesIds;
      if (matchesIds !== undefined && !matchesIds(event)) continue;
      callBack(subscriber.handler, (envelope ??= event.envelope(seqNo)), subscriber.report);
    }
  }

  #findRoute(shape: number, type: string): readonly Subscriber[] {
    const route = [...this.#subscribers].filter(({ filter }) => filter?.matchesType(shape, type) ?? true);
    const routes = (this.#routes[shape] ??= new Map<string, readonly Subscriber[]>());
    if (routes.size === MOST_ROUTES) routes.clear();
    routes.set(type, route);
    return route;
  }
}
