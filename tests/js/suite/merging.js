// Small segments are merged in the background, and nobody notices.
import { equal, hasCode, ok, same } from "./assert.js";
import { created, numbers, range, take } from "./fixtures.js";
import { test } from "./registry.js";

test("a log written one event at a time ends up in few segments", async (t) => {
  const bus = await t.open();
  const reader = bus.log.subscribe("reader", "beginning");
  const live = take(reader, 2300);
  for (let n = 1; n <= 2300; n++) await bus.publish(created(n)).committed;
  same(numbers(await live), range(1, 2300), "what came live");
  // The last merge may still be under way when the last event is committed.
  for (let looks = 0; (await bus.log.stats()).segments > 72; looks++) ok(looks < 1000, "they aren't merged");
  const read = await bus.log.read({ limit: 5000 });
  same(read.map(({ event }) => event.data), range(1, 2300), "payloads");
  same(numbers(read), range(1, 2300), "numbers");
  await reader.return();
  equal(await bus.publish(created()).committed, 2301, "the next number");
});

test("small segments that an earlier page had no time for are merged when the log is opened again", async (t) => {
  const { delete: remove } = IDBObjectStore.prototype;
  // Only merging takes segments away.
  IDBObjectStore.prototype.delete = function (keys) {
    if (this.name === "segments") throw new DOMException("not now", "UnknownError");
    return remove.call(this, keys);
  };
  let bus;
  try {
    bus = await t.open();
    for (let n = 1; n <= 200; n++) await bus.publish(created(n)).committed;
    equal((await bus.log.stats()).segments, 200, "segments");
    hasCode(await t.nextError(), "storage");
  } finally {
    IDBObjectStore.prototype.delete = remove;
  }
  const again = await t.reopen(bus);
  for (let looks = 0; (await again.log.stats()).segments > 72; looks++) ok(looks < 1000, "they aren't merged");
  const read = await again.log.read({ limit: 500 });
  same(read.map(({ event, seq_no }) => [seq_no, event.data]), range(1, 200).map((n) => [n, n]), "what is stored");
}, { skip: ({ log }) => (log === "indexeddb" ? undefined : "a memory log ends with its page") });
