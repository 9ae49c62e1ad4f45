// A filter reads only the segments that may match, by the chapters; and does without damaged ones.
import { equal, ok, rejects, same } from "./assert.js";
import { created, numbers, range } from "./fixtures.js";
import { settled, within } from "./raw.js";
import { test } from "./registry.js";

const ID_OF = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

/** Waits until a bus has so many chapters. Its log is left to itself meanwhile. */
async function untilChapters(bus, count) {
  const database = await settled(indexedDB.open(`everbus:${bus.name}`));
  const stored = () => settled(database.transaction("chapters").objectStore("chapters").count());
  for (let looks = 0; (await stored()) < count; looks++) ok(looks < 100_000, "there are no chapters");
  database.close();
}

/** Changes a byte in the middle of each record of a store, but those of the first numbers in `spared`. */
async function damage(bus, storeName, spared = []) {
  const database = await settled(indexedDB.open(`everbus:${bus.name}`));
  const store = database.transaction(storeName, "readwrite").objectStore(storeName);
  const [keys, records] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
  records.forEach((bytes, i) => {
    if (spared.includes(keys[i])) return;
    bytes[bytes.length >> 1] ^= 1;
    store.put(bytes, keys[i]);
  });
  await settled(store.count());
  database.close();
  return keys;
}

test("a filter reads only the segments that may match, and all it needs where no chapter is whole", async (t) => {
  const bus = await t.open();
  // Only a log in IndexedDB has chapters.
  if (bus.storage !== "persistent") return;
  const events = range(1, 40_000).map((n) => created(null, "order", ID_OF(n % 5_000 === 7 ? 7 : n)));
  for (let from = 0; from < events.length; from += 1000) bus.publishAll(events.slice(from, from + 1000));
  await bus.flush();
  await untilChapters(bus, 2);

  const wanted = range(0, 7).map((k) => k * 5_000 + 7);
  const filter = { entity_id: ID_OF(7) };
  // Chapters cover 32 of the 40 segments. Of these, only those with a match stay whole.
  const spared = [...wanted.map((n) => n - 6), ...range(32, 39).map((k) => k * 1000 + 1)];
  const keys = await damage(bus, "segments", spared);
  equal(keys.length, 40, "segments");
  same(numbers(await bus.log.read({ filter })), wanted, "forwards");
  same(numbers(await bus.log.read({ filter, reverse: true })), wanted.toReversed(), "backwards");
  same(numbers(await bus.log.read({ filter, limit: 3, from: 5_008 })), wanted.slice(2, 5), "a page");
  await rejects(() => bus.log.read({ from: 1001 }), "corrupt", "a read without a filter");
  equal(await bus.log.trim(1001), 1001, "the first number after a trim");
  same(numbers(await bus.log.read({ filter, to: 5_000, reverse: true })), [], "backwards to what was trimmed");

  // Without chapters every segment is looked at.
  equal((await damage(bus, "chapters")).length, 2, "chapters");
  await rejects(() => bus.log.read({ filter }), "corrupt", "a read that chapters can't help");
  same(numbers(await bus.log.read({ filter, from: 35_001 })), [35_007], "what is whole");
});

test("a filter finds what there is where a chapter is that of another log", async (t) => {
  const bus = await t.open();
  if (bus.storage !== "persistent") return;
  const other = await t.open({}, `${bus.name} other`);
  const wanted = [7, 800, 5_007];
  bus.publishAll(range(1, 18_000).map((n) => created(null, "order", ID_OF(wanted.includes(n) ? 7 : n))));
  // Segments of one event each, that all may have what is looked for.
  other.publishAll(range(1, 17).map(() => created("x".repeat(600_000), "order", ID_OF(7))));
  for (const each of [bus, other]) {
    await each.flush();
    await untilChapters(each, 1);
  }
  const foreign = await within(other.name, "chapters", (store) => store.get(1));
  await within(bus.name, "chapters", (store) => store.put(foreign, 1));
  const filter = { entity_id: ID_OF(7) };
  same(numbers(await bus.log.read({ filter })), wanted, "forwards");
  same(numbers(await bus.log.read({ filter, reverse: true })), wanted.toReversed(), "backwards");
  same(numbers(await bus.log.read({ filter, from: 8, to: 16, reverse: true })), [], "where nothing is");
  same(numbers(await bus.log.read({ filter, from: 8 })), wanted.slice(1), "from within a segment");
});
