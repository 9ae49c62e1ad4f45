/**
 * Travelling in time: the picture as it was after any event of the log.
 *
 * While the present goes on, a snapshot of it is kept every few thousand events. To be at an event, the nearest snapshot
 * before it is restored into an atlas of its own, and the log is read from there. The present is another atlas, which
 * follows the log all the time: so there is nothing to catch up with on the way back.
 */
import type { Bus, EventEnvelope, SeqNo } from "everbus";
import type { Part } from "../page/part.ts";
import { Snapshots } from "./snapshots.ts";
import type { Stage } from "../picture/stage.ts";
import { Atlas, type Snapshot } from "../picture/state.ts";

/** So many events are read and applied at once; then the page may draw, and another destination is taken at once. */
const STRIDE = 4000;
/** So many changes at once are drawn as a picture, not one by one. */
const MOST_SHOWN = 2000;
const BEAT_MS = 33;

export class Travel implements Part {
  /** Called when the traveller has arrived somewhere, or has come back to the present. */
  onArrive: () => void = () => {};
  /** Called with what the log rejects with on the way. */
  onError: (error: unknown) => void = () => {};

  readonly #present: Atlas;
  readonly #past = new Atlas();
  readonly #stage: Stage;
  readonly #snapshots: Snapshots;
  #bus: Bus | undefined;
  /** The time of the past: when the last event that is seen was published. */
  readonly #clock = (): number => Date.parse(this.#past.timestamp);
  #target: SeqNo | undefined;
  #moving = false;
  #pace = 0;
  #took = 0;

  constructor(present: Atlas, stage: Stage, snapshots: Snapshots) {
    this.#present = present;
    this.#stage = stage;
    this.#snapshots = snapshots;
  }

  /** The number of the event that is seen; `undefined` in the present. */
  get position(): SeqNo | undefined {
    return this.#stage.atlas === this.#past ? this.#past.lastSeqNo : undefined;
  }

  /** When that event was published. */
  get timestamp(): string {
    return this.#past.timestamp;
  }

  /** How long the last way took, in milliseconds. */
  get took(): number {
    return this.#took;
  }

  get playing(): boolean {
    return this.#pace > 0;
  }

  opened(bus: Bus): void {
    this.#bus = bus;
  }

  received(): void {
    this.#snapshots.consider(this.#present);
  }

  closed(): void {
    this.back();
  }

  /** Travels to an event. Asked again on the way, it turns to where it was asked to last. */
  to(seqNo: SeqNo): void {
    this.pause();
    if (seqNo >= this.#present.lastSeqNo) return this.back();
    this.#target = Math.max(seqNo, this.#snapshots.ground.seqNo);
    if (!this.#moving) void this.#move();
  }

  /** Back to the present. */
  back(): void {
    this.pause();
    this.#target = undefined;
    if (this.#stage.atlas !== this.#present) {
      this.#stage.setClock(undefined);
      this.#stage.display(this.#present);
    }
    this.#past.clear();
    this.onArrive();
  }

  /** Plays the log from where the traveller is, so many events a second, until the present is reached. */
  play(pace: number): void {
    const isPlaying = this.playing;
    this.#pace = pace;
    if (!isPlaying) void this.#play();
  }

  pause(): void {
    this.#pace = 0;
  }

  /** The picture after an event, for who wants to keep it. */
  async pictureAt(seqNo: SeqNo): Promise<Snapshot> {
    const atlas = new Atlas();
    atlas.restore(this.#snapshots.before(seqNo));
    while (atlas.lastSeqNo < seqNo) {
      for (const envelope of await this.#read(atlas, Math.min(STRIDE, seqNo - atlas.lastSeqNo))) atlas.apply(envelope);
    }
    return atlas.snapshot();
  }

  async #move(): Promise<void> {
    this.#moving = true;
    try {
      while (this.#target !== undefined && this.#target !== this.position) {
        const target = this.#target;
        const started = performance.now();
        this.#start(target);
        while (this.#past.lastSeqNo < target && this.#target === target) {
          const events = await this.#read(this.#past, Math.min(STRIDE, target - this.#past.lastSeqNo));
          for (const envelope of events) this.#past.apply(envelope);
        }
        if (this.#target === target) {
          this.#stage.setClock(this.#clock);
          this.#stage.display(this.#past);
          this.#took = performance.now() - started;
          this.onArrive();
        }
      }
    } catch (error) {
      this.back();
      this.onError(error);
    } finally {
      this.#moving = false;
    }
  }

  /** Puts the traveller before the target: where it is already, if that is nearer than any snapshot. */
  #start(target: SeqNo): void {
    const snapshot = this.#snapshots.before(target);
    const here = this.#past.lastSeqNo;
    if (here > target || here < snapshot.seqNo) this.#past.restore(snapshot);
  }

  /** Reads what comes after an atlas's last event. */
  async #read({ lastSeqNo }: Atlas, limit: number): Promise<EventEnvelope[]> {
    const events = (await this.#bus?.log.read({ from: lastSeqNo + 1, limit })) ?? [];
    if (events.length === 0) throw new Error(`The log has no event ${lastSeqNo + 1}`);
    return events;
  }

  async #play(): Promise<void> {
    let beat = performance.now();
    let due = 0;
    try {
      while (this.playing && this.position !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
        const now = performance.now();
        due = Math.min(due + ((now - beat) / 1000) * this.#pace, STRIDE);
        beat = now;
        const events = due < 1 ? [] : await this.#read(this.#past, Math.floor(due));
        if (!this.playing || this.position === undefined) return;
        due -= events.length;
        this.#apply(events);
        if (this.#past.lastSeqNo >= this.#present.lastSeqNo) return this.back();
      }
    } catch (error) {
      this.back();
      this.onError(error);
    }
  }

  #apply(events: EventEnvelope[]): void {
    for (const envelope of events) {
      const change = this.#past.apply(envelope);
      if (change !== undefined && events.length <= MOST_SHOWN) this.#stage.show(this.#past, change, true);
    }
    if (events.length > MOST_SHOWN) this.#stage.display(this.#past);
    if (events.length > 0) this.onArrive();
  }
}
