import type { Draft } from "../events/draft.js";
import { Fanout, type Subscriber } from "./fanout.js";

/**
 * Delivery at publish, without waiting for a commit.
 *
 * A handler may publish: such events wait until the one being delivered has reached everybody, so that every
 * subscriber sees one order. Positions count the published events that had somebody to go to.
 */
export class Immediate {
  readonly #fanout = new Fanout();
  #published = 0;
  #delivered = 0;
  #queue: Draft[] = [];
  #delivering = false;

  /** The position after which a new subscriber starts: what is queued was published before. */
  get position(): number {
    return this.#published;
  }

  get size(): number {
    return this.#fanout.size;
  }

  add(subscriber: Subscriber): void {
    this.#fanout.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#fanout.remove(subscriber);
  }

  /** Publishes drafts together: a handler that subscribes at the first of them gets none of them. */
  publish(drafts: readonly Draft[]): void {
    if (!this.#delivering && this.#fanout.size === 0) return;
    this.#published += drafts.length;
    if (this.#delivering) {
      for (const draft of drafts) this.#queue.push(draft);
      return;
    }
    this.#delivering = true;
    try {
      for (const draft of drafts) this.#fanout.deliver(draft, ++this.#delivered, undefined);
      // Handlers add to the queue while it is walked.
      for (let i = 0; i < this.#queue.length; i++) {
        this.#fanout.deliver(this.#queue[i]!, ++this.#delivered, undefined);
      }
    } finally {
      // Only an exhausted stack gets here early. It must not be the end of all delivery.
      this.#delivered = this.#published;
      if (this.#queue.length > 0) this.#queue = [];
      this.#delivering = false;
    }
  }
}
