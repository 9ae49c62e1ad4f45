// The package, used as its README says.
import { deleteBus, openBus } from "everbus";
import { expect, nextTask } from "../page/work.js";

// A failure in the background fails the bench.
const options = { log: "indexeddb", onError: reportError };
let count = 0;

export const open = (name) => openBus(name, options);

export const openFresh = () => open(`bench ${++count}`);

export async function remove(bus) {
  await bus.close();
  await deleteBus(bus.name);
}

/** Publishes as an application with much to say does, which lets the page live, and waits until all is durable. */
export async function publish(bus, events) {
  for (let i = 0; i < events.length; i++) {
    bus.publish(events[i]);
    if (i % 1000 === 999) await nextTask();
  }
  await bus.flush();
}

/** A log with these events, opened again after they were written. */
export async function openFilled(events) {
  const bus = await openFresh();
  await publish(bus, events);
  await bus.close();
  const again = await open(bus.name);
  expect(await again.log.lastSeqNo(), events.length, "stored events");
  return again;
}
