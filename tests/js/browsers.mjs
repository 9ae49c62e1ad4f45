// Runs the shared suite in browsers: `node tests/js/browsers.mjs [chromium] [firefox] [webkit] [--only=TEXT] [--plain]`.
// Each engine runs it in a window and in a dedicated worker; with --plain on a page that is no secure context. Ends with
// "N passed, N failed".
import { despiteACrash } from "./engines/crashes.js";
import { serve } from "./engines/static-server.js";

const TEST_LIMIT = 30_000;
const SILENCE_LIMIT = 2 * TEST_LIMIT + 30_000;
const RUN_LIMIT = 15 * 60_000;

const engines = ["chromium", "firefox", "webkit"];
const hosts = ["window", "worker"];
const words = process.argv.slice(2);
const only = words.find((word) => word.startsWith("--only="))?.slice("--only=".length) ?? "";
const isPlain = words.includes("--plain");
const chosen = words.filter((word) => !word.startsWith("--only=") && word !== "--plain");
const unknown = chosen.filter((word) => !engines.includes(word));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(" ")}. Choose among ${engines.join(", ")}`);
  process.exit(2);
}

const listeners = new Map();
const server = await serve((run, outcome) => listeners.get(run)?.(outcome));
const total = { passed: 0, failed: 0, skipped: 0 };
for (const engine of chosen.length > 0 ? chosen : engines) {
  for (const host of hosts) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const started = Date.now();
    try {
      await despiteACrash((crash) => runSuite(engine, host, counts, crash), (said) => console.log(`${engine} ${host}: ${said}`));
    } catch (error) {
      counts.failed++;
      console.log(`FAILED ${engine} ${host}: ${error.stack ?? error}`);
    }
    if (counts.passed === 0) {
      counts.failed++;
      console.log(`FAILED ${engine} ${host}: no test has passed`);
    }
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(`${engine} ${host}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`);
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
}
await server.close();
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function runSuite(engine, host, counts, crash) {
  for (const key of Object.keys(counts)) counts[key] = 0;
  const { launch, plainHost } = await import(`./engines/${engine}.js`);
  const origin = isPlain ? server.originAt(plainHost) : server.origin;
  const run = `-${engine}-${host}`;
  const where = `${engine} ${host}`;
  const browser = await launch();
  const timers = {};
  try {
    const done = new Promise((resolve, reject) => {
      let last = "the start";
      const expectMore = () => {
        clearTimeout(timers.silence);
        timers.silence = setTimeout(() => reject(new Error(`nothing heard for ${SILENCE_LIMIT} ms after: ${last}`)), SILENCE_LIMIT);
      };
      timers.run = setTimeout(() => reject(new Error(`not done after ${RUN_LIMIT} ms; the last was: ${last}`)), RUN_LIMIT);
      expectMore();
      listeners.set(run, (outcome) => {
        expectMore();
        if (outcome.done) resolve();
        else if (outcome.broken) reject(new Error(outcome.broken));
        else count(where, outcome, counts);
        last = outcome.name;
      });
      const query = new URLSearchParams({ host, run, only, plain: isPlain, limit: TEST_LIMIT });
      browser.open(`${origin}/tests/js/hosts/page.html?${query}`).catch(reject);
    });
    await Promise.race([done, crash]);
  } finally {
    Object.values(timers).forEach(clearTimeout);
    listeners.delete(run);
    await browser.close();
  }
}

function count(where, { name, skipped, failure, ms }, counts) {
  if (failure) {
    counts.failed++;
    console.log(`FAILED ${where}: ${name} (${ms} ms)\n  ${failure.trim().replaceAll("\n", "\n  ")}`);
  } else if (skipped) {
    counts.skipped++;
    console.log(`skipped ${where}: ${name}: ${skipped}`);
  } else {
    counts.passed++;
    if (process.env.VERBOSE) console.log(`passed ${where}: ${name} (${ms} ms)`);
  }
}
