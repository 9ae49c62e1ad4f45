// Pages for end-to-end tests: real profiles on disk, and the package loaded as `everbus` in each page.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { options } from "./chromium.js";
import { start } from "./processes.js";

const undone = new WeakMap();

/** After the test `t`: what was begun last ends first, and one failure keeps nothing else from ending. */
export function afterwards(t, undo) {
  let stack = undone.get(t);
  if (stack === undefined) {
    undone.set(t, (stack = []));
    t.after(async () => {
      const failures = [];
      for (const undo of stack.reverse()) await Promise.resolve().then(undo).catch((error) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    });
  }
  stack.push(undo);
}

/** A folder for a browser's profile, which goes after the test `t`. */
export async function profile(t) {
  const folder = await mkdtemp(join(tmpdir(), "everbus-profile-"));
  afterwards(t, () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A browser with this profile, closed after the test at the latest. `args` are added to its usual ones, `without` are left out. */
export async function browse(t, folder, args, without = []) {
  const context = await chromium.launchPersistentContext(folder, { ...options(args), ignoreDefaultArgs: without });
  afterwards(t, () => context.close());
  context.setDefaultTimeout(60_000);
  return context;
}

/**
 * The same, as a program that the test can kill as a crash would: `{ context, program }`. With `noDefaults` its pages are
 * hidden and can be frozen, as a user's are.
 */
export async function browseKillable(t, folder, more = [], { noDefaults = false } = {}) {
  const { executablePath, args } = options();
  const program = start(executablePath, [...args, ...more, "--headless", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"]);
  afterwards(t, () => program.kill());
  const [, endpoint] = await program.printed(/DevTools listening on (ws:\S+)/);
  const browser = await chromium.connectOverCDP(endpoint, { noDefaults });
  return { context: browser.contexts()[0], program };
}

/** A page of the origin with the package as `everbus`. Uncaught errors in it fail the test. */
export async function visit(t, context, origin, path = "/tests/js/hosts/blank.html") {
  const page = await context.newPage();
  const uncaught = [];
  page.on("pageerror", (error) => uncaught.push(error));
  afterwards(t, () => {
    if (uncaught.length > 0) throw new AggregateError(uncaught, `uncaught in the page: ${uncaught.map((error) => error.stack).join("\n")}`);
  });
  await page.goto(origin + path);
  await load(page);
  return page;
}

/** After a navigation: the package again. */
export function load(page) {
  return page.evaluate(async () => {
    globalThis.everbus = await import("/pkg/dist/index.js");
    globalThis.created = (data) => ({ kind: "entity", action: "created", entity_type: "order", entity_id: "00000000-0000-4000-8000-00000000000a", data });
  });
}

/** Everything in a bus's log, seen from this page. */
export function readAll(page, name) {
  return page.evaluate(async (name) => {
    const bus = await everbus.openBus(name);
    const envelopes = await bus.log.read({ limit: 100_000 });
    await bus.close();
    return envelopes;
  }, name);
}
