/**
 * Snapshots of the picture, one every so many events, so that the way to any event is short. Their number is bounded:
 * when there are too many every other one goes, and they are taken half as often. What is in a picture never changes, so
 * that snapshots share it, and one costs no more than its lists.
 */
import type { SeqNo } from "everbus";
import { Atlas, type Snapshot } from "../picture/state.ts";

const FIRST_STEP = 2048;
const MOST = 64;

export class Snapshots {
  /** What the first replay began with: before it there is nothing to travel to. */
  #ground = new Atlas().snapshot();
  #kept: Snapshot[] = [];
  #step = FIRST_STEP;

  get ground(): Snapshot {
    return this.#ground;
  }

  /** Begins again, on another ground. */
  clear(ground: Snapshot): void {
    this.#ground = ground;
    this.#kept = [];
    this.#step = FIRST_STEP;
  }

  /** Takes a snapshot if it is time for one. */
  consider(atlas: Atlas): void {
    const last = this.#kept.at(-1) ?? this.#ground;
    if (atlas.lastSeqNo - last.seqNo < this.#step) return;
    this.#kept.push(atlas.snapshot());
    if (this.#kept.length <= MOST) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 1);
    this.#step *= 2;
  }

  /** The last snapshot that isn't after an event. */
  before(seqNo: SeqNo): Snapshot {
    return this.#kept.findLast((snapshot) => snapshot.seqNo <= seqNo) ?? this.#ground;
  }
}
