// Tabs and a worker that do at random what applications do, while the platform does at random what platforms do, in each
// engine. `scripts/schedules --count 50` plays many.
import assert from "node:assert/strict";
import { inEachEngine } from "../engines/each.js";
import { broken } from "./check.js";
import { play } from "./schedule.js";

const limit = { timeout: 300_000 };
const count = Number(process.env.SCHEDULES ?? 1);
/** Names the first schedule; the others follow. Time is left to the machine, so a seed comes close to repeating a run. */
const firstSeed = Number(process.env.SCHEDULE_SEED ?? 1);
/** Of a hundred transactions and messages. */
const faultsOf = (seed) => Number(process.env.SCHEDULE_FAULTS ?? [0, 2, 5, 10][seed % 4]);

inEachEngine(({ test, site, engine }) => {
  for (let n = 0; n < count; n++) {
    test(`whatever tabs and a worker do, every promise is kept (schedule ${n + 1} of ${count})`, limit, async (t) => {
      const seed = firstSeed + n;
      const faults = faultsOf(seed);
      const schedule = `SCHEDULE_SEED=${seed} SCHEDULE_FAULTS=${faults} in ${engine}`;
      t.diagnostic(schedule);
      let outcome;
      try {
        outcome = await play(await site(t), seed, faults);
      } catch (cause) {
        throw new Error(`${schedule}: ${cause.message}`, { cause });
      }
      const problems = broken(outcome);
      assert.equal(problems.length, 0, `${schedule}:\n${problems.slice(0, 20).join("\n")}`);
      t.diagnostic(`${outcome.records.length} actors to the end, ${outcome.end} events`);
    });
  }
}, process.env.SCHEDULE_ENGINE?.split(","));
