// Windows of a browser that a WebDriver drives, with as much of Playwright's context and pages as the tests use.
import { serve } from "./static-server.js";

/**
 * `newPage()` opens a window. A tab would be hidden beside another one, and shown whenever a command goes to it, so that it
 * would look for what it has missed.
 */
export async function windowsOf(driver) {
  // What is evaluated tells its outcome here: the driver itself would be busy until then, for all windows.
  const heard = new Map();
  const server = await serve((about, outcome) => heard.get(about)(outcome));
  const first = await driver.command("GET", "/window");
  const open = new Set();
  let count = 0;
  let last = Promise.resolve();
  /** Sends a command to a window: choosing it and the command are one, whatever else is sent meanwhile. */
  const within = (handle, ...command) => {
    const done = last.then(async () => {
      await driver.command("POST", "/window", { handle });
      return driver.command(...command);
    });
    last = done.catch(() => {});
    return done;
  };

  async function newPage() {
    const { handle } = await within(first, "POST", "/window/new", { type: "window" });
    open.add(handle);
    const errors = `/${++count}`;
    const run = (text) => within(handle, "POST", "/execute/sync", { script: "window.eval(arguments[0])", args: [text] });
    // A page that goes away meanwhile doesn't hear the answer.
    const post = (about) => `(told) =>
      fetch("${server.origin}/outcomes${about}", { method: "POST", mode: "no-cors", body: JSON.stringify(told) }).catch(() => {})`;
    const watch = () =>
      run(`{
        const tell = ${post(errors)};
        const describe = (error) => tell({ error: error + "\\n" + error?.stack });
        addEventListener("error", (event) => describe(event.error ?? event.message));
        addEventListener("unhandledrejection", ({ reason }) => describe(reason));
      }`);
    const evaluate = (work, argument) =>
      new Promise((resolve, reject) => {
        const about = `/${++count}`;
        heard.set(about, ({ value, error }) => {
          heard.delete(about);
          if (error === undefined) resolve(value);
          else reject(new Error(error));
        });
        run(`Promise.resolve(${JSON.stringify(argument)}).then(${work})
          .then((value) => ({ value }), (error) => ({ error: error + "\\n" + error?.stack })).then(${post(about)});`).catch(reject);
      });
    return {
      evaluate,
      on: (_pageerror, listener) => heard.set(errors, ({ error }) => listener(new Error(error))),
      async goto(url) {
        await within(handle, "POST", "/url", { url });
        await watch();
      },
      async reload() {
        await within(handle, "POST", "/refresh", {});
        await watch();
      },
      async close() {
        // What an engine that has crashed had open is gone.
        if (open.delete(handle) && !driver.hasCrashed()) await within(handle, "DELETE", "/window");
      },
    };
  }
  let ended;
  /** Ends the browser, once. */
  const end = (how) => {
    open.clear();
    return (ended ??= driver[how]().finally(() => server.close()));
  };
  return { newPage, hasCrashed: driver.hasCrashed, kill: () => end("kill"), close: () => end("close") };
}
