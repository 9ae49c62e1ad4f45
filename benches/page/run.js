// What every bench's page does: takes the rows one after another, and says what came out.
import { say } from "./say.js";
import { takeTurns } from "./turns.js";

const fail = (error) => say({ failure: `${error?.stack ?? error}` });

addEventListener("error", (event) => fail(event.error ?? event.message));
addEventListener("unhandledrejection", (event) => fail(event.reason));

/**
 * Measures the rows that `rowsOf(isQuick)` gives. A row has a name, the `unit` of what is measured if that isn't
 * "ms", and contestants; or it is `skipped` and says why. A contestant has
 *
 * - `name`, and `events`: how many of them a measured value is for;
 * - `open()`: what it needs, made afresh for each round, not measured;
 * - `measure(opened)`: does the work, checks it, and resolves to its value;
 * - `close(opened)`: leaves nothing behind;
 * - `targets`: `{ against, atLeast or atMost: { chromium, firefox } }`, without `against` for the value itself.
 */
export async function run(rowsOf) {
  try {
    const asked = new URLSearchParams(location.search);
    const isQuick = asked.has("quick");
    await say({ about: { userAgent: navigator.userAgent, cores: navigator.hardwareConcurrency } });
    const rows = rowsOf(isQuick).filter(({ name }) => name.includes(asked.get("only") ?? ""));
    for (const { name, unit = "ms", skipped, contestants } of rows) {
      if (skipped !== undefined) {
        await say({ row: { name, unit, skipped, contestants: [] } });
        continue;
      }
      const values = await takeTurns(contestants, isQuick ? 1 : 5, (turn) => say({ turn: `${name}: ${turn}` }));
      const measured = contestants.map(({ name, events = 1, targets = [] }, i) => ({ name, events, targets, values: values[i] }));
      await say({ row: { name, unit, contestants: measured } });
    }
    await say({ done: true });
  } catch (error) {
    await fail(error);
  }
}
