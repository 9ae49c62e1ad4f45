import { equal, rejects, same } from "./assert.js";
import { ID, committed, created, linked, many, numbers, payloads, range } from "./fixtures.js";
import { test } from "./registry.js";

test("an empty log has no first, no last, and nothing to read", async (t) => {
  const bus = await t.open();
  equal(await bus.log.firstSeqNo(), undefined, "first number");
  equal(await bus.log.lastSeqNo(), undefined, "last number");
  same(await bus.log.read(), []);
  same(await bus.log.read({ reverse: true }), []);
  same(await bus.log.consumers(), []);
});

test("read gives pages by from, to, limit and reverse", async (t) => {
  const bus = await t.open();
  await committed(many(30).map((event) => bus.publish(event)));
  await committed(bus.publishAll(many(2470, 31)));
  same([await bus.log.firstSeqNo(), await bus.log.lastSeqNo()], [1, 2500]);
  const pages = [
    [undefined, range(1, 1000)],
    [{}, range(1, 1000)],
    [{ from: 2001 }, range(2001, 2500)],
    [{ from: 1, to: 1 }, [1]],
    [{ from: 995, to: 1005 }, range(995, 1005)],
    [{ from: 25, to: 35 }, range(25, 35)],
    [{ from: 10, limit: 3 }, [10, 11, 12]],
    [{ limit: 5000 }, range(1, 2500)],
    [{ to: 3 }, [1, 2, 3]],
    [{ to: 0 }, []],
    [{ reverse: true, to: 0 }, []],
    [{ from: 2499, to: 9999 }, [2499, 2500]],
    [{ from: 2501 }, []],
    [{ from: 20, to: 10 }, []],
    [{ reverse: true, limit: 3 }, [2500, 2499, 2498]],
    [{ reverse: true }, range(1501, 2500).reverse()],
    [{ reverse: true, from: 8, to: 12, limit: 3 }, [12, 11, 10]],
    [{ reverse: true, from: 8, to: 12 }, [12, 11, 10, 9, 8]],
  ];
  for (const [options, expected] of pages) {
    const page = await bus.log.read(options);
    same(numbers(page), expected, JSON.stringify(options));
    same(payloads(page), expected.map((n) => ({ n })), JSON.stringify(options));
  }
});

test("read takes a filter, and its limit counts what matches", async (t) => {
  const bus = await t.open();
  for (const n of range(1, 3000)) bus.publish(n % 700 === 0 ? linked({ n }) : created(n, n % 3 === 0 ? "third" : "order"));
  await bus.flush();
  same(numbers(await bus.log.read({ filter: { kind: "link" } })), [700, 1400, 2100, 2800]);
  same(numbers(await bus.log.read({ filter: { touches: ID.cup }, from: 701, limit: 2 })), [1400, 2100]);
  same(numbers(await bus.log.read({ filter: { kind: "link" }, reverse: true, limit: 2 })), [2800, 2100]);
  same(numbers(await bus.log.read({ filter: { entity_type: "third" }, from: 4, limit: 2 })), [6, 9]);
  same(await bus.log.read({ filter: { entity_type: "none" } }), []);
});

test("what has been committed can be read, in whatever portions it was written", async (t) => {
  const bus = await t.open();
  let written = 0;
  for (const size of [1, 999, 1, 1000, 1001, 2, 500]) {
    await committed(bus.publishAll(many(size, written + 1)));
    written += size;
    equal(await bus.log.lastSeqNo(), written, "last number");
  }
  for (const from of [1, 500, 1000, 1001, 1002, 2001, 2002, 3002, 3003, 3004, 3504]) {
    same(payloads(await bus.log.read({ from, limit: 3 })), range(from, Math.min(from + 2, written)).map((n) => ({ n })), `from ${from}`);
  }
});

test("lone publishes in a row read as one log", async (t) => {
  let bus = await t.open();
  for (const n of range(1, 300)) equal(await bus.publish(created(n)).committed, n, "number");
  same(payloads(await bus.log.read()), range(1, 300));
  bus = await t.reopen(bus);
  same(payloads(await bus.log.read({ from: 100, to: 200 })), range(100, 200));
});

const wrong = {
  "from 1.5": { from: 1.5 },
  "a from that is no number": { from: "1" },
  "a from that is a bigint": { from: 1n },
  "a negative from": { from: -1 },
  "a to that is NaN": { to: NaN },
  "a negative limit": { limit: -1 },
  "limit 0.5": { limit: 0.5 },
  "a limit that is no number": { limit: "10" },
  "a reverse that is no boolean": { reverse: "yes" },
  "a misspelt option": { form: 3 },
  "options that are no object": 5,
};
for (const [name, options] of Object.entries(wrong)) {
  test(`read refuses ${name}`, async (t) => {
    const bus = await t.open();
    await bus.publish(created()).committed;
    await rejects(() => bus.log.read(options), ["invalid_option", "invalid_position"]);
    equal((await bus.log.read()).length, 1, "events");
  });
}
