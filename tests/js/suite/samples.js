// One table of good and bad events and filters, which the Rust tests read too: both validators are held equal.
import { EverbusError } from "./everbus.js";
import { equal, ok, rejects, same, throws } from "./assert.js";
import { collector, ndjson, uuid } from "./fixtures.js";
import { test } from "./registry.js";

const events = async (t) => ndjson(await t.readText("samples/events.ndjson"));
const filters = async (t) => ndjson(await t.readText("samples/filters.ndjson"));

test("every good sample event is published and read back, every bad one refused", async (t) => {
  const bus = await t.open();
  const mistakes = [];
  const good = [];
  for (const sample of await events(t)) {
    try {
      bus.publish(sample.event);
      if (sample.ok) good.push(sample);
      else mistakes.push(`${sample.name}: was accepted`);
    } catch (error) {
      if (sample.ok) mistakes.push(`${sample.name}: ${error}`);
      else if (!(error instanceof EverbusError && error.code === "invalid_event")) mistakes.push(`${sample.name}: ${error.code} ${error}`);
    }
  }
  same(mistakes, []);
  await bus.flush();
  const stored = await bus.log.read();
  equal(stored.length, good.length, "stored events");
  for (const [i, { event }] of stored.entries()) {
    for (const key of Object.keys(event)) {
      const sent = good[i].event[key] ?? null;
      same(event[key], key.endsWith("_id") ? sent.toLowerCase() : sent, `${good[i].name}: ${key}`);
    }
  }
});

test("append judges the sample events as publish does", async (t) => {
  const bus = await t.open();
  for (const { name, ok: good, event } of await events(t)) {
    const envelope = { id: uuid(), timestamp: "2026-11-23T08:32:21.566Z", event };
    if (good) await bus.log.append([envelope]);
    else await rejects(() => bus.log.append([envelope]), "invalid_event", name);
  }
});

test("every good sample filter matches exactly what it says: live, immediate, iterated, read and resumed", async (t) => {
  const bus = await t.open();
  const good = (await events(t)).filter((sample) => sample.ok);
  const wanted = (await filters(t)).filter((sample) => sample.ok);
  const last = { kind: "entity", action: "created", entity_type: "the last", entity_id: uuid(), data: null };
  const views = wanted.map(({ name, filter, matches }) => {
    const [live, immediate] = [collector(), collector()];
    bus.subscribe(filter, live);
    bus.subscribe(filter, immediate, { deliver: "immediate" });
    return { name, filter, matches, live, immediate, iterator: bus.events(filter) };
  });
  const all = collector();
  bus.subscribe(all);
  const names = new Map(good.map(({ name, event }) => [bus.publish(event).id, name]));
  await all.until(good.length);
  for (const { name, filter, matches, live, immediate, iterator } of views) {
    const named = (envelopes) => envelopes.map((envelope) => names.get(envelope.id));
    same(named(live.got), matches, `${name}: live`);
    same(named(immediate.got), matches, `${name}: immediate`);
    same(named(await bus.log.read({ filter })), matches, `${name}: read`);
    same(named(await bus.log.read({ filter, reverse: true })), [...matches].reverse(), `${name}: read in reverse`);
    same(named(await take(iterator, matches.length)), matches, `${name}: iterated`);
    const resumed = bus.log.subscribe(name, "beginning", { filter });
    same(named(await take(resumed, matches.length)), matches, `${name}: resumed`);
    await iterator.return();
    await resumed.return();
  }
  await bus.publish(last).committed;
});

test("every bad sample filter is refused by every call that takes one", async (t) => {
  const bus = await t.open();
  const subscriber = collector();
  for (const { name, filter } of (await filters(t)).filter((sample) => !sample.ok)) {
    throws(() => bus.subscribe(filter, subscriber), "invalid_filter", `subscribe, ${name}`);
    throws(() => bus.events(filter), "invalid_filter", `events, ${name}`);
    throws(() => bus.log.subscribe("c", "beginning", { filter }), "invalid_filter", `log.subscribe, ${name}`);
    await rejects(() => bus.log.read({ filter }), "invalid_filter", `log.read, ${name}`);
  }
  equal(bus.receiverCount, 0, "receivers");
  await bus.publish((await events(t)).find((sample) => sample.ok).event).committed;
  ok(subscriber.got.length === 0, "a refused subscription got an event");
});

async function take(iterator, count) {
  const envelopes = [];
  while (envelopes.length < count) envelopes.push((await iterator.next()).value);
  return envelopes;
}
