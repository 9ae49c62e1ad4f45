// Payloads are JSON, and nothing but.
import { equal, ok, same } from "./assert.js";
import { collector, created, linked } from "./fixtures.js";
import { test } from "./registry.js";

const odd = {
  "plain values": [null, true, false, 0, "", [], {}, [[]], { a: {} }],
  "numbers at the edges": [2 ** 53, -(2 ** 53), 1.7976931348623157e308, 5e-324, 0.1, 1e21, 1e-7, -1.5],
  "every kind of character": ["\u0000", "\u001f", "\u007f", "\u0085", "\u2028\u2029", "\ufeff", "\uffff", "é", "e\u0301", "☃", "😀", "👩‍👩‍👧", "\u202e", "\\\"/\b\f\n\r\t", "</script>", "\\u0041"],
  "lone surrogates": ["\ud800", "\udfff", "a\ud83d", "\ude00b", "\ude00\ud83d"],
  "odd keys": [{ "": 1, " ": 2, "\u0000": 3, "😀": 4, "\ud800": 5, "a.b": 6, "0": 7, "-1": 8 }],
  "text that looks like separators": ["],[", '","', "}{", "[null]", ",", '"'],
  "long text": ["x".repeat(100_000), "é".repeat(50_000), "😀".repeat(25_000), "\n".repeat(10_000)],
};
for (const [name, values] of Object.entries(odd)) {
  test(`payloads and meta keep ${name}`, async (t) => {
    let bus = await t.open();
    const subscriber = collector();
    bus.subscribe(subscriber);
    for (const value of values) bus.publish(created(value), { meta: { value } });
    for (const value of values) bus.publish(linked(value));
    const got = await subscriber.until(values.length * 2);
    bus = await t.reopen(bus);
    const stored = await bus.log.read();
    for (const found of [got, stored]) {
      same(found.map((e) => e.event.data ?? e.event.metadata ?? null), [...values, ...values]);
      same(found.slice(0, values.length).map((e) => e.meta), values.map((value) => ({ value })));
    }
  });
}

test("__proto__ and the like are data as keys", async (t) => {
  const bus = await t.open();
  const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x","hasOwnProperty":1,"valueOf":null}';
  const subscriber = collector();
  bus.subscribe(subscriber);
  await bus.publish(created(JSON.parse(text)), { meta: JSON.parse(text) }).committed;
  const [live] = await subscriber.until(1);
  const [stored] = await bus.log.read();
  for (const { event, meta } of [live, stored]) {
    same(event.data, JSON.parse(text));
    same(meta, JSON.parse(text));
    ok(Object.hasOwn(event.data, "__proto__"), "__proto__ is no own key");
    equal(Object.getPrototypeOf(event.data), Object.prototype, "prototype");
  }
  equal({}.polluted, undefined, "every object's polluted");
});

test("__proto__ and the like are names as types, consumers and buses", async (t) => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "length"];
  const bus = await t.open({}, "__proto__");
  const subscribers = names.map((name) => {
    const subscriber = collector();
    bus.subscribe({ entity_type: name }, subscriber);
    return subscriber;
  });
  for (const name of names) bus.publish(created(name, name));
  await bus.flush();
  for (const [i, name] of names.entries()) {
    same((await subscribers[i].until(1)).map((e) => e.event.data), [name]);
    same((await bus.log.read({ filter: { entity_type: name } })).map((e) => e.event.data), [name]);
    await bus.log.ack(name, i + 1);
  }
  same((await bus.log.consumers()).map((c) => [c.name, c.lastAcked]).sort(), names.map((name, i) => [name, i + 1]).sort());
});

test("what JSON has no word for becomes what JSON.stringify makes of it", async (t) => {
  const bus = await t.open();
  await bus.publish(created({ nan: NaN, inf: Infinity, minus: -0, gone: undefined, fn() {}, list: [undefined, () => 1, NaN], date: new Date(0) })).committed;
  await bus.publish(created(NaN)).committed;
  same((await bus.log.read()).map((e) => e.event.data), [
    { nan: null, inf: null, minus: 0, list: [null, null, null], date: "1970-01-01T00:00:00.000Z" },
    null,
  ]);
});

test("later changes to what was published change nothing", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  bus.subscribe(subscriber);
  const data = { list: [1], deep: { a: 1 } };
  const meta = { actor: "ann" };
  const event = created(data);
  const batch = [created({ n: 1 }), created({ n: 2 })];
  bus.publish(event, { meta });
  bus.publishAll(batch);
  data.list.push(2);
  data.deep.a = "changed";
  meta.actor = "bob";
  event.entity_type = "changed";
  batch[0].data.n = "changed";
  batch.pop();
  const [one, two, three] = await subscriber.until(3);
  same([one.event, one.meta], [created({ list: [1], deep: { a: 1 } }), { actor: "ann" }]);
  same([two.event.data, three.event.data], [{ n: 1 }, { n: 2 }]);
  same(await bus.log.read(), [one, two, three]);
});

test("a payload may be nested a thousand deep", async (t) => {
  const bus = await t.open();
  const deep = JSON.parse("[".repeat(1000) + "]".repeat(1000));
  await bus.publish(created(deep)).committed;
  equal(JSON.stringify((await bus.log.read())[0].event.data), JSON.stringify(deep), "payload");
});

test("a payload may have 1 MiB of JSON", async (t) => {
  const bus = await t.open();
  const ascii = "x".repeat(1048576 - 2);
  const two = "é".repeat((1048576 - 2) / 2);
  await Promise.all([bus.publish(created(ascii)).committed, bus.publish(created(two)).committed]);
  const stored = await bus.log.read();
  ok(stored[0].event.data === ascii && stored[1].event.data === two, "the payloads differ");
});
