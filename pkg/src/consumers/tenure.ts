import type { SeqNo, Uuid } from "../api/event.js";

/** The time in which an exclusive subscription holds its consumer: one claim in the log. */
export class Tenure {
  readonly epoch: number;
  readonly holder: Uuid;
  /** The numbers that were given out: none yet. */
  #first: SeqNo = Infinity;
  #last: SeqNo = 0;
  /** Whether the subscription has lost the consumer, or left it. */
  isOver = false;
  readonly #onRefused: () => void;

  /** `onRefused` is called when the log knows a newer claim. */
  constructor(epoch: number, holder: Uuid, onRefused: () => void) {
    this.epoch = epoch;
    this.holder = holder;
    this.#onRefused = onRefused;
  }

  /** The last number that was given out, 0 for none. */
  get last(): SeqNo {
    return this.#last;
  }

  gave(seqNo: SeqNo): void {
    this.#first = Math.min(this.#first, seqNo);
    this.#last = Math.max(this.#last, seqNo);
  }

  hasGiven(seqNo: SeqNo): boolean {
    return this.#first <= seqNo && seqNo <= this.#last;
  }

  refused(): void {
    this.#onRefused();
  }
}

/**
 * The tenures of one bus: an acknowledgement counts under the one in which its event was given out.
 *
 * So what a tab was doing when it lost its consumer isn't acknowledged over its successor, not even once the tab has won
 * the consumer again.
 */
export class Tenures {
  /** Of each consumer the newest one, and of those before it the one that got furthest. */
  readonly #byConsumer = new Map<string, { readonly newest: Tenure; readonly earlier: Tenure | undefined }>();

  begin(consumer: string, newest: Tenure): void {
    const known = this.#byConsumer.get(consumer);
    const { newest: last, earlier } = known ?? {};
    this.#byConsumer.set(consumer, { newest, earlier: last && earlier && earlier.last > last.last ? earlier : last });
  }

  /** Undefined if this bus never held the consumer. */
  of(consumer: string, seqNo: SeqNo): Tenure | undefined {
    const known = this.#byConsumer.get(consumer);
    if (known === undefined) return undefined;
    const { newest, earlier } = known;
    const isOld = earlier !== undefined && seqNo <= earlier.last && !newest.hasGiven(seqNo);
    if (isOld) return earlier;
    // What it has never given out anybody may acknowledge, as far as nobody else holds the consumer.
    return newest.isOver && seqNo > newest.last ? undefined : newest;
  }
}
