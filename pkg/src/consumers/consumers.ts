import type { EverbusError } from "../api/errors.js";
import type { SeqNo } from "../api/event.js";
import type { Clock } from "../clock.js";
import type { Log } from "../core/log.js";
import { Outcome } from "../publish/outcome.js";
import type { Owner } from "../publish/unit.js";
import { uuidV7 } from "../values/uuid.js";
import type { Locks } from "./locks.js";
import type { Tenure } from "./tenure.js";

/** Acknowledgements of one consumer by one bus that are written as one. */
class Ack extends Outcome<void> {
  readonly owner: Owner;
  readonly consumer: string;
  seqNo: SeqNo;
  /** The tenure in which the event was given out, if the consumer is exclusive. */
  readonly tenure: Tenure | undefined;

  constructor(owner: Owner, consumer: string, seqNo: SeqNo, tenure: Tenure | undefined) {
    super();
    this.owner = owner;
    this.consumer = consumer;
    this.seqNo = seqNo;
    this.tenure = tenure;
  }

  /** Without an error it is done. A failure that nobody waits for goes to the owner's `onError`. */
  settle(error: EverbusError | undefined): void {
    if (error === undefined) this.resolve();
    else if (!this.reject(error)) this.owner.report(error);
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
  readonly #locks: Locks;
  readonly #clock: Clock;
  readonly #lastSeqNo: () => SeqNo;
  /** What is collected for the next transaction, once there is something. */
  #batch: Batch | undefined = undefined;
  /** Settles, without an error, when everything asked for so far has been done. */
  #tail: Promise<unknown> = Promise.resolve();
  readonly #flushes = new Set<{ error: EverbusError | undefined }>();
  #ended: EverbusError | undefined = undefined;

  /** `lastSeqNo` gives the last number that is known to be in the log. */
  constructor(log: Log, locks: Locks, clock: Clock, lastSeqNo: () => SeqNo) {
    this.#log = log;
    this.#locks = locks;
    this.#clock = clock;
    this.#lastSeqNo = lastSeqNo;
  }

  /** Resolves when the acknowledgement is durable. Ignoring a failure is safe: the owner is told then. */
  ack(consumer: string, seqNo: SeqNo, owner: Owner, tenure: Tenure | undefined): Promise<void> {
    const { acks, newest } = (this.#batch ??= this.#begin());
    const joined = newest.get(consumer);
    if (joined?.owner === owner && joined.tenure === tenure) {
      // A number that the log may refuse must not take others with it.
      const highest = Math.max(joined.seqNo, seqNo);
      if (highest <= this.#lastSeqNo()) {
        joined.seqNo = highest;
        return joined.promise;
      }
    }
    const ack = new Ack(owner, consumer, seqNo, tenure);
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
    const errors = await this.#tryWrite(acks);
    const failure = errors.find((error) => error !== undefined);
    for (const flush of this.#flushes) flush.error ??= failure;
    for (const [i, ack] of acks.entries()) {
      if (errors[i]?.code === "conflict") ack.tenure?.refused();
      ack.settle(errors[i]);
    }
  }

  /** Resolves to each one's error, if it has one. */
  async #tryWrite(acks: readonly Ack[]): Promise<(EverbusError | undefined)[]> {
    const errors = await this.#make(acks);
    const refused = acks.filter((ack, i) => ack.tenure === undefined && errors[i]?.code === "conflict");
    const free = await this.#vacate(new Set(refused.map(({ consumer }) => consumer)));
    const again = refused.filter(({ consumer }) => free.has(consumer));
    if (again.length > 0) {
      const outcomes = await this.#make(again);
      for (const [i, ack] of again.entries()) errors[acks.indexOf(ack)] = outcomes[i];
    }
    return errors;
  }

  async #make(acks: readonly Ack[]): Promise<(EverbusError | undefined)[]> {
    const names = acks.map((ack) => ack.consumer);
    const numbers = Float64Array.from(acks, (ack) => ack.seqNo);
    const epochs = Float64Array.from(acks, (ack) => ack.tenure?.epoch ?? 0);
    const holders = acks.map((ack) => ack.tenure?.holder ?? "");
    try {
      return await this.#call(() => this.#log.ack(names, numbers, epochs, holders));
    } catch (error) {
      return acks.map(() => error as EverbusError);
    }
  }

  /** Ends the claims of holders that are gone without a word, as a closed tab is. Resolves to those that are free. */
  async #vacate(consumers: ReadonlySet<string>): Promise<Set<string>> {
    const free = new Set<string>();
    for (const consumer of consumers) {
      const vacate = this.#locks.ifFree(consumer, async () => {
        const holder = uuidV7(this.#clock.now());
        const cursor = await this.#log.subscribe(consumer, holder, "last_acknowledged", undefined, false, 0);
        const { epoch } = cursor;
        cursor.close();
        await this.#log.release(consumer, epoch, holder);
      });
      // If that fails, it stays as it was.
      if (await vacate.catch(() => false)) free.add(consumer);
    }
    return free;
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended;
    return work();
  }
}

function ignore(): void {}
