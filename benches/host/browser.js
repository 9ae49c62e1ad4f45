// A browser with an empty profile on disk: a private window would keep its databases in memory.
import { launch } from "../../tests/js/engines/firefox.js";
import { browseKillable, profile } from "../../tests/js/engines/visits.js";

// Pages may collect garbage, learn the heap's size as it is, and open others.
const SWITCHES = ["--js-flags=--expose-gc", "--enable-precise-memory-info", "--disable-popup-blocking"];

const engines = {
  async chromium(scope, url) {
    const { context } = await browseKillable(scope, await profile(scope), SWITCHES, { noDefaults: true });
    const page = await context.newPage();
    await page.goto(url);
    return ordersOf(context);
  },
  async firefox(scope, url) {
    const browser = await launch();
    scope.after(() => browser.close());
    await browser.open(url);
    return {};
  },
};

/** What a page can have done to the tab with a URL. */
function ordersOf(context) {
  const tabAt = (url) => context.pages().find((tab) => tab.url() === url);
  const devtools = (url) => context.newCDPSession(tabAt(url));
  return {
    async crash(url) {
      // Whoever crashes doesn't answer.
      (await devtools(url)).send("Page.crash").catch(() => {});
    },
    freeze: async (url) => (await devtools(url)).send("Page.setWebLifecycleState", { state: "frozen" }),
    close: (url) => tabAt(url).close(),
  };
}

/** Shows a page until `scope` ends. Resolves to the orders that it can give. */
export const show = (scope, engine, url) => engines[engine](scope, url);
