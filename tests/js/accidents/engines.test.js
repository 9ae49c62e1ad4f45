// Tabs that are closed and browsers that are killed while they write, in Firefox and WebKitGTK. `scripts/accidents` is
// the long form.
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { despiteCrashes } from "../engines/crashes.js";
import { launch as launchFirefox } from "../engines/firefox.js";
import { show as showInMiniBrowser } from "../engines/minibrowser.js";
import { launch as launchWebKit } from "../engines/webkit.js";
import { serve } from "../engines/static-server.js";
import { profile } from "../engines/visits.js";
import { pseudoRandom } from "../suite/fixtures.js";
import { Record, seed } from "./record.js";

const kills = Number(process.env.ACCIDENT_KILLS ?? 3);
const limit = { timeout: 180_000 + kills * 30_000 };

/** A server that keeps the record, and addresses of pages that write and that tell what is stored. */
async function begin(t) {
  t.diagnostic(`ACCIDENT_SEED=${seed}`);
  const record = new Record();
  let tellRows;
  const server = await serve((_, outcome) => (outcome.rows ? tellRows(outcome.rows) : record.heard(outcome)));
  t.after(() => server.close());
  const page = `${server.origin}/tests/js/accidents/page.html`;
  return {
    record,
    random: pseudoRandom(seed),
    writing: (writer) => `${page}?work=write&writer=${writer}&seed=${seed + writer}`,
    /** Checks what is stored, by showing the page that tells it. */
    async check(show) {
      const rows = new Promise((resolve) => (tellRows = resolve));
      await show(`${page}?work=read`);
      record.check(await rows);
    },
  };
}

for (const [engine, launch] of Object.entries({ Firefox: launchFirefox, WebKitGTK: launchWebKit })) {
  test(`${engine}: tabs that are closed while they write lose nothing that they reported`, limit, despiteCrashes(async (t) => {
    const { record, random, writing, check } = await begin(t);
    const browser = await launch();
    t.after(() => browser.close());
    for (const writer of [1, 2, 3]) {
      const closeTab = await browser.openTab(writing(writer));
      await record.until(writer, 1 + random(200));
      await delay(random(100));
      await closeTab();
      await check(browser.open);
    }
  }));
}

/** Ways to show a page in a browser that keeps what is in its profile. */
const kept = {
  async Firefox(folder, url) {
    const browser = await launchFirefox(folder);
    await browser.open(url);
    return browser;
  },
  WebKitGTK: showInMiniBrowser,
};
for (const [engine, show] of Object.entries(kept)) {
  test(`${engine}: a browser that is killed ${kills} times while it writes loses nothing that it reported`, limit, async (t) => {
    const { record, random, writing, check } = await begin(t);
    const folder = await profile(t);
    for (let writer = 1; writer <= kills; writer++) {
      const browser = await show(folder, writing(writer));
      try {
        await record.until(writer, 1 + random(200));
        await delay(random(100));
      } finally {
        await browser.kill();
      }
    }
    let browser;
    try {
      await check(async (url) => (browser = await show(folder, url)));
    } finally {
      await browser?.close();
    }
  });
}
