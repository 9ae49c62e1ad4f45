// Two tabs' clocks. Each counts from an origin of its own, and an engine may let them drift apart by microseconds.
import { median } from "../median.js";

/** The other tab's next answer: the time there when it answered, and here when it came, in milliseconds. */
export const answer = ({ raw }) =>
  new Promise((resolve) => (raw.onmessage = ({ data }) => resolve({ there: data, here: performance.now() })));

/**
 * Sends raw messages to and fro, each when `before` has resolved. Resolves to the times that each took for the way there,
 * and how far the other tab's clock is ahead of this one's.
 *
 * The clocks are compared as NTP does it: what was quickest both ways was undisturbed, and so took as long there as back.
 */
export async function exchange(peer, count, text, before = () => {}) {
  const rounds = [];
  for (let i = 0; i < count; i++) {
    await before();
    const answered = answer(peer);
    const sent = performance.now();
    peer.raw.postMessage(text);
    const { there, here } = await answered;
    rounds.push({ sent, there, both: here - sent, ahead: there - (sent + here) / 2 });
  }
  const quickest = rounds.toSorted((a, b) => a.both - b.both).slice(0, Math.ceil(count / 10));
  const ahead = median(quickest.map((round) => round.ahead));
  return { ahead, times: rounds.map(({ sent, there }) => there - ahead - sent) };
}
