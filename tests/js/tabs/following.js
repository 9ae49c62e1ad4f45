// Two tabs: one that follows a log in every way there is, and one that writes.
import assert from "node:assert/strict";
import { until } from "../engines/realm.js";
import { range } from "../suite/fixtures.js";

/** In a page: a bus, and what its subscriber, its iterator and its consumer get. */
export const follow = async (options) => {
  globalThis.bus = await everbus.openBus("shop", options);
  globalThis.got = { subscriber: [], iterator: [], consumer: [] };
  bus.subscribe(({ seq_no }) => got.subscriber.push(seq_no));
  const keep = async (iterator, list) => {
    for await (const { seq_no } of iterator) list.push(seq_no);
  };
  void keep(bus.events(), got.iterator);
  void keep(bus.log.subscribe("reader", "beginning"), got.consumer);
};

/** In a page that follows. */
export const hasAll = (count) => Object.values(globalThis.got).every((list) => list.length >= count);

/** In a page: commits one by one. */
export const write = async (count) => {
  globalThis.bus ??= await everbus.openBus("shop");
  for (let n = 0; n < count; n++) await bus.publish(created(n)).committed;
};

/** A page that follows has each of `count` events once, and in order. */
export async function hasExactly(reader, count) {
  await until(reader, hasAll, count);
  for (const [who, numbers] of Object.entries(await reader.evaluate(() => got))) assert.deepEqual(numbers, range(1, count), who);
}

/** A reader and a writer. */
export async function twoTabs({ visit }) {
  return [await visit(), await visit()];
}
