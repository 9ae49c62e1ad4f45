/** What contenders tell each other. */
export const ARE_YOU_ALIVE = "are you alive?";
export const ALIVE = "alive";

/** How many times one who waits asks without an answer before it takes the lock away. */
const MOST_UNANSWERED = 4;

/**
 * What a contender does: it asks whether the holder is alive, and goes on waiting for as long as it just did; or it only goes
 * on waiting; it tells that it is alive itself; it steals the lock.
 */
export type Move = "ask" | "wait" | "answer" | "steal";

/**
 * One who wants a lock, as a machine: it neither waits nor asks, but says what to do. Who holds the lock answers those who
 * wait. Who has asked for long and had no answer takes it to hang,
 * and steals its lock.
 */
export class Contender {
  #state: "waiting" | "holding" | "stealing" = "waiting";
  #unanswered = 0;

  /** It has got the lock. Those who wait need not ask. */
  granted(): Move {
    this.#state = "holding";
    return "answer";
  }

  /** It has waited for a while. */
  waited(): Move | undefined {
    if (this.#state !== "waiting") return undefined;
    if (this.#unanswered++ < MOST_UNANSWERED) return "ask";
    this.#state = "stealing";
    return "steal";
  }

  /** It has heard another contender. Whatever isn't an answer is a question. */
  heard(message: unknown): Move | undefined {
    const isQuestion = message !== ALIVE;
    if (isQuestion && this.#state === "holding") return "answer";
    // Of those who wait one asks: if all did, all would steal, the second from the first, who is alive.
    const isNews = this.#state === "waiting" && isQuestion === (this.#unanswered === 0);
    if (!isNews) return undefined;
    this.#unanswered = 0;
    return "wait";
  }
}
