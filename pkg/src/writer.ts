import { SegmentCount, encode } from "./batch.js";
import type { Batch, Log } from "./binding.js";
import type { Entry } from "./entry.js";
import type { EverbusError, EverbusErrorCode } from "./errors.js";
import { awaitCore, callCore } from "./module.js";
import { whenListening } from "./outcome.js";
import { queueFull } from "./queue.js";
import type { SeqNo } from "./types.js";
import type { Unit } from "./unit.js";

/** What a writer is told of, and tells. */
export interface WriterHooks {
  /**
   * Gets the newly stored entries with the number of the first; they are numbered consecutively. `highest` is the highest
   * number of all entries, also of those that were stored before. Doesn't throw.
   */
  committed(first: SeqNo, entries: readonly Entry[], highest: SeqNo): void;
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

/** The failures that may be for what one unit is. Of any other every unit would fail. */
const FOR_ONE: ReadonlySet<EverbusErrorCode> = /* @__PURE__ */ new Set<EverbusErrorCode>(["invalid_event", "quota_exceeded"]);

/** The most segments that one transaction writes for several units. */
const MOST_SEGMENTS = 5;

interface Flush {
  /** How many units have to be settled first. */
  readonly after: number;
  error: EverbusError | undefined;
  resolve(): void;
  reject(error: EverbusError): void;
}

/**
 * Brings units into the log, in the order they come.
 *
 * While one transaction is in flight, units collect; the next one takes as many as fit. A unit is never split over two
 * transactions, and one that fails takes no other with it.
 */
export class Writer {
  readonly #log: Log;
  readonly #newBatch: () => Batch;
  readonly #hooks: WriterHooks;
  #queue: Unit[] = [];
  #inFlight: readonly Unit[] = [];
  #running = false;
  #pushed = 0;
  #settled = 0;
  #flushes: Flush[] = [];
  /** The first refusal that a flush still has to tell: until what was queued then is settled. */
  #refusal: { readonly after: number; readonly error: EverbusError } | undefined = undefined;
  #isEnded = false;
  /** The last unit of the group being committed that found no room when it was alone, and why. */
  #full: { readonly bytes: number; readonly error: EverbusError } | undefined = undefined;
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
      this.#refusal ??= { after: this.#pushed, error };
      whenListening(() => unit.reject(error) || owner.refused(events));
      return false;
    }
    this.#pushed++;
    this.#queue.push(unit);
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
    const units = [...this.#inFlight, ...this.#queue].filter((unit) => !unit.isSettled && !unit.wasLeft);
    if (units.length === 0 || this.#isEnded) return;
    try {
      while (units.length > 0) this.#leave(units.splice(0, countNext(units)));
    } catch {
      // The platform doesn't take it now; what runs on commits it, or tells why not.
    }
  }

  #leave(units: readonly Unit[]): void {
    const strict = units.some((unit) => unit.owner.strict);
    const batch = callCore(() => encode(this.#newBatch(), entriesOf(units)));
    const { keep } = this.#hooks;
    const record = callCore(() => this.#log.part(batch, units[0]!.expected, strict, keep !== undefined));
    if (record !== undefined) keep?.(...record);
    for (const unit of units) unit.leave();
    this.#hooks.left();
  }

  /** Whether everything that was pushed is settled. */
  get isIdle(): boolean {
    return this.#settled === this.#pushed;
  }

  /** What is pushed from now on is committed after this, which doesn't reject. */
  waitFor(work: Promise<unknown>): void {
    const before = this.#before;
    this.#before = work.then(() => before);
  }

  /** Resolves when every unit pushed so far is settled; rejects with the first failure among them. */
  flush(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#flushes.push({ after: this.#pushed, error: this.#refusal?.error, resolve, reject });
    });
  }

  /** Fails every unit that isn't settled. The log isn't called any more. */
  end(error: EverbusError): void {
    this.#isEnded = true;
    const queue = this.#queue;
    this.#queue = [];
    for (const unit of [...this.#inFlight, ...queue]) this.#reject(unit, error);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
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
      const units = this.#queue.splice(0, countNext(this.#queue));
      this.#inFlight = units;
      this.#full = undefined;
      await this.#commit(units);
    }
    this.#inFlight = [];
    this.#running = false;
  }

  /**
   * Commits units in one transaction. If that fails for what one of them is, by halves: that one ends up alone, and in order.
   * What the platform fails, it fails for all of them.
   */
  async #commit(units: readonly Unit[]): Promise<void> {
    if (this.#isEnded) return;
    const entries = entriesOf(units);
    const { expected } = units[0]!;
    const checkIds = units.some((unit) => unit.checkIds);
    let numbers: Float64Array;
    try {
      const strict = units.some((unit) => unit.owner.strict);
      const batch = callCore(() => encode(this.#newBatch(), entries));
      numbers = await awaitCore(() => this.#log.append(batch, expected, checkIds, strict));
    } catch (cause) {
      const error = cause as EverbusError;
      // What the core refused at once is known before whoever awaits it listens.
      await undefined;
      if (units.length === 1 && error.code === "quota_exceeded") this.#full = { bytes: units[0]!.bytes, error };
      if (units.length === 1 || !FOR_ONE.has(error.code)) for (const unit of units) this.#reject(unit, error);
      else await this.#commitHalves(units);
      return;
    }
    this.#settle(units, entries, numbers, checkIds);
    if (this.#queue.length === 0 && !this.#isEnded) this.#hooks.idle();
  }

  async #commitHalves(units: readonly Unit[]): Promise<void> {
    const half = units.length >> 1;
    for (const part of [units.slice(0, half), units.slice(half)]) {
      const full = this.#full;
      // Where one found no room, those that are no smaller find none.
      if (full !== undefined && part.every(({ bytes }) => bytes >= full.bytes)) {
        for (const unit of part) this.#reject(unit, full.error);
      } else {
        await this.#commit(part);
      }
    }
  }

  /** Tells everybody that units are durable. */
  #settle(units: readonly Unit[], entries: readonly Entry[], numbers: Float64Array, checkIds: boolean): void {
    const first = numbers[0]!;
    if (checkIds) {
      let from = 1;
      for (const unit of units) this.#resolve(unit, numbers.subarray(from, (from += unit.events)));
      const highest = numbers.reduce((highest, number) => Math.max(highest, number));
      this.#hooks.committed(first, newEntries(entries, numbers), highest);
    } else {
      let next = first;
      for (const unit of units) {
        this.#resolve(unit, next);
        next += unit.events;
      }
      this.#hooks.committed(first, entries, next - 1);
    }
  }

  #resolve(unit: Unit, numbers: SeqNo | Float64Array): void {
    if (unit.isSettled) return;
    this.#countSettled(unit, undefined);
    unit.resolve(numbers);
  }

  #reject(unit: Unit, error: EverbusError): void {
    if (unit.isSettled) return;
    // First, because onError is the application's, which may ask for another flush.
    this.#countSettled(unit, error);
    if (!unit.reject(error)) unit.owner.report(error);
  }

  /** Units settle in the order they were pushed, so every flush that still waits waits for this one too. */
  #countSettled(unit: Unit, error: EverbusError | undefined): void {
    unit.owner.queue.leave(unit);
    this.#settled++;
    if (this.#refusal !== undefined && this.#refusal.after <= this.#settled) this.#refusal = undefined;
    if (this.#flushes.length === 0) return;
    this.#flushes = this.#flushes.filter((flush) => {
      flush.error ??= error;
      if (flush.after > this.#settled) return true;
      if (flush.error === undefined) flush.resolve();
      else flush.reject(flush.error);
      return false;
    });
  }
}

/** How many of these units one transaction takes: at least one, however large. */
function countNext(units: readonly Unit[]): number {
  if (units[0]!.isAlone) return 1;
  const size = new SegmentCount();
  for (let count = 0; count < units.length; count++) {
    const unit = units[count]!;
    if (unit.isAlone) return count;
    for (const entry of unit.entries) size.add(entry);
    if (size.segments > MOST_SEGMENTS) return Math.max(count, 1);
  }
  return units.length;
}

/** The events of units, in order. Firefox's `flatMap` would take a fifteenth of a burst's time. */
function entriesOf(units: readonly Unit[]): readonly Entry[] {
  if (units.length === 1) return units[0]!.entries;
  const entries: Entry[] = [];
  for (const unit of units) for (const entry of unit.entries) entries.push(entry);
  return entries;
}

/** Of entries that may have been in the log already, those that this append has stored: numbered from `first` on. */
function newEntries(entries: readonly Entry[], [first, ...numbers]: Float64Array): readonly Entry[] {
  let next = first!;
  return entries.filter((_, i) => {
    const isNew = next > 0 && numbers[i] === next;
    if (isNew) next++;
    return isNew;
  });
}
