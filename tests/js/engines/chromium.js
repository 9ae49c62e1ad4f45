import { chromium } from "playwright-core";
import { find } from "./processes.js";

/** A host that leads to this machine, but makes no secure context: a page there is plain http. */
export const plainHost = "everbus.test";

/** How the browser is started; `args` are added. */
export const options = (args = []) => ({
  executablePath: find("chromium", "chromium-browser", "google-chrome", "chrome"),
  headless: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    `--host-resolver-rules=MAP ${plainHost} 127.0.0.1`, ...args,
  ],
});

export async function launch() {
  const browser = await chromium.launch(options());
  return {
    async open(url) {
      const page = await browser.newPage();
      await page.goto(url);
    },
    close: () => browser.close(),
  };
}
