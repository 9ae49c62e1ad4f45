import type { EverbusError } from "../api/errors.js";

interface Flush {
  /** How many units have to be settled first. */
  readonly after: number;
  error: EverbusError | undefined;
  resolve(): void;
  reject(error: EverbusError): void;
}

/** Who waits until all that has been pushed so far is settled. */
export class Flushes {
  #pushed = 0;
  #settled = 0;
  #waiting: Flush[] = [];
  /** The first refusal that a flush still has to tell: until what was queued then is settled. */
  #refusal: { readonly after: number; readonly error: EverbusError } | undefined = undefined;

  /** Whether everything that was pushed is settled. */
  get isIdle(): boolean {
    return this.#settled === this.#pushed;
  }

  pushed(): void {
    this.#pushed++;
  }

  /** Something found no room in the queue. */
  refused(error: EverbusError): void {
    this.#refusal ??= { after: this.#pushed, error };
  }

  /** Resolves when every unit pushed so far is settled; rejects with the first failure among them. */
  wait(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ after: this.#pushed, error: this.#refusal?.error, resolve, reject });
    });
  }

  /** Units settle in the order they were pushed, so every flush that still waits waits for this one too. */
  settled(error: EverbusError | undefined): void {
    this.#settled++;
    if (this.#refusal !== undefined && this.#refusal.after <= this.#settled) this.#refusal = undefined;
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter((flush) => {
      flush.error ??= error;
      if (flush.after > this.#settled) return true;
      if (flush.error === undefined) flush.resolve();
      else flush.reject(flush.error);
      return false;
    });
  }
}
