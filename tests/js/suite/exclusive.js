// Exclusive consumers within one realm: one subscription at a time, and nobody else acknowledges.
import { equal, ok, rejects, same, throws } from "./assert.js";
import { committed, many, nextTask, numbers, range, take, withoutLocks } from "./fixtures.js";
import { test as declare } from "./registry.js";

const exclusive = { exclusive: true };
const test = (name, body, { skip = () => undefined } = {}) => declare(name, body, { skip: (host) => withoutLocks(host) ?? skip(host) });

async function filled(t, count = 5) {
  const bus = await t.open();
  await committed(bus.publishAll(many(count)));
  return bus;
}

/** The next number of an iterator, as it comes: `{ value }` once it is there. */
function watch(iterator) {
  const seen = { value: undefined, done: undefined };
  seen.next = iterator.next().then(({ value, done }) => Object.assign(seen, { value: value?.seq_no, done }));
  return seen;
}

test("an exclusive subscription waits until the one before it has ended, and goes on after what that acknowledged", async (t) => {
  const one = await filled(t, 10);
  const two = await t.open();
  const first = one.log.subscribe("c", "beginning", exclusive);
  same(numbers(await take(first, 6)), range(1, 6));
  const second = two.log.subscribe("c", "beginning", exclusive);
  const waiting = watch(second);
  one.log.ack("c", 4);
  await first.return();
  await waiting.next;
  equal(waiting.value, 5, "first number of the second");
  same(numbers(await take(second, 5)), range(6, 10));
  await second.return();
});

test("a waiting subscription gets nothing", async (t) => {
  const bus = await filled(t);
  const first = bus.log.subscribe("c", "beginning", exclusive);
  await take(first, 1);
  const second = watch(bus.log.subscribe("c", "beginning", exclusive));
  await committed(bus.publishAll(many(3)));
  same(numbers(await take(first, 7)), range(2, 8));
  await nextTask();
  equal(second.value, undefined, "number of the second");
});

test("those who wait take over in the order in which they came, and one who gave up is passed over", async (t) => {
  const bus = await filled(t);
  const abort = new AbortController();
  const all = range(0, 3).map((i) => bus.log.subscribe("c", "beginning", { ...exclusive, signal: i === 1 ? abort.signal : undefined }));
  const seen = all.map(watch);
  await seen[0].next;
  abort.abort();
  await seen[1].next;
  equal(seen[1].done, true, "end of the one that was aborted");
  for (const i of [0, 2]) {
    bus.log.ack("c", i + 1);
    await all[i].return();
    const following = i === 0 ? 2 : 3;
    await seen[following].next;
    equal(seen[following].value, i + 2, `number of subscription ${following}`);
  }
});

test("closing a bus hands its consumers on, with what was acknowledged", async (t) => {
  const one = await filled(t);
  const two = await t.open();
  const first = one.log.subscribe("c", "beginning", exclusive);
  const second = watch(two.log.subscribe("c", "beginning", exclusive));
  for (const { seq_no } of await take(first, 3)) one.log.ack("c", seq_no);
  await one.close();
  await second.next;
  equal(second.value, 4, "first number of the second");
  ok((await first.next()).done, "the first has ended");
});

test("closing a bus gives out nothing more of a consumer that others wait for", async (t) => {
  const one = await filled(t);
  const two = await t.open();
  const first = one.log.subscribe("c", "beginning", exclusive);
  await take(first, 1);
  const second = watch(two.log.subscribe("c", "beginning", exclusive));
  await one.close();
  same(await first.next(), { value: undefined, done: true });
  await second.next;
  equal(second.value, 1, "number of the second, as nothing was acknowledged");
});

test("a subscription that has been left holds nothing any more, and what it acknowledged is made", async (t) => {
  const bus = await filled(t);
  let made = 0;
  for await (const { seq_no } of bus.log.subscribe("c", "beginning", exclusive)) {
    void bus.log.ack("c", seq_no).then(() => made++);
    if (seq_no === 2) break;
  }
  equal(made, 2, "acknowledgements made");
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 2, lag: 3 }]);
  same(await bus.log.subscribe("c", "beginning", exclusive).return(), { value: undefined, done: true });
});

test("a closed bus holds nothing any more", async (t) => {
  let bus = await filled(t);
  await take(bus.log.subscribe("c", "beginning", exclusive), 2);
  await bus.log.ack("c", 2);
  bus = await t.reopen(bus);
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 2, lag: 3 }]);
});

test("a bus whose subscription waits can be closed", async (t) => {
  const one = await filled(t);
  const two = await t.open();
  const first = one.log.subscribe("c", "beginning", exclusive);
  await take(first, 1);
  const second = watch(two.log.subscribe("c", "beginning", exclusive));
  await two.close();
  await second.next;
  equal(second.done, true, "end of the second");
  same(numbers(await take(first, 1)), [2]);
});

test("while a consumer is held, others can't acknowledge for it", async (t) => {
  const one = await filled(t);
  const two = await t.open();
  const first = one.log.subscribe("c", "beginning", exclusive);
  await take(first, 3);
  const error = await rejects(() => two.log.ack("c", 2), "conflict");
  same(error.cause, { epoch: 0, current: 1 });
  await one.log.ack("c", 3);
  same(await two.log.consumers(), [{ name: "c", lastAcked: 3, lag: 2, heldBy: one.origin }]);
  await first.return();
  await two.log.ack("c", 4);
  same(await two.log.consumers(), [{ name: "c", lastAcked: 4, lag: 1 }]);
});

test("what was given out before the subscription ended isn't acknowledged over the next one", async (t) => {
  const one = await filled(t);
  const two = await t.open();
  const first = one.log.subscribe("c", "beginning", exclusive);
  await take(first, 2);
  await first.return();
  const second = two.log.subscribe("c", "beginning", exclusive);
  await take(second, 1);
  const error = await rejects(() => one.log.ack("c", 2), "conflict");
  same(error.cause, { epoch: 1, current: 2 });
  // Also not once it has won the consumer again.
  two.log.ack("c", 1);
  await second.return();
  const third = one.log.subscribe("c", "beginning", exclusive);
  same(numbers(await take(third, 1)), [2]);
  await rejects(() => one.log.ack("c", 1), "conflict");
  await one.log.ack("c", 2);
  await third.return();
});

test("the latest for a new exclusive consumer is the end at the call", async (t) => {
  const bus = await filled(t);
  const iterator = bus.log.subscribe("c", "latest", exclusive);
  const got = watch(iterator);
  for (let n = 0; n < 2; n++) await committed(bus.publishAll(many(1)));
  await got.next;
  equal(got.value, 6, "first number");
  await iterator.return();
});

test("a consumer that was deleted after a trim starts anew at the first stored event after its latest", async (t) => {
  const bus = await t.open();
  const iterator = bus.log.subscribe("c", "latest", exclusive);
  bus.publishAll(many(1500));
  await take(iterator, 1500);
  await bus.log.trim(1001);
  await bus.log.deleteConsumer("c");
  await rejects(() => bus.log.ack("c", 1500), "conflict");
  same(numbers(await take(iterator, 2)), [1001, 1002]);
  await iterator.return();
});

for (const position of ["beginning", { sequence: 1 }, { sequence: 3 }]) {
  test(`an exclusive consumer goes on where it was put: ${JSON.stringify(position)}`, async (t) => {
    const bus = await filled(t);
    await bus.log.ack("c", 5);
    await bus.log.seek("c", position);
    const iterator = bus.log.subscribe("c", "latest", exclusive);
    equal((await iterator.next()).value.seq_no, position.sequence ?? 1, "first number");
    await iterator.return();
  });
}

test("a bus that has left a consumer may acknowledge what it wasn't given, as anybody may", async (t) => {
  const [one, two] = [await filled(t, 9), await t.open()];
  const first = one.log.subscribe("c", "beginning", exclusive);
  await take(first, 2);
  await one.log.ack("c", 2);
  await first.return();
  const second = two.log.subscribe("c", "beginning", exclusive);
  await take(second, 2);
  await rejects(() => one.log.ack("c", 3), "conflict");
  await two.log.ack("c", 3);
  await second.return();
  const plain = one.log.subscribe("c", "last_acknowledged");
  same(numbers(await take(plain, 2)), [4, 5]);
  await one.log.ack("c", 5);
  await plain.return();
  await rejects(() => one.log.ack("c", 2), "conflict");
  same(await one.log.consumers(), [{ name: "c", lastAcked: 5, lag: 4 }]);
});

test("acknowledgements are made, whatever keeps others from it that are refused", async (t) => {
  const [bus, holder] = [await filled(t), await t.open()];
  const held = holder.log.subscribe("held", "beginning", exclusive);
  await take(held, 1);
  navigator.locks.request = () => Promise.reject(new DOMException("not now", "InvalidStateError"));
  try {
    const outcomes = await Promise.allSettled([bus.log.ack("free", 3), bus.log.ack("held", 3)]);
    same(outcomes.map(({ reason }) => reason?.code ?? "made"), ["made", "conflict"]);
    await rejects(() => bus.log.subscribe("refused", "beginning", exclusive).next(), "unavailable");
  } finally {
    delete navigator.locks.request;
  }
  await held.return();
}, { skip: ({ log }) => (log === "indexeddb" ? undefined : "there are no locks of the platform") });

const starts = [["beginning", 1], ["latest", 6], [{ sequence: 3 }, 3], ["last_acknowledged", 1]];
for (const [position, first] of starts) {
  test(`a new exclusive consumer starts at ${JSON.stringify(position)}, and from then on where it got to`, async (t) => {
    let bus = await filled(t);
    const iterator = bus.log.subscribe("c", position, exclusive);
    const got = watch(iterator);
    // Once it is held.
    while ((await bus.log.consumers()).length === 0) await nextTask();
    await committed(bus.publishAll(many(1)));
    await got.next;
    equal(got.value, first, "first number");
    await iterator.return();
    bus = await t.reopen(bus);
    const again = bus.log.subscribe("c", "latest", exclusive);
    same(numbers(await take(again, 1)), [first], "first number again, as nothing was acknowledged");
    await again.return();
  });
}

test("an exclusive consumer takes a filter, and skips what was trimmed", async (t) => {
  const bus = await t.open();
  await committed(bus.publishAll(many(1500).map((event, i) => (i % 2 === 0 ? event : { ...event, entity_type: "person" }))));
  await bus.log.ack("c", 10);
  await bus.log.trim(1001);
  const failing = bus.log.subscribe("c", "beginning", exclusive);
  await rejects(() => failing.next(), "trimmed");
  const skipping = bus.log.subscribe("c", "beginning", { ...exclusive, onTrimmed: "skip", filter: { entity_type: "ord*" } });
  same(numbers(await take(skipping, 2)), [1001, 1003]);
  await skipping.return();
});

test("deleting a held consumer makes it start anew", async (t) => {
  const bus = await filled(t);
  const iterator = bus.log.subscribe("c", "beginning", exclusive);
  await take(iterator, 2);
  await bus.log.ack("c", 2);
  await bus.log.deleteConsumer("c");
  const error = await rejects(() => bus.log.ack("c", 2), "conflict");
  same(error.cause, { epoch: 1, current: 0 });
  same(numbers(await take(iterator, 2)), [1, 2]);
  await bus.log.ack("c", 1);
  same(await bus.log.consumers(), [{ name: "c", lastAcked: 1, lag: 4, heldBy: bus.origin }]);
  await iterator.return();
});

test("an exclusive subscription refuses what others refuse", async (t) => {
  const bus = await filled(t);
  throws(() => bus.log.subscribe("", "beginning", exclusive), "invalid_option");
  throws(() => bus.log.subscribe("c", "the end", exclusive), "invalid_position");
  throws(() => bus.log.subscribe("c", "beginning", { exclusive: 1 }), "invalid_option");
  same(await bus.log.consumers(), []);
  ok((await bus.log.subscribe("c", "beginning", { ...exclusive, signal: AbortSignal.abort() }).next()).done, "aborted at once");
  same(await bus.log.consumers(), []);
});

test("a bus that is called like a consumer's lock hears nothing of that", async (t) => {
  const bus = await filled(t);
  const iterator = bus.log.subscribe("c", "beginning", exclusive);
  await take(iterator, 1);
  const { name } = await t.open({}, JSON.stringify([bus.name, "c"]));
  const channel = new BroadcastChannel(`everbus:${name}`);
  const answers = [];
  const answered = new Promise((resolve) => {
    // Who holds the lock began to listen before the bus did, and would answer first.
    channel.onmessage = ({ data }) => answers.push(data) && data === "look" && resolve();
  });
  channel.postMessage("hello");
  await answered;
  channel.close();
  same(answers, ["look"]);
  await iterator.return();
}, { skip: ({ log }) => (log === "indexeddb" ? undefined : "a log in memory has no other tabs") });
