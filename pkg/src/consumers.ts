import type { Log } from "./binding.js";
import type { EverbusError } from "./errors.js";
import { awaitCore } from "./module.js";
import { Outcome } from "./outcome.js";
import type { SeqNo } from "./types.js";
import type { Owner } from "./unit.js";

/** Acknowledgements of one consumer by one bus that are written as one. */
class Ack extends Outcome {
  readonly consumer: string;
  seqNo: SeqNo;

  constructor(owner: Owner, consumer: string, seqNo: SeqNo) {
    super(owner);
    this.consumer = consumer;
    this.seqNo = seqNo;
  }
}

/** What one transaction writes. */
interface Batch {
  readonly acks: Ack[];
  /** For each consumer the one that later acknowledgements may join. */
  readonly newest: Map<string, Ack>;
}

/**
 * Moves the consumers of a log, in the order of the calls and in one transaction at a time.
 *
 * Acknowledgements that are made while something is being written go into one transaction, whatever consumers they are
 * of; for each consumer only the highest number is written.
 */
export class Consumers {
  readonly #log: Log;
  readonly #lastSeqNo: () => SeqNo;
  /** What is collected for the next transaction, once there is something. */
  #batch: Batch | undefined = undefined;
  /** Settles, without an error, when everything asked for so far has been done. */
  #tail: Promise<unknown> = Promise.resolve();
  readonly #flushes = new Set<{ error: EverbusError | undefined }>();
  #ended: EverbusError | undefined = undefined;

  /** `lastSeqNo` gives the last number that is known to be in the log. */
  constructor(log: Log, lastSeqNo: () => SeqNo) {
    this.#log = log;
    this.#lastSeqNo = lastSeqNo;
  }

  /** Resolves when the acknowledgement is durable. Ignoring a failure is safe: the owner is told then. */
  ack(consumer: string, seqNo: SeqNo, owner: Owner): Promise<void> {
    const { acks, newest } = (this.#batch ??= this.#begin());
    const joined = newest.get(consumer);
    if (joined?.owner === owner) {
      // A number that the log may refuse must not take others with it.
      const highest = Math.max(joined.seqNo, seqNo);
      if (highest <= this.#lastSeqNo()) {
        joined.seqNo = highest;
        return joined.promise;
      }
    }
    const ack = new Ack(owner, consumer, seqNo);
    acks.push(ack);
    newest.set(consumer, ack);
    return ack.promise;
  }

  /** Runs something else that has to do with consumers: after what was asked for before, and before what comes later. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#batch = undefined;
    const result = this.#tail.then(() => this.#call(work));
    this.#tail = result.catch(ignore);
    return result;
  }

  /** Resolves when everything asked for so far has been done; rejects with the first acknowledgement that failed. */
  async flush(): Promise<void> {
    this.#batch = undefined;
    const flush: { error: EverbusError | undefined } = { error: undefined };
    this.#flushes.add(flush);
    await this.#tail;
    this.#flushes.delete(flush);
    if (flush.error !== undefined) throw flush.error;
  }

  /** Fails everything that isn't done. The log isn't called any more. */
  end(error: EverbusError): void {
    this.#ended ??= error;
  }

  #begin(): Batch {
    const batch: Batch = { acks: [], newest: new Map() };
    this.#tail = this.#tail.then(() => {
      if (this.#batch === batch) this.#batch = undefined;
      return this.#write(batch.acks);
    });
    return batch;
  }

  async #write(acks: readonly Ack[]): Promise<void> {
    let errors: readonly (EverbusError | undefined)[];
    try {
      const [names, numbers] = [acks.map((ack) => ack.consumer), Float64Array.from(acks, (ack) => ack.seqNo)];
      errors = await this.#call(() => awaitCore(() => this.#log.ack(names, numbers)));
    } catch (error) {
      errors = acks.map(() => error as EverbusError);
    }
    const failure = errors.find((error) => error !== undefined);
    for (const flush of this.#flushes) flush.error ??= failure;
    for (const [i, ack] of acks.entries()) ack.settle(errors[i]);
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended;
    return work();
  }
}

function ignore(): void {}
