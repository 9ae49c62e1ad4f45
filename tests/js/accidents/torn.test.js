// Chromium's own log after a kill in the midst of a record: what is committed later must not go with it when the browser
// is killed again (https://github.com/google/leveldb/issues/1287).
import assert from "node:assert/strict";
import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { plainHost } from "../engines/chromium.js";
import { serve } from "../engines/static-server.js";
import { browse, browseKillable, profile, readAll, visit } from "../engines/visits.js";
import { range } from "../suite/fixtures.js";

let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

const write = (page, count) =>
  page.evaluate(async (count) => {
    const bus = await everbus.openBus("shop", { log: "indexeddb" });
    for (let n = 0; n < count; n++) await bus.publish(created(n)).committed;
    await bus.log.ack("reader", count);
  }, count);

/** The heads of records of which nothing else was written: of a whole one, and of the first part of one. */
const torn = [1, 2].map((type) => Buffer.from([1, 2, 3, 4, 0x96, 0x06, type]));

const cases = [...torn.map((head) => ["127.0.0.1", head]), [plainHost, torn[0]]];
for (const [i, [host, head]] of cases.entries()) {
  test(`a record that was torn by a kill takes nothing with it that is committed later (${i + 1}, ${host})`, { timeout: 120_000 }, async (t) => {
    const origin = server.originAt(host);
    const folder = await profile(t);
    for (const count of [3, 5]) {
      const { context, program } = await browseKillable(t, folder);
      await write(await visit(t, context, origin), count);
      await program.kill();
      const files = await readdir(join(folder, "Default", "IndexedDB"), { recursive: true });
      // The one before it may not be removed yet: their names are numbers of six digits.
      const newest = files.filter((file) => file.endsWith(".log")).sort().at(-1);
      assert.ok(newest, "Chromium keeps IndexedDB in LevelDB");
      if (count === 3) await appendFile(join(folder, "Default", "IndexedDB", newest), head);
    }
    const page = await visit(t, await browse(t, folder), origin);
    const stored = await readAll(page, "shop");
    assert.deepEqual(stored.map(({ seq_no }) => seq_no), range(1, 8));
    const [reader] = await page.evaluate(async () => (await everbus.openBus("shop")).log.consumers());
    assert.equal(reader.lastAcked, 5);
  });
}
