// A browser that is killed while a page writes, again and again with one profile. `scripts/accidents --kills 50 --seed N`
// is the long form.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "../engines/static-server.js";
import { browse, browseKillable, profile, visit } from "../engines/visits.js";
import { pseudoRandom } from "../suite/fixtures.js";
import { Record, seed } from "./record.js";

const kills = Number(process.env.ACCIDENT_KILLS ?? 5);
const record = new Record();
let server;
before(async () => {
  server = await serve((_, outcome) => record.heard(outcome));
});
after(() => server.close());

const read = (page, from) => page.evaluate(async (from) => (await import("/tests/js/accidents/writer.js")).read(from), from);

test(`a browser that is killed ${kills} times while it writes loses nothing that it reported, and doubles nothing`, { timeout: 60_000 + kills * 30_000 }, async (t) => {
  t.diagnostic(`ACCIDENT_SEED=${seed}`);
  const random = pseudoRandom(seed);
  const folder = await profile(t);
  const rows = [];
  for (let kill = 1; kill <= kills; kill++) {
    const { context, program } = await browseKillable(t, folder);
    const page = await visit(t, context, server.origin);
    rows.push(...(await read(page, rows.length + 1)));
    record.check(rows);
    page
      .evaluate(async (work) => (await import("/tests/js/accidents/writer.js")).write(work), { writer: kill, seed: random(2 ** 20) })
      .catch(() => {});
    await record.until(kill, 1 + random(50));
    // Not to let anything settle: this is the random moment.
    await delay(random(300));
    await program.kill();
  }
  const page = await visit(t, await browse(t, folder), server.origin);
  // All of it, not only what is new: what was sound before must still be.
  const all = await read(page, 1);
  record.check(all);
  assert.deepEqual(all.slice(0, rows.length), rows);
  t.diagnostic(`${kills} kills: ${record.count} events were reported, ${all.length} are stored`);
});
