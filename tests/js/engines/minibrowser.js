// WebKitGTK without its driver, which gives each session a storage of its own: here it has a profile on disk.
import { find, start } from "./processes.js";
import { browsers, display } from "./webkit.js";

/** Starts a browser that shows a page, with a profile in `folder`: `{ kill(), close() }`. */
export async function show(folder, url) {
  const { screen, close } = await display();
  const env = { DISPLAY: screen, HOME: folder, XDG_DATA_HOME: folder, XDG_CACHE_HOME: folder, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" };
  const browser = start(find(...browsers), [url], { env });
  return {
    /** Ends it at once, as a crash does. */
    async kill() {
      await browser.kill();
      await close();
    },
    async close() {
      await browser.end();
      await close();
    },
  };
}
