/**
 * What the log is made of, along its numbers: how many events of a stretch created, updated and deleted something. A
 * bounded number of stretches of one length; when they are full, each two become one.
 */
import type { EventEnvelope, SeqNo } from "everbus";

export const ACTIONS = ["created", "updated", "deleted"] as const;
const STRETCHES = 1024;

export class Activity {
  readonly #counts = new Uint32Array(STRETCHES * ACTIONS.length);
  #length = 1;
  #first: SeqNo = 1;
  #last: SeqNo = 0;

  /** Begins again with the event of that number. */
  clear(first: SeqNo): void {
    this.#counts.fill(0);
    this.#length = 1;
    this.#first = first;
    this.#last = first - 1;
  }

  add({ seq_no, event }: EventEnvelope): void {
    if (seq_no === undefined) return;
    this.#last = seq_no;
    while (seq_no - this.#first >= STRETCHES * this.#length) this.#halve();
    const stretch = Math.floor((seq_no - this.#first) / this.#length);
    this.#counts[stretch * ACTIONS.length + ACTIONS.indexOf(event.action)]! += 1;
  }

  /** The shares of the actions, from 0 to 1, within each of `parts` equal parts of the log. */
  shares(parts: number): number[][] {
    const width = (this.#last - this.#first + 1) / parts;
    return Array.from({ length: parts }, (_, part) => {
      const from = Math.floor((part * width) / this.#length);
      const to = Math.max(from + 1, Math.floor(((part + 1) * width) / this.#length));
      const sums = ACTIONS.map((_, action) => this.#sum(from, to, action));
      const all = Math.max(1, sums.reduce((sum, n) => sum + n, 0));
      return sums.map((sum) => sum / all);
    });
  }

  #sum(from: number, to: number, action: number): number {
    let sum = 0;
    for (let stretch = from; stretch < to; stretch += 1) sum += this.#counts[stretch * ACTIONS.length + action] ?? 0;
    return sum;
  }

  #halve(): void {
    const counts = this.#counts;
    for (let i = 0; i < counts.length; i += 1) {
      const [stretch, action] = [Math.floor(i / ACTIONS.length), i % ACTIONS.length];
      const pair = stretch * 2 * ACTIONS.length + action;
      counts[i] = stretch < STRETCHES / 2 ? (counts[pair] ?? 0) + (counts[pair + ACTIONS.length] ?? 0) : 0;
    }
    this.#length *= 2;
  }
}
