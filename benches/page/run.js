// What every bench's page does: takes the rows one after another, and says what came out.
import { takeTurns } from "./turns.js";

const say = (said) => fetch("/said", { method: "POST", body: JSON.stringify(said) });
const fail = (error) => say({ failure: `${error?.stack ?? error}` });

addEventListener("error", (event) => fail(event.error ?? event.message));
addEventListener("unhandledrejection", (event) => fail(event.reason));

/**
 * Measures the rows that `rowsOf(isQuick)` gives. A row has a name and contestants:
 *
 * - `name`, and `events`: how many of them a measured time is for;
 * - `open()`: what it needs, made afresh for each round, not measured;
 * - `measure(opened)`: does the work, checks it, and resolves to its time in milliseconds;
 * - `close(opened)`: leaves nothing behind;
 * - `targets`: `{ against, atLeast or atMost: { chromium, firefox } }`.
 */
export async function run(rowsOf) {
  try {
    const isQuick = new URLSearchParams(location.search).has("quick");
    await say({ about: { userAgent: navigator.userAgent, cores: navigator.hardwareConcurrency } });
    for (const row of rowsOf(isQuick)) {
      const times = await takeTurns(row.contestants, isQuick ? 1 : 5, (name) => say({ turn: `${row.name}: ${name}` }));
      const contestants = row.contestants.map(({ name, events = 1, targets = [] }, i) => ({ name, events, targets, times: times[i] }));
      await say({ row: { name: row.name, contestants } });
    }
    await say({ done: true });
  } catch (error) {
    await fail(error);
  }
}
