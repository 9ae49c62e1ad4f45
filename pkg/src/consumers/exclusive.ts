import type { EventEnvelope } from "../api/envelope.js";
import type { Report } from "../api/errors.js";
import type { SeqNo, Uuid } from "../api/event.js";
import type { Log } from "../core/log.js";
import { type CaughtUp, CursorIterator } from "../deliver/cursor.js";
import type { FilterSpec } from "../events/filter.js";
import type { Consumers } from "./consumers.js";
import { aborted, type Locks } from "./locks.js";
import { Tenure, type Tenures } from "./tenure.js";

/** What an exclusive subscription is told. */
export interface Exclusive {
  readonly log: { readonly core: Log; readonly consumers: Consumers; readonly locks: Locks };
  readonly consumer: string;
  /** The bus that it belongs to, and its tenures. */
  readonly holder: Uuid;
  readonly tenures: Tenures;
  /** Where a new consumer starts. */
  readonly start: unknown;
  /** Where the log ended at the call: that is the latest, not its end when the turn comes. */
  readonly end: Promise<SeqNo>;
  readonly filter: FilterSpec | undefined;
  readonly skipTrimmed: boolean;
  readonly report: Report;
}

/**
 * The events of a consumer for its only subscription: it waits until it is that.
 *
 * It holds the consumer's lock, and under it a claim in the log. The lock tells who is next, soon; the claim is what
 * makes sure: the log refuses what is acknowledged under an older one. When either is lost, what isn't given out yet is
 * dropped, and the subscription waits for its next turn, to go on after what was acknowledged by then.
 */
export class ExclusiveIterator extends CursorIterator {
  readonly #exclusive: Exclusive;
  readonly #ended = new AbortController();
  #tenure: Tenure | undefined = undefined;
  /** Resolves when it holds nothing any more. */
  readonly freed: Promise<void>;

  constructor(exclusive: Exclusive, onEnd: () => void, onCaughtUp: CaughtUp | undefined) {
    super(exclusive.log.core, undefined, onEnd, onCaughtUp);
    this.#exclusive = exclusive;
    const { log, consumer, report } = exclusive;
    this.freed = log.locks
      .keep(consumer, this.#ended.signal, (lost) => this.#hold(lost), report)
      .catch((error: unknown) => this.fail(error));
  }

  /** Resolves when the consumer is free for others. */
  override async return(): Promise<IteratorResult<EventEnvelope, undefined>> {
    const result = await super.return();
    await this.freed;
    return result;
  }

  /** It holds the consumer, read or not, until it is ended: when the garbage collector runs must not decide who works. */
  override abandon(): void {}

  protected override take(): EventEnvelope | undefined {
    const envelope = super.take();
    if (envelope !== undefined) this.#tenure?.gave(envelope.seq_no!);
    return envelope;
  }

  protected override release(): void {
    super.release();
    // The next holder gets what is still here.
    this.clear();
    this.#ended.abort();
  }

  async #hold(lost: AbortSignal): Promise<void> {
    const { log, consumer, holder, tenures, start, end, filter, skipTrimmed } = this.#exclusive;
    const ended = this.#ended.signal;
    const seen = await end;
    const cursor = await log.consumers.run(async () => {
      // Whoever lost the lock must not claim what somebody else has by now.
      if (lost.aborted || ended.aborted) return undefined;
      return log.core.subscribe(consumer, holder, start, filter, skipTrimmed, seen);
    });
    if (cursor === undefined) return;
    const refused = new AbortController();
    const tenure = new Tenure(cursor.epoch, holder, () => refused.abort());
    this.attach(Promise.resolve(cursor));
    if (!lost.aborted && !ended.aborted) {
      this.#tenure = tenure;
      tenures.begin(consumer, tenure);
      await aborted(lost, ended, refused.signal);
      this.#tenure = undefined;
      tenure.isOver = true;
    }
    this.detach();
    // A page that is about to stop must not begin a transaction, for which others would wait. The next claim counts.
    if (lost.aborted) return;
    // What was acknowledged comes first. If there is a newer claim, or no log any more, there is nothing to give up.
    await log.consumers.run(() => log.core.release(consumer, tenure.epoch, holder)).catch(ignore);
  }
}

function ignore(): void {}
