// The shared suite, on the package as it is installed.
import wire from "../../golden/wire.ndjson";
import { runOne, tests } from "../../js/suite/index.js";
import events from "../../samples/events.ndjson";
import filters from "../../samples/filters.ndjson";

const texts = { "golden/wire.ndjson": wire, "samples/events.ndjson": events, "samples/filters.ndjson": filters };

/** Runs every test that suits a log of this kind. */
export async function runSuite(log) {
  const host = { log, timeLimit: 30_000, readText: async (path) => texts[path] };
  const outcome = { passed: 0, skipped: 0, failed: [] };
  for (const each of tests) {
    if (each.skip(host) !== undefined) {
      outcome.skipped++;
      continue;
    }
    try {
      await runOne(each, host);
      outcome.passed++;
    } catch (error) {
      outcome.failed.push(`${each.name}: ${error.stack ?? error}`);
    }
  }
  return outcome;
}
