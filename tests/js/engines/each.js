// The same tests in several engines: one browser for all that a file has for it.
import { after, before, describe, test } from "node:test";
import { despiteCrashes } from "./crashes.js";
import { launch as launchFirefox } from "./firefox.js";
import { serve } from "./static-server.js";
import { afterwards, browse, browseKillable, profile, visit } from "./visits.js";
import { launch as launchWebKit } from "./webkit.js";
import { windowsOf } from "./windows.js";

/** Starts a browser with the profile in a folder, until the test `t` ends: as users have it, with a back/forward cache. */
const browsers = {
  Chromium: (t, folder) => browse(t, folder, [], ["--disable-back-forward-cache"]),
  Firefox: (t, folder) => driven(t, launchFirefox, folder),
  WebKitGTK: (t) => driven(t, launchWebKit),
};

async function driven(t, launch, folder) {
  const context = await windowsOf(await launch(folder));
  afterwards(t, () => context.close());
  return context;
}

// WebKitGTK's driver gives each session a storage of its own, which goes with the session.
const { Chromium, Firefox } = browsers;
/** The engines that find again in a folder what an earlier browser has stored there. */
export const lasting = { Chromium, Firefox };
/** The same as programs that a test can kill: `{ context, program }`. */
export const killable = {
  Chromium: browseKillable,
  async Firefox(t, folder) {
    const context = await Firefox(t, folder);
    return { context, program: context };
  },
};

/** A server that ends with the test. */
export async function serveFor(t, heard) {
  const server = await serve(heard);
  t.after(() => server.close());
  return server;
}

/**
 * Declares for each engine what `define({ test, site, engine })` declares. `site(t, heard)` is an origin that no other test
 * has, and so are its logs: `visit()` opens a tab there until the test ends, `heard` is the server's. `test` is Node's, and
 * tries once more when the engine crashes. ENGINES=Chromium,Firefox leaves the others out.
 */
export function inEachEngine(define, engines = process.env.ENGINES?.split(",") ?? Object.keys(browsers)) {
  for (const engine of engines) {
    describe(engine, () => {
      let context;
      let begin;
      let end;
      // A port that was given back could be given out again, with an old log.
      const servers = [];
      before(async () => {
        const scope = { after: (undo) => (end = undo) };
        begin = async () => (context = await browsers[engine](scope, await profile(scope)));
        await begin();
      });
      after(async () => {
        await end?.();
        for (const server of servers) await server.close();
      });
      const site = async (t, heard) => {
        if (context.hasCrashed?.()) await begin();
        const server = await serve(heard);
        servers.push(server);
        const open = async () => {
          const page = await visit(t, context, server.origin);
          afterwards(t, () => page.close());
          return page;
        };
        return { origin: server.origin, visit: open };
      };
      define({ test: (name, options, body) => test(name, options, despiteCrashes(body)), site, engine });
    });
  }
}
