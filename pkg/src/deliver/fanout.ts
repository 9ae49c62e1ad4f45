import type { EventEnvelope } from "../api/envelope.js";
import { type EverbusError, everbusError, messageOf, type Report } from "../api/errors.js";
import type { SeqNo } from "../api/event.js";
import type { Routed } from "../events/draft.js";
import type { CompiledFilter } from "../events/filter.js";

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

/** Calls what an application gave us. Whatever it throws goes to its `onError` and stops nobody. */
export function callBack<T>(callback: (argument: T) => unknown, argument: T, report: Report): void {
  try {
    watch(callback(argument), report);
  } catch (cause) {
    report(subscriberError(cause));
  }
}

/** Looks after what a callback returned: an async function throws by rejecting. */
function watch(result: unknown, report: Report): void {
  if (isThenable(result)) result.then(undefined, (cause: unknown) => report(subscriberError(cause)));
}

function subscriberError(cause: unknown): EverbusError {
  return everbusError("subscriber", `a subscriber threw, which stops nobody else: ${messageOf(cause)}`, cause);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** Those that an event of some shape and type may concern, in the order they subscribed. */
class Route {
  /** Their handlers, for the loop that has nothing else to look at. */
  readonly handlers: readonly Subscriber["handler"][];
  /** All of them want every event after this position; there is none if one of them decides by ids. */
  readonly allAfter: number;

  constructor(readonly subscribers: readonly Subscriber[]) {
    this.handlers = subscribers.map(({ handler }) => handler);
    const decides = subscribers.some(({ filter }) => filter?.matchesIds !== undefined);
    this.allAfter = decides ? Infinity : subscribers.reduce((latest, { after }) => Math.max(latest, after), 0);
  }
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
  #routes: (Map<string, Route> | undefined)[] = [];

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
    const { subscribers } = route;
    if (subscribers.length === 0) return;
    let envelope: EventEnvelope | undefined;
    let i = 0;
    if (position > route.allAfter) i = this.#callUndisturbed(route, (envelope = event.envelope(seqNo)));
    for (; i < subscribers.length; i++) {
      const subscriber = subscribers[i]!;
      if (!subscriber.active || position <= subscriber.after) continue;
      const matchesIds = subscriber.filter?.matchesIds;
      if (matchesIds !== undefined && !matchesIds(event)) continue;
      callBack(subscriber.handler, (envelope ??= event.envelope(seqNo)), subscriber.report);
    }
  }

  /**
   * Calls the handlers until one throws, or someone subscribes or unsubscribes: `deliver` goes on with the rest. Returns
   * how many it has called. Looking at each subscriber would take longer than calling it.
   */
  #callUndisturbed({ handlers, subscribers }: Route, envelope: EventEnvelope): number {
    const routes = this.#routes;
    let called = 0;
    try {
      while (called < handlers.length && this.#routes === routes) {
        const handler = handlers[called++]!;
        const result = handler(envelope);
        if (result !== undefined) watch(result, subscribers[called - 1]!.report);
      }
    } catch (cause) {
      subscribers[called - 1]!.report(subscriberError(cause));
    }
    return called;
  }

  #findRoute(shape: number, type: string): Route {
    const route = new Route([...this.#subscribers].filter(({ filter }) => filter?.matchesType(shape, type) ?? true));
    const routes = (this.#routes[shape] ??= new Map<string, Route>());
    if (routes.size === MOST_ROUTES) routes.clear();
    routes.set(type, route);
    return route;
  }
}
