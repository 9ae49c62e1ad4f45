// A browser with an empty profile on disk: a private window would keep its databases in memory.
import { launch } from "../../tests/js/engines/firefox.js";
import { browse, profile } from "../../tests/js/engines/visits.js";

// Pages may collect garbage, and learn the heap's size as it is.
const MEMORY = ["--js-flags=--expose-gc", "--enable-precise-memory-info"];

const engines = {
  async chromium(scope, url) {
    const context = await browse(scope, await profile(scope), MEMORY);
    const page = await context.newPage();
    await page.goto(url);
  },
  async firefox(scope, url) {
    const browser = await launch();
    scope.after(() => browser.close());
    await browser.open(url);
  },
};

/** Shows a page until `scope` ends. */
export const show = (scope, engine, url) => engines[engine](scope, url);
