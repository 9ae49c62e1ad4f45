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

  publish(draft: Draft): void {
    if (!this.#takes(1)) return;
    if (this.#delivering) return void this.#queue.push(draft);
    this.#delivering = true;
    try {
      this.#fanout.deliver(draft, ++this.#delivered, undefined);
    } finally {
      this.#finish();
    }
  }

  /** Publishes drafts together: a handler that subscribes at the first of them gets none of them. */
  publishAll(drafts: readonly Draft[]): void {
    if (!this.#takes(drafts.length)) return;
    for (const draft of drafts) this.#queue.push(draft);
    if (this.#delivering) return;
    this.#delivering = true;
    this.#finish();
  }

  /** Counts what is published, if there is somebody for it. */
  #takes(count: number): boolean {
    const takes = this.#delivering || this.#fanout.size > 0;
    if (takes) this.#published += count;
    return takes;
  }

  #finish(): void {
    try {
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
