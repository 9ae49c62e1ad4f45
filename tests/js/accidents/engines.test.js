// Tabs that are closed and browsers that are killed while they write, in Firefox and WebKitGTK. A killed WebKitGTK is
// not tested: its driver gives each session a storage of its own, which goes with the session.
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { launch as launchFirefox } from "../engines/firefox.js";
import { launch as launchWebKit } from "../engines/webkit.js";
import { serve } from "../engines/static-server.js";
import { profile } from "../engines/visits.js";
import { pseudoRandom } from "../suite/fixtures.js";
import { Record, seed } from "./record.js";

const limit = { timeout: 180_000 };

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
    /** Has the browser show what is stored, and checks it. */
    async check(browser) {
      const rows = new Promise((resolve) => (tellRows = resolve));
      await browser.open(`${page}?work=read`);
      record.check(await rows);
    },
  };
}

for (const [engine, launch] of Object.entries({ Firefox: launchFirefox, WebKitGTK: launchWebKit })) {
  test(`${engine}: tabs that are closed while they write lose nothing that they reported`, limit, async (t) => {
    const { record, random, writing, check } = await begin(t);
    const browser = await launch();
    t.after(() => browser.close());
    for (const writer of [1, 2, 3]) {
      const closeTab = await browser.openTab(writing(writer));
      await record.until(writer, 1 + random(200));
      await delay(random(100));
      await closeTab();
      await check(browser);
    }
  });
}

test("Firefox: a browser that is killed while it writes loses nothing that it reported", limit, async (t) => {
  const { record, random, writing, check } = await begin(t);
  const folder = await profile(t);
  for (const writer of [1, 2]) {
    const browser = await launchFirefox(folder);
    try {
      await browser.open(writing(writer));
      await record.until(writer, 1 + random(200));
      await delay(random(100));
    } finally {
      await browser.kill();
    }
  }
  const browser = await launchFirefox(folder);
  t.after(() => browser.close());
  await check(browser);
});
