// Segments that are changed, cut off or removed from outside: what is damaged is told, and the rest is as it was.
import { equal, ok, rejects, same } from "./assert.js";
import { created, many, nextTask, numbers, payloads, range, take, uuid, withoutLocks } from "./fixtures.js";
import { checksum, within, wordsFrom } from "./raw.js";
import { test } from "./registry.js";

const skip = ({ log }) => (log === "indexeddb" ? undefined : "nobody else can reach a log in memory");

const load = (bus, key) => within(bus.name, "segments", (store) => store.get(key));
const save = (bus, key, value) => within(bus.name, "segments", (store) => store.put(value, key));
const keys = (bus) => within(bus.name, "segments", (store) => store.getAllKeys());

async function change(bus, key, damage) {
  const damaged = damage(await load(bus, key));
  if (damaged === undefined) await within(bus.name, "segments", (store) => store.delete(key));
  else await save(bus, key, damaged);
}

const flipped = (at) => (bytes) => {
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return bytes;
};
const damages = {
  "flipped in its first byte": flipped(0),
  "flipped in its number": flipped(17),
  "flipped in its length": flipped(32),
  "flipped in its count": flipped(40),
  "flipped in its last byte": flipped(-1),
  "cut to a half": (bytes) => bytes.slice(0, bytes.length / 2),
  "cut to nothing": () => new Uint8Array(),
  "too long": (bytes) => Uint8Array.of(...bytes, 0),
  "a text": () => "evbs",
  "null": () => null,
  "a buffer that is no Uint8Array": (bytes) => bytes.buffer,
  "removed": () => undefined,
};

/** Three full segments: 1 to 1000, to 2000, to 3000. */
async function filled(t) {
  const bus = await t.open();
  bus.publishAll(many(3000));
  await bus.flush();
  same(await keys(bus), [1, 1001, 2001]);
  return bus;
}

const isCorrupt = async (act, first, last, what) => {
  const error = await rejects(act, "corrupt", what);
  same(error.cause, { first, last }, `${what}: its range`);
};

for (const [name, damage] of Object.entries(damages)) {
  test(`a segment that is ${name} is corrupt with its range, and the rest stays readable`, async (t) => {
    const bus = await filled(t);
    await change(bus, 1001, damage);
    const before = await load(bus, 1001);
    const all = () => bus.log.read({ limit: 5000 });
    await isCorrupt(all, 1001, 2000, "reading all");
    await isCorrupt(() => bus.log.read({ from: 1500, limit: 1 }), 1001, 2000, "reading in it");
    await isCorrupt(() => bus.log.read({ limit: 5000, reverse: true }), 1001, 2000, "reading back");
    await isCorrupt(() => bus.log.read({ to: 1600, limit: 1, reverse: true }), 1001, 2000, "reading back in it");
    same(numbers(await bus.log.read()), range(1, 1000), "the page before it");
    same(numbers(await bus.log.read({ from: 2001 })), range(2001, 3000), "the page behind it");
    same(numbers(await bus.log.read({ reverse: true })), range(2001, 3000).reverse(), "the page behind it, backwards");
    same(numbers(await bus.log.read({ to: 1000, reverse: true })), range(1, 1000).reverse(), "the page before it, backwards");
    const reader = bus.log.subscribe("reader", "beginning");
    same(numbers(await take(reader, 1000)), range(1, 1000), "what is subscribed to before it");
    await isCorrupt(() => reader.next(), 1001, 2000, "subscribing up to it");
    const behind = bus.log.subscribe("behind", { sequence: 2001 });
    equal(await bus.publish(created("next")).committed, 3001, "the next number");
    same(numbers(await take(behind, 1001)), range(2001, 3001), "what is subscribed to behind it");
    await behind.return();
    const again = await t.reopen(bus);
    await isCorrupt(() => again.log.read({ limit: 5000 }), 1001, 2000, "reading all after opening again");
    same(await load(bus, 1001), before, "what is stored in its place");
  }, { skip });
}

const text = new TextEncoder();

/** Puts another payload of the same length in the place of one, and a right checksum over it, as FORMAT.md says. */
const forged = (payload, by) => (bytes) => {
  const [from, to] = [payload, by].map((json) => text.encode(json));
  equal(to.length, from.length, "bytes");
  const at = bytes.findIndex((_, start) => from.every((byte, i) => bytes[start + i] === byte));
  bytes.set(to, at);
  const hash = checksum(bytes, [...wordsFrom(32, bytes.length), 0, 16, 24]);
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(8, hash, true);
  return bytes;
};

for (const [name, by] of [["is no JSON", '{"n":15x0}'], ["is two values", '[1500],[1]'], ["leaves its place", '0],["x",10']]) {
  test(`a payload that ${name}, under a right checksum, is corrupt, and its neighbours stay readable`, async (t) => {
    const bus = await filled(t);
    await change(bus, 1001, forged('{"n":1500}', by));
    await isCorrupt(() => bus.log.read({ limit: 5000 }), 1500, 1500, "reading all");
    await isCorrupt(() => bus.log.read({ limit: 5000, reverse: true }), 1500, 1500, "reading back");
    await isCorrupt(() => bus.log.read({ from: 1500, limit: 1 }), 1500, 1500, "reading it");
    same(payloads(await bus.log.read({ from: 1001, to: 1499 })), range(1001, 1499).map((n) => ({ n })), "what is before it");
    same(payloads(await bus.log.read({ from: 1501 })), range(1501, 2500).map((n) => ({ n })), "what is behind it");
    const reader = bus.log.subscribe("reader", "beginning");
    same(numbers(await take(reader, 1499)), range(1, 1499), "what is subscribed to before it");
    await isCorrupt(() => reader.next(), 1500, 1500, "subscribing up to it");
    same(await reader.next(), { value: undefined, done: true });
    const behind = bus.log.subscribe("behind", { sequence: 1501 });
    same(numbers(await take(behind, 1500)), range(1501, 3000), "what is subscribed to behind it");
    await behind.return();
  }, { skip });
}

for (const [where, key, first, last] of [["first", 1, 1, 1000], ["last", 2001, 2001, 3000]]) {
  for (const name of ["flipped in its first byte", "removed"]) {
    test(`the ${where} segment of a log is ${name}`, async (t) => {
      const bus = await filled(t);
      await change(bus, key, damages[name]);
      await isCorrupt(() => bus.log.read({ limit: 5000 }), first, last, "reading all");
      await isCorrupt(() => bus.log.read({ limit: 5000, reverse: true }), first, last, "reading back");
      equal(await bus.publish(created()).committed, 3001, "the next number");
      same(numbers(await bus.log.read({ from: 3001 })), [3001]);
      equal((await bus.log.read({ from: 1001, to: 2000 })).length, 1000, "the rest");
    }, { skip });
  }
}

test("what is removed where a read begins or ends is corrupt, whatever it reads of the rest", async (t) => {
  const bus = await filled(t);
  await bus.log.trim(1001);
  await change(bus, 1001, damages.removed);
  await isCorrupt(() => bus.log.read({ to: 1500 }), 1001, 2000, "reading up to it");
  await change(bus, 2001, damages.removed);
  await isCorrupt(() => bus.log.read(), 1001, 3000, "reading");
  await isCorrupt(() => bus.log.read({ reverse: true }), 1001, 3000, "reading back");
}, { skip });

test("segments of the same log that have changed places are corrupt", async (t) => {
  const bus = await filled(t);
  const [one, two] = [await load(bus, 1), await load(bus, 1001)];
  await save(bus, 1, two);
  await save(bus, 1001, one);
  await isCorrupt(() => bus.log.read({ limit: 1 }), 1, 1000, "the first");
  await isCorrupt(() => bus.log.read({ from: 1001, limit: 1 }), 1001, 2000, "the second");
  equal((await bus.log.read({ from: 2001 })).length, 1000, "the third");
}, { skip });

for (const [name, kept] of [["a text", 1001], ["flipped in its length", 1001], ["removed", 1]]) {
  test(`a segment that is ${name} can be trimmed, with what is before it`, async (t) => {
    const bus = await filled(t);
    await change(bus, 1001, damages[name]);
    equal(await bus.log.trim(2000), kept, "trimming into it");
    equal(await bus.log.trim(2001), 2001, "trimming up to its end");
    same(await keys(bus), [2001], "what is stored");
    same(numbers(await bus.log.read({ limit: 5000 })), range(2001, 3000));
    equal(await bus.publish(created()).committed, 3001, "the next number");
    equal(await bus.log.trim(3002), undefined, "trimming everything");
    same(await bus.log.stats(), { events: 0, bytes: 0, segments: 0, lastSeqNo: 3001 });
  }, { skip });
}

test("the last segment can be trimmed when it is damaged, and numbers go on", async (t) => {
  const bus = await filled(t);
  await change(bus, 2001, damages["a text"]);
  equal(await bus.log.trim(3001), undefined, "the first number");
  equal(await bus.publish(created()).committed, 3001, "the next number");
  same(numbers(await bus.log.read()), [3001]);
}, { skip });

test("an id is still known when another segment is damaged; one that was lost may be stored again", async (t) => {
  const bus = await filled(t);
  const known = (await bus.log.read({ from: 700, limit: 1 }))[0].id;
  const lost = (await bus.log.read({ from: 1700, limit: 1 }))[0].id;
  await change(bus, 1001, damages["flipped in its last byte"]);
  const again = await t.reopen(bus);
  equal(await again.publish(created(), { id: known }).committed, 700, "the number of the id that is known");
  equal(await again.publish(created("again"), { id: lost }).committed, 3001, "the number of the id that was lost");
  equal(await again.publish(created(), { id: lost }).committed, 3001, "the same");
  await isCorrupt(() => again.log.read({ from: 1001 }), 1001, 2000, "reading it");
}, { skip });

for (const name of ["flipped in its last byte", "removed"]) {
  test(`merging leaves a small segment that is ${name} as it is, and merges the others`, async (t) => {
    const bus = await t.open();
    for (let n = 1; n <= 62; n++) await bus.publish(created({ n })).committed;
    for (const key of [30, 60, 61]) await change(bus, key, damages[name]);
    const before = await load(bus, 30);
    for (let n = 63; n <= 1200; n += 10) await bus.publishAll(many(10, n)).at(-1).committed;
    // FORMAT.md: the last number that is settled is at offset 64 of the head.
    const head = async () => new DataView((await within(bus.name, "meta", (store) => store.get("head"))).buffer);
    for (let looks = 0; (await head()).getBigUint64(64, true) < 1000n; looks++) ok(looks < 1000, "nothing is merged");
    const there = name === "removed" ? [1, 31, 62] : [1, 30, 31, 60, 61, 62];
    same((await keys(bus)).slice(0, there.length), there, "the first segments");
    same(await load(bus, 30), before, "the damaged segment");
    for (const [from, to] of [[1, 29], [31, 59], [62, 1202]]) {
      const read = await bus.log.read({ from, to, limit: 2000 });
      same(numbers(read), range(from, to), "numbers");
      same(payloads(read), range(from, to).map((n) => ({ n })), "payloads");
    }
    await isCorrupt(() => bus.log.read(), 30, 30, "reading a damaged one");
    await isCorrupt(() => bus.log.read({ from: 60 }), 60, name === "removed" ? 61 : 60, "reading damaged neighbours");
    equal(await bus.publish(created()).committed, 1203, "the next number");
  }, { skip });
}

test("retention forgets a damaged segment in its turn", async (t) => {
  const bus = await filled(t);
  await change(bus, 1, damages["a text"]);
  const keeping = await t.open({ retention: { maxEvents: 1500 } });
  for (let looks = 0; (await keeping.log.firstSeqNo()) === 1 && looks < 20; looks++) {
    await keeping.publishAll(many(1000)).at(-1).committed;
  }
  equal((await keys(bus)).includes(1), false, "whether it is still stored");
}, { skip });

test("a time is found around a damaged segment, and not passed over in it", async (t) => {
  const bus = await t.open();
  const at = (n) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();
  await bus.log.append(range(1, 5000).map((n) => ({ id: uuid(), timestamp: at(n), event: created(n) })));
  await change(bus, 2001, damages["flipped in its first byte"]);
  const first = async (n) => {
    const iterator = bus.log.subscribe("c", { time: at(n) });
    const next = iterator.next().finally(() => iterator.return());
    return (await next).value.seq_no;
  };
  for (const n of [1, 1000, 1001, 2000, 4001, 5000]) equal(await first(n), n, `the first event at or after ${at(n)}`);
  await isCorrupt(() => first(2500), 2001, 3000, "a time in the damaged segment");
  // Clocks differ: an event with this time may be in the damaged segment, before the one that can be read.
  await isCorrupt(() => first(3500), 2001, 3000, "a time in the segment behind it");
  await isCorrupt(() => bus.log.seek("c", { time: at(2500) }), 2001, 3000, "seeking it");
}, { skip });

for (const [name, value] of [["removed", undefined], ["of a wrong type", { incarnation: "?", first: 1 }], ["changed", null]]) {
  test(`a log whose head is ${name} is corrupt and stays as it is`, async (t) => {
    const bus = await filled(t);
    const head = await within(bus.name, "meta", (store) => store.get("head"));
    await within(bus.name, "meta", (store) => (value === undefined ? store.delete("head") : store.put(value ?? head.with(24, head[24] ^ 2), "head")));
    const damaged = await within(bus.name, "meta", (store) => store.get("head"));
    await rejects(() => bus.publish(created()).committed, "corrupt", "publishing");
    await rejects(() => bus.log.read(), "corrupt", "reading");
    await rejects(() => bus.log.trim(1001), "corrupt", "trimming");
    await bus.close();
    await rejects(() => t.open(), "corrupt", "opening");
    same(await keys(bus), [1, 1001, 2001], "what is stored");
    same(await within(bus.name, "meta", (store) => store.get("head")), damaged, "the head");
    // Only a person can put it right, and then nothing is lost.
    await within(bus.name, "meta", (store) => store.put(head, "head"));
    const again = await t.open();
    same(numbers(await again.log.read({ limit: 5000 })), range(1, 3000));
  }, { skip });
}

test("a consumer whose position is damaged is named, and can be deleted", async (t) => {
  const bus = await filled(t);
  await bus.log.ack("c", 10);
  await bus.log.ack("d", 20);
  await within(bus.name, "consumers", (store) => store.put({ next: -1 }, "c"));
  const error = await rejects(() => bus.log.consumers(), "corrupt");
  ok(error.message.includes('"c"'), error.message);
  await rejects(() => bus.log.ack("c", 11), "corrupt");
  await rejects(() => bus.log.subscribe("c", "last_acknowledged").next(), "corrupt");
  equal(await bus.log.deleteConsumer("c"), true, "whether it was there");
  same(await bus.log.consumers(), [{ name: "d", lastAcked: 20, lag: 2980 }]);
  await bus.log.ack("c", 11);
}, { skip });

test("an exclusive subscription that fails before anybody reads it tells its first reader, once", async (t) => {
  const bus = await filled(t);
  await bus.log.ack("c", 10);
  await within(bus.name, "consumers", (store) => store.put({ next: -1 }, "c"));
  const iterator = bus.log.subscribe("c", "beginning", { exclusive: true });
  while (bus.receiverCount > 0) await nextTask();
  await rejects(() => iterator.next(), "corrupt");
  same(await iterator.next(), { value: undefined, done: true });
}, { skip: (host) => skip(host) ?? withoutLocks(host) });
