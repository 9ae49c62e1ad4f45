import type { EverbusError } from "../api/errors.js";
import type { SeqNo } from "../api/event.js";
import type { Batch } from "../core/binding.js";
import type { Log } from "../core/log.js";
import { callCore } from "../core/module.js";
import type { Draft } from "../events/draft.js";
import { encode } from "./batch.js";
import { Flushes } from "./flushes.js";
import { countNext, Groups } from "./groups.js";
import { whenListening } from "./outcome.js";
import { queueFull } from "./queue.js";
import type { Unit } from "./unit.js";

/** What a writer is told of, and tells. */
export interface WriterHooks {
  /**
   * Gets the newly stored drafts with the number of the first; they are numbered consecutively. `highest` is the highest
   * number of all drafts, also of those that were stored before. Doesn't throw.
   */
  committed(first: SeqNo, drafts: readonly Draft[], highest: SeqNo): void;
  /**
   * Called after a commit when nothing else waits for one: an application that awaits each commit is idle in between.
   * Doesn't throw.
   */
  idle(): void;
  /**
   * While this realm may be about to stop, what resolves if it doesn't: until then what is pushed is left behind at once, and
   * no transaction is begun, for which others would wait.
   */
  staying(): Promise<void> | undefined;
  /** Keeps what is left behind elsewhere than in the log, where that is needed. Doesn't throw. */
  readonly keep: ((key: string, record: Uint8Array) => void) | undefined;
  /** Called when something was left behind. Doesn't throw. */
  left(): void;
}

/**
 * Brings units into the log, in the order they come: it commits the groups of `Groups`, one at a time. While one transaction is
 * in flight, units collect; the next one takes as many as fit.
 */
export class Writer {
  readonly #log: Log;
  readonly #newBatch: () => Batch;
  readonly #hooks: WriterHooks;
  readonly #groups = new Groups();
  readonly #flushes = new Flushes();
  #running = false;
  #isEnded = false;
  /** What the next commit waits for. */
  #before: Promise<unknown> | undefined = undefined;

  constructor(log: Log, newBatch: () => Batch, hooks: WriterHooks) {
    this.#log = log;
    this.#newBatch = newBatch;
    this.#hooks = hooks;
  }

  /**
   * Queues a unit. Its commit starts after the current task's code has run, with whatever else that has queued. Returns
   * false if there is no room for it: then it has failed.
   */
  push(unit: Unit): boolean {
    const { owner, events } = unit;
    if (!owner.queue.enter(unit)) {
      const error = queueFull(events);
      this.#flushes.refused(error);
      whenListening(() => unit.reject(error) || owner.refused(events));
      return false;
    }
    this.#flushes.pushed();
    this.#groups.push(unit);
    if (!this.#running) {
      this.#running = true;
      queueMicrotask(() => void this.#run());
    }
    if (this.#hooks.staying() !== undefined) this.leave();
    return true;
  }

  /**
   * Leaves everything behind that isn't settled, at once: this realm may stop before it is committed, and then whoever looks at
   * the log next commits it. If the realm runs on, it commits it itself; ids tell what is stored.
   */
  leave(): void {
    const units = this.#groups.units.filter((unit) => !unit.isSettled && !unit.wasLeft);
    if (units.length === 0 || this.#isEnded) return;
    try {
      while (units.length > 0) this.#leave(units.splice(0, countNext(units)));
    } catch {
      // The platform doesn't take it now; what runs on commits it, or tells why not.
    }
  }

  #leave(units: readonly Unit[]): void {
    const strict = units.some((unit) => unit.owner.strict);
    const batch = callCore(() => encode(this.#newBatch(), draftsOf(units)));
    const { keep } = this.#hooks;
    const record = this.#log.part(batch, units[0]!.expected, strict, keep !== undefined);
    if (record !== undefined) keep?.(...record);
    for (const unit of units) unit.leave();
    this.#hooks.left();
  }

  /** Whether everything that was pushed is settled. */
  get isIdle(): boolean {
    return this.#flushes.isIdle;
  }

  /** What is pushed from now on is committed after this, which doesn't reject. */
  waitFor(work: Promise<unknown>): void {
    const before = this.#before;
    this.#before = work.then(() => before);
  }

  /** Resolves when every unit pushed so far is settled; rejects with the first failure among them. */
  flush(): Promise<void> {
    return this.#flushes.wait();
  }

  /** Fails every unit that isn't settled. The log isn't called any more. */
  end(error: EverbusError): void {
    this.#isEnded = true;
    this.#refuse(this.#groups.clear(), error);
  }

  async #run(): Promise<void> {
    while (!this.#groups.isEmpty && !this.#isEnded) {
      const before = this.#before;
      if (before !== undefined) {
        await before;
        // There may be more to wait for by now, and less to commit.
        if (this.#before === before) this.#before = undefined;
        continue;
      }
      const staying = this.#hooks.staying();
      if (staying !== undefined) {
        await staying;
        continue;
      }
      const group = this.#groups.next(this.#refuse);
      if (group !== undefined) await this.#commit(group);
    }
    this.#running = false;
  }

  /** Commits units in one transaction. */
  async #commit(units: readonly Unit[]): Promise<void> {
    const drafts = draftsOf(units);
    const { expected } = units[0]!;
    const checkIds = units.some((unit) => unit.checkIds);
    let numbers: Float64Array;
    try {
      const strict = units.some((unit) => unit.owner.strict);
      const batch = callCore(() => encode(this.#newBatch(), drafts));
      numbers = await this.#log.append(batch, expected, checkIds, strict);
    } catch (cause) {
      // What the core refused at once is known before whoever awaits it listens.
      await undefined;
      this.#groups.failed(cause as EverbusError, this.#refuse);
      return;
    }
    this.#groups.committed();
    this.#settle(units, drafts, numbers, checkIds);
    if (this.#groups.isEmpty && !this.#isEnded) this.#hooks.idle();
  }

  /** Tells everybody that units are durable. */
  #settle(units: readonly Unit[], drafts: readonly Draft[], numbers: Float64Array, checkIds: boolean): void {
    const first = numbers[0]!;
    if (checkIds) {
      let from = 1;
      for (const unit of units) this.#resolve(unit, numbers.subarray(from, (from += unit.events)));
      const highest = numbers.reduce((highest, number) => Math.max(highest, number));
      this.#hooks.committed(first, newDrafts(drafts, numbers), highest);
    } else {
      let next = first;
      for (const unit of units) {
        this.#resolve(unit, next);
        next += unit.events;
      }
      this.#hooks.committed(first, drafts, next - 1);
    }
  }

  #resolve(unit: Unit, numbers: SeqNo | Float64Array): void {
    if (unit.isSettled) return;
    this.#leaveQueue(unit, undefined);
    unit.resolve(numbers);
  }

  readonly #refuse = (units: readonly Unit[], error: EverbusError): void => {
    for (const unit of units) {
      if (unit.isSettled) continue;
      // First, because onError is the application's, which may ask for another flush.
      this.#leaveQueue(unit, error);
      if (!unit.reject(error)) unit.owner.report(error);
    }
  };

  #leaveQueue(unit: Unit, error: EverbusError | undefined): void {
    unit.owner.queue.leave(unit);
    this.#flushes.settled(error);
  }
}

/** The events of units, in order. Firefox's `flatMap` would take a fifteenth of a burst's time. */
function draftsOf(units: readonly Unit[]): readonly Draft[] {
  if (units.length === 1) return units[0]!.drafts;
  const drafts: Draft[] = [];
  for (const unit of units) for (const draft of unit.drafts) drafts.push(draft);
  return drafts;
}

/** Of drafts that may have been in the log already, those that this append has stored: numbered from `first` on. */
function newDrafts(drafts: readonly Draft[], [first, ...numbers]: Float64Array): readonly Draft[] {
  let next = first!;
  return drafts.filter((_, i) => {
    const isNew = next > 0 && numbers[i] === next;
    if (isNew) next++;
    return isNew;
  });
}
