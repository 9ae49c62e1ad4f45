// Reading on without a name, and its end that can be seen.
import { equal, hasCode, rejects, same, throws } from "./assert.js";
import { committed, created, many, numbers, range, take } from "./fixtures.js";
import { test } from "./registry.js";

async function filled(t, count = 10) {
  const bus = await t.open();
  await committed(bus.publishAll(many(count)));
  return bus;
}

/** What is seen up to a number: what `follow` gives, each after `work` for it, and what `onCaughtUp` is told. */
async function readTo(last, follow, work = () => {}) {
  const seen = [];
  for await (const { seq_no } of await follow((seqNo) => seen.push(`caught up with ${seqNo}`))) {
    await work(seq_no);
    seen.push(seq_no);
    if (seq_no === last) break;
  }
  return seen;
}

/** What `onCaughtUp` is told by an iterator that has nothing to give. */
async function caughtUpWithoutAny(follow) {
  const told = await new Promise((resolve) => {
    const iterator = follow((seqNo) => resolve({ seqNo, iterator }));
    iterator.next();
  });
  await told.iterator.return();
  return told.seqNo;
}

for (const [name, position, first] of [["the beginning", "beginning", 1], ["latest, which is the default", undefined, 11], ["last_acknowledged, which is the beginning", "last_acknowledged", 1], ["a number", { sequence: 4 }, 4], ["a time", { time: 0 }, 1]]) {
  test(`log.follow starts at ${name}`, async (t) => {
    const bus = await filled(t);
    const iterator = bus.log.follow(position);
    bus.publishAll(many(5, 11));
    same(numbers(await take(iterator, 16 - first)), range(first, 15));
    await iterator.return();
  });
}

test("log.follow leaves no consumer behind", async (t) => {
  const bus = await filled(t);
  for (const position of ["beginning", "last_acknowledged", "latest", { sequence: 3 }, { time: 0 }]) {
    const iterator = bus.log.follow(position);
    bus.publish(created());
    await take(iterator, 1);
    await iterator.return();
  }
  same(await bus.log.consumers(), []);
});

test("log.follow filters, ends by its signal, and tells or skips what was trimmed", async (t) => {
  const bus = await filled(t, 2500);
  bus.publish(created("rare", "rare"));
  same(numbers(await take(bus.log.follow("beginning", { filter: { entity_type: "rare" } }), 1)), [2501]);
  const abort = new AbortController();
  const next = bus.log.follow("latest", { signal: abort.signal }).next();
  abort.abort();
  same(await next, { value: undefined, done: true });
  await bus.log.trim(1001);
  const error = await rejects(() => bus.log.follow({ sequence: 7 }).next(), "trimmed");
  same(error.cause, { requested: 7, first: 1001 });
  same(numbers(await take(bus.log.follow({ sequence: 7 }, { onTrimmed: "skip" }), 1)), [1001]);
});

const wrong = {
  "an unknown option": [["latest", { exclusive: true }], "invalid_option"],
  "an onCaughtUp that is no function": [["latest", { onCaughtUp: true }], "invalid_option"],
  "a name in place of a position": [["reader"], "invalid_position"],
  "a wrong filter": [["latest", { filter: { type: "order" } }], "invalid_filter"],
};
for (const [name, [args, code]] of Object.entries(wrong)) {
  test(`log.follow refuses ${name}`, async (t) => {
    const bus = await t.open();
    throws(() => bus.log.follow(...args), code);
    equal(bus.receiverCount, 0, "receivers");
  });
}

const ways = {
  "log.follow": (bus) => (position, options) => bus.log.follow(position, options),
  "log.subscribe": (bus) => (position, options) => bus.log.subscribe("c", position, options),
  "an exclusive log.subscribe": (bus) => (position, options) => bus.log.subscribe("c", position, { ...options, exclusive: true }),
};
for (const [name, way] of Object.entries(ways)) {
  test(`${name} tells once that everything stored was given: before what comes later`, async (t) => {
    const bus = await filled(t);
    const publish = (seqNo) => (seqNo === 10 || seqNo === 13) && committed(bus.publishAll(many(3, seqNo + 1)));
    const seen = await readTo(16, (onCaughtUp) => way(bus)("beginning", { onCaughtUp }), publish);
    same(seen, [...range(1, 10), "caught up with 10", ...range(11, 16)]);
  });

  test(`${name} has caught up, too, where there is nothing to give`, async (t) => {
    const empty = await t.open({}, `${t.busName} empty`);
    equal(await caughtUpWithoutAny((onCaughtUp) => way(empty)("beginning", { onCaughtUp })), 0, "an empty log");
    const bus = await filled(t, 2500);
    const cases = {
      "a filter that matches nothing": ["beginning", { filter: { entity_type: "nothing" } }],
      "the latest": ["latest", {}],
      "a number to come": [{ sequence: 4000 }, {}],
    };
    for (const [what, [position, options]] of Object.entries(cases)) {
      equal(await caughtUpWithoutAny((onCaughtUp) => way(bus)(position, { ...options, onCaughtUp })), 2500, what);
      await bus.log.deleteConsumer("c");
    }
    await bus.log.trim(2501);
    equal(await caughtUpWithoutAny((onCaughtUp) => way(bus)("beginning", { onTrimmed: "skip", onCaughtUp })), 2500, "all is trimmed");
  });
}

for (const name of ["log.follow", "log.subscribe"]) {
  for (const when of ["at once", "before it is read"]) {
    test(`what is published ${when} after ${name} isn't what it catches up with`, async (t) => {
      const bus = await filled(t);
      for (const position of ["beginning", "last_acknowledged", { sequence: 4 }]) {
        const last = await bus.log.lastSeqNo();
        const seen = await readTo(last + 3, async (onCaughtUp) => {
          const iterator = ways[name](bus)(position, { onCaughtUp });
          const receipts = bus.publishAll(many(3));
          if (when === "before it is read") await committed(receipts);
          return iterator;
        });
        same(seen.slice(-4), [`caught up with ${last}`, ...range(last + 1, last + 3)]);
      }
    });
  }
}

test("onCaughtUp comes after what a filter passes over, and before what comes later", async (t) => {
  const bus = await t.open();
  for (const n of range(1, 2500)) bus.publish(created(n, n === 2400 || n === 100 ? "rare" : "order"));
  await bus.flush();
  const seen = await readTo(2502, (onCaughtUp) => {
    const iterator = bus.log.follow("beginning", { filter: { entity_type: "rare" }, onCaughtUp });
    bus.publishAll([created(1), created(2, "rare")]);
    return iterator;
  });
  same(seen, [100, 2400, "caught up with 2500", 2502]);
});

test("what a loop's body does for the last stored event is done when onCaughtUp is called", async (t) => {
  const bus = await filled(t);
  const state = [];
  const drawn = await new Promise((resolve) => {
    (async () => {
      for await (const { seq_no } of bus.log.follow("beginning", { onCaughtUp: () => resolve([...state]) })) {
        await undefined;
        state.push(seq_no);
      }
    })();
  });
  same(drawn, range(1, 10));
});

test("onCaughtUp comes between two events of which one call waits for each", async (t) => {
  const bus = await filled(t, 2);
  const seen = [];
  const iterator = bus.log.follow("beginning", { onCaughtUp: (seqNo) => seen.push(`caught up with ${seqNo}`) });
  const calls = range(1, 4).map(() => iterator.next());
  bus.publishAll(many(2, 3));
  same((await Promise.all(calls)).map(({ value }) => value.seq_no), range(1, 4));
  same(seen, ["caught up with 2"]);
  await iterator.return();
});

const mistakes = { throws: () => { throw new Error("no"); }, "rejects with": () => Promise.reject(new Error("no")) };
for (const [how, onCaughtUp] of Object.entries(mistakes)) {
  test(`what onCaughtUp ${how} reaches onError, and the events go on`, async (t) => {
    const bus = await filled(t, 2);
    const iterator = bus.log.follow({ sequence: 2 }, { onCaughtUp });
    bus.publish(created());
    same(numbers(await take(iterator, 2)), [2, 3]);
    hasCode(await t.nextError(), "subscriber");
    await iterator.return();
  });
}

test("onCaughtUp may end its iterator, and close the bus", async (t) => {
  const bus = await filled(t, 2);
  for (const end of [(iterator) => iterator.return(), () => bus.close()]) {
    const iterator = bus.log.follow({ sequence: 2 }, { onCaughtUp: () => void end(iterator) });
    same(numbers(await take(iterator, 1)), [2]);
    same(await iterator.next(), { value: undefined, done: true });
  }
  equal(bus.receiverCount, 0, "receivers");
});
