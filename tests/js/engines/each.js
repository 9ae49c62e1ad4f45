// The same tests in several engines: one browser for all that a file has for it.
import { after, before, describe } from "node:test";
import { launch as launchFirefox } from "./firefox.js";
import { serve } from "./static-server.js";
import { afterwards, browse, profile, visit } from "./visits.js";
import { launch as launchWebKit } from "./webkit.js";
import { windowsOf } from "./windows.js";

const browsers = {
  Chromium: async (t) => browse(t, await profile(t)),
  Firefox: (t) => driven(t, launchFirefox),
  WebKitGTK: (t) => driven(t, launchWebKit),
};

async function driven(t, launch) {
  const context = await windowsOf(await launch());
  afterwards(t, () => context.close());
  return context;
}

/**
 * Declares for each engine what `define(site, engine)` declares. `site(t, heard)` is an origin that no other test has,
 * and so are its logs: `visit()` opens a tab there, `heard` is the server's.
 */
export function inEachEngine(define, engines = Object.keys(browsers)) {
  for (const engine of engines) {
    describe(engine, () => {
      let context;
      let end;
      // A port that was given back could be given out again, with an old log.
      const servers = [];
      before(async () => {
        context = await browsers[engine]({ after: (undo) => (end = undo) });
      });
      after(async () => {
        await end?.();
        for (const server of servers) await server.close();
      });
      const site = async (t, heard) => {
        const server = await serve(heard);
        servers.push(server);
        return { origin: server.origin, visit: () => visit(t, context, server.origin) };
      };
      define(site, engine);
    });
  }
}
