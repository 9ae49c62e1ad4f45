import { type EverbusError, everbusError } from "../api/errors.js";
import type { ConsumerInfo } from "../api/log.js";
import type { SeqNo, Uuid } from "../api/event.js";
import type { Batch, Chunk, Core, CoreLog } from "./binding.js";
import { Cursor } from "./cursor.js";
import { awaitCore, callCore, quietly } from "./module.js";
import type { Call, Key, Store, Table } from "./store.js";

/** A log of the core over a store: it has the store run the core's calls, and tells cursors when there may be more. */
export class Log {
  readonly #core: CoreLog;
  readonly #store: Store;
  /** Why it is closed, once it is. */
  #closed: EverbusError | undefined = undefined;
  readonly #onClosed: (error: EverbusError) => void;
  readonly #waiting = new Set<() => void>();

  private constructor(core: CoreLog, store: Store, onClosed: (error: EverbusError) => void) {
    this.#core = core;
    this.#store = store;
    this.#onClosed = onClosed;
    store.onClosed = (error) => this.#endFromOutside(error);
  }

  /** A log in memory: gone with this. */
  static memory(core: Core): Log {
    const log = callCore(() => core.Log.memory());
    return new Log(log, new InMemory(log), ignore);
  }

  /** The log in this store, made if there is none. `onClosed` is told, at most once, if it is closed for good from outside. */
  static async open(core: Core, store: Store, onClosed: (error: EverbusError) => void): Promise<Log> {
    const call = callCore(() => core.Log.open());
    try {
      await awaitCore(() => store.run(call));
    } catch (error) {
      quietly(() => call.free());
      store.close();
      throw error;
    }
    return new Log(callCore(() => call.conclude()), store, onClosed);
  }

  /** Which log this is. */
  get id(): Uuid {
    return callCore(() => this.#core.id);
  }

  /** Has the store run a call, and gives what came of it; rejects, too, if the module fails meanwhile. */
  make<T>(begin: () => Call<T>): Promise<T> {
    return awaitCore(() => this.#make(begin));
  }

  async #make<T>(begin: () => Call<T>): Promise<T> {
    if (this.#closed !== undefined) throw this.#closed;
    const call = callCore(begin);
    try {
      await this.#store.run(call);
    } catch (thrown) {
      const error = thrown as EverbusError;
      quietly(() => call.free());
      this.#failed(error);
      throw error;
    }
    return callCore(() => call.conclude());
  }

  #failed(error: EverbusError): void {
    if (this.#closed !== undefined) return;
    // It is another log by now, or none.
    if (error.code === "closed") this.#endFromOutside(error);
    else if (error.code === "storage" || error.code === "unavailable") quietly(() => this.#core.doubt());
  }

  /** `expected` is -1 for no condition. Resolves to the first new number, then with `checkIds` each event's own. */
  async append(batch: Batch, expected: number, checkIds: boolean, strict: boolean): Promise<Float64Array> {
    const numbers = await this.make(() => this.#core.append(batch, expected, checkIds, strict));
    this.#tell();
    return numbers;
  }

  /**
   * Leaves a batch behind, at once: whoever looks at the log next appends it, unless its ids are stored by then. What is to be
   * kept elsewhere is only returned.
   */
  part(batch: Batch, expected: number, strict: boolean, elsewhere: boolean): [key: string, record: Uint8Array] | undefined {
    const [table, key, record] = callCore(() => this.#core.leave(batch, expected, strict));
    if (elsewhere) return [key, record];
    this.#store.writeBlind(table, key, record);
    return undefined;
  }

  /** Undoes what is running, and does it anew once the page runs on: until then others would wait for it. */
  interrupt(): void {
    this.#store.interrupt();
  }

  /**
   * Appends what was left behind, also what is kept elsewhere. Resolves to the first and the last number, 0 for none, whether
   * something was appended, and why what can't be.
   */
  async look(
    keys: string[],
    records: Uint8Array[],
  ): Promise<[first: number, last: number, hasAdopted: boolean, ...refused: EverbusError[]]> {
    const looked = await this.make(() => this.#core.look(keys, records));
    this.#tell();
    return looked;
  }

  /** First and last number, 0 for none. */
  bounds(): Promise<Float64Array> {
    return this.make(() => this.#core.bounds());
  }

  /** Events, bytes, segments, first and last number, 0 for none. */
  stats(): Promise<Float64Array> {
    return this.make(() => this.#core.stats());
  }

  /** What is beyond these limits, -1 for none: the number to trim before, who would lose events, whether all that may go is too old. */
  surplus(
    ...limits: Parameters<CoreLog["surplus"]>
  ): Promise<[before: SeqNo, overtaken: ConsumerInfo[], isAllTooOld: boolean] | undefined> {
    return this.make(() => this.#core.surplus(...limits));
  }

  /** Resolves to the first number that is left, 0 for none. */
  trim(before: SeqNo): Promise<number> {
    return this.make(() => this.#core.trim(before));
  }

  /** A page: where the next one starts, 0 if the range is read, and the events. */
  read(...query: Parameters<CoreLog["read"]>): Promise<[resume: number, ...Chunk[]]> {
    return this.make(() => this.#core.read(...query));
  }

  /** Stored events, then live ones. */
  async subscribe(...start: Parameters<CoreLog["subscribe"]>): Promise<Cursor> {
    return new Cursor(await this.make(() => this.#core.subscribe(...start)), this);
  }

  /** Gives a claim up, if it is still the newest. */
  release(consumer: string, epoch: number, holder: Uuid): Promise<void> {
    return this.make(() => this.#core.release(consumer, epoch, holder));
  }

  /** Acknowledges for each consumer the number beside it. Resolves to each one's error, if it has one. */
  ack(...acks: Parameters<CoreLog["ack"]>): Promise<(EverbusError | undefined)[]> {
    return this.make(() => this.#core.ack(...acks));
  }

  seek(consumer: string, position: unknown): Promise<void> {
    return this.make(() => this.#core.seek(consumer, position));
  }

  consumers(): Promise<ConsumerInfo[]> {
    return this.make(() => this.#core.consumers());
  }

  deleteConsumer(name: string): Promise<boolean> {
    return this.make(() => this.#core.deleteConsumer(name));
  }

  /** Whether there are small segments that should be merged. */
  needsMerge(): boolean {
    return callCore(() => this.#core.needsMerge());
  }

  /** Whether `merge` would write a chapter, if nothing is to be merged. */
  needsChapter(): boolean {
    return callCore(() => this.#core.needsChapter());
  }

  /** Does a part of that. */
  async merge(): Promise<void> {
    const call = callCore(() => this.#core.merge());
    if (call !== undefined) await this.make(() => call);
  }

  /** Makes cursors read on: another tab may have appended. */
  wake(): void {
    callCore(() => this.#core.wake());
    this.#tell();
  }

  /** What other tabs should be told of the last append. Once. */
  takeNotice(): Uint8Array | undefined {
    return callCore(() => this.#core.takeNotice());
  }

  /** Tells cursors what another tab has told: see `CoreLog.hear`. */
  hear(notice: Uint8Array, wantsEvents: boolean): ReturnType<CoreLog["hear"]> {
    const heard = callCore(() => this.#core.hear(notice, wantsEvents));
    if (heard !== undefined) this.#tell();
    return heard;
  }

  /** Calls once there may be something new, or the log is closed. Returns the way to call it off. */
  onNews(tell: () => void): () => void {
    this.#waiting.add(tell);
    return () => this.#waiting.delete(tell);
  }

  #tell(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const tell of waiting) tell();
  }

  /** Gives the store free, ends every cursor, and refuses every later call. */
  close(): void {
    this.#end(everbusError("closed", "the log is closed: open it again"));
  }

  #endFromOutside(error: EverbusError): void {
    if (this.#closed !== undefined) return;
    this.#end(error);
    this.#onClosed(error);
  }

  #end(error: EverbusError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#store.close();
    quietly(() => {
      this.#core.close();
      this.#tell();
      this.#core.free();
    });
  }
}

/** The store of a log in memory, which is in the core. */
class InMemory implements Store {
  onClosed: Store["onClosed"] = undefined;
  readonly #core: CoreLog;

  constructor(core: CoreLog) {
    this.#core = core;
  }

  async run(call: Call): Promise<void> {
    callCore(() => this.#core.run(call));
  }

  writeBlind(_table: Table, _key: Key, _record: Uint8Array): void {
    throw everbusError("unsupported", "this store has no need to write blind");
  }

  interrupt(): void {}

  close(): void {}
}

function ignore(): void {}
