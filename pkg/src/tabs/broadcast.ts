import type { Report } from "../api/errors.js";

/**
 * A BroadcastChannel that throws at nobody: what goes wrong is reported, and a message that isn't sent is one that got lost.
 */
export class Broadcast {
  readonly #channel: BroadcastChannel;
  readonly #report: Report;

  private constructor(channel: BroadcastChannel, report: Report) {
    this.#channel = channel;
    this.#report = report;
  }

  /** Undefined where the platform has none, or refuses: a page whose storage is blocked may get a SecurityError. */
  static open(name: string, report: Report): Broadcast | undefined {
    if (typeof BroadcastChannel !== "function") return undefined;
    try {
      return new Broadcast(new BroadcastChannel(name), report);
    } catch (error) {
      report(error);
      return undefined;
    }
  }

  /** From now on `hear` gets what the others send. */
  listen(hear: (message: unknown) => void): void {
    this.#channel.onmessage = ({ data }) => this.#try(() => hear(data));
  }

  /** In Node an open channel would keep the process alive. */
  unref(): void {
    this.#try(() => (this.#channel as { unref?: () => void }).unref?.());
  }

  /** Returns whether it was sent. */
  post(message: unknown): boolean {
    return this.#try(() => this.#channel.postMessage(message));
  }

  close(): void {
    this.#try(() => this.#channel.close());
  }

  #try(run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      this.#report(error);
      return false;
    }
  }
}
