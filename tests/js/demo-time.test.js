// The demo's traffic, and travelling in time: what is seen is compared with a count over the log itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serveDemo, show } from "./demo/site.js";
import { browse, profile } from "./engines/visits.js";

serveDemo();

const limit = { timeout: 180_000 };
const grouped = (n) => n.toLocaleString("en-US");

/** What there is of each type after an event, by counting what was created and deleted. */
const countUpTo = async ({ bus }, last) => {
  const counts = { airport: 0, route: 0, flight: 0 };
  for (let from = 1; from <= last; from += 10_000) {
    for (const { event } of await bus.log.read({ from, to: Math.min(last, from + 9999), limit: 10_000 })) {
      counts[event.entity_type ?? event.link_type] += { created: 1, updated: 0, deleted: -1 }[event.action];
    }
  }
  return counts;
};

async function isAt(demo, seqNo) {
  await demo.page.waitForFunction((start) => document.querySelector('[data-testid="time-text"]').textContent.startsWith(start), `Event ${grouped(seqNo)}, `);
  const { airport, route, flight } = await demo.withBus(countUpTo, seqNo);
  await demo.counts(grouped(airport), grouped(route), grouped(seqNo));
  await demo.shows("flight-count", grouped(flight));
}

async function streamed(t) {
  const demo = await show(await browse(t, await profile(t)));
  await demo.part("stream").click();
  await demo.counts("3,376", "5,366", "8,742");
  return demo;
}

/** Lets the traffic run until so many events are in the log, and then all flights land. */
async function fly(demo, events) {
  await demo.part("speed").fill("11");
  await demo.part("traffic").click();
  await demo.page.waitForFunction(
    (least) => Number(document.querySelector('[data-testid="event-count"]').textContent.replaceAll(",", "")) >= least,
    events,
  );
  await demo.photograph("traffic");
  await demo.part("traffic").click();
  await demo.shows("flight-count", "0");
}

test("flights depart and land, and none is left in the air when the traffic has stopped", limit, async (t) => {
  const demo = await streamed(t);
  await fly(demo, 12_000);
  const last = await demo.withBus(({ bus }) => bus.log.lastSeqNo());
  assert.equal((await demo.withBus(countUpTo, last)).flight, 0);
  await demo.isWell();
});

test("a reload in the midst of the traffic leaves flights in the air, which the next traffic lands", limit, async (t) => {
  const demo = await streamed(t);
  await demo.part("traffic").click();
  await demo.page.waitForFunction(() => Number(document.querySelector('[data-testid="flight-count"]').textContent) > 20);
  await demo.page.reload();
  await demo.live();
  assert.notEqual(await demo.part("flight-count").textContent(), "0");
  await demo.part("traffic").click();
  await demo.part("traffic").click();
  await demo.shows("flight-count", "0");
  await demo.isWell();
});

test("the picture is what it was after any event, forth and back, and then live again with what came meanwhile", limit, async (t) => {
  const demo = await streamed(t);
  await fly(demo, 15_000);
  const last = await demo.withBus(({ bus }) => bus.log.lastSeqNo());
  for (const seqNo of [1, last - 1, 4000, 4001, 3999, 8742, 2, 12_345, 0]) {
    await demo.part("time").fill(String(seqNo));
    if (seqNo > 0) await isAt(demo, seqNo);
    if (seqNo === 4000) await demo.photograph("past");
  }
  await demo.counts("0", "0", "0");
  // Meanwhile the present goes on.
  await demo.withBus(async ({ bus, entity }, code) => {
    const data = { code, name: "Alpha Field", city: "", state: "", latitude: 39, longitude: -98 };
    await bus.publish(entity.created("airport", data)).committed;
  }, "ZZA");
  await demo.page.waitForFunction((later) => document.querySelector('[data-testid="time-text"]').textContent.includes(later), `${grouped(last + 1)} later`);
  await demo.counts("0", "0", "0");
  await demo.part("back").click();
  await demo.counts("3,377", "5,366", grouped(last + 1));
  await demo.isWell();
});

test("playing goes through every event, and ends live", limit, async (t) => {
  const demo = await streamed(t);
  await demo.part("time").fill("3000");
  await isAt(demo, 3000);
  await demo.part("pace").selectOption("500");
  await demo.part("play").click();
  await demo.page.waitForFunction(() => !document.querySelector('[data-testid="time-text"]').textContent.startsWith("Event 3,000"));
  await demo.part("play").click();
  const shown = await demo.part("time-text").textContent();
  const paused = Number(/^Event ([\d,]+)/.exec(shown)[1].replaceAll(",", ""));
  assert.ok(paused > 3000 && paused < 8742, shown);
  await isAt(demo, paused);
  await demo.part("pace").selectOption("10000");
  await demo.part("play").click();
  await demo.shows("time-text", "Event 8,742: now");
  await demo.counts("3,376", "5,366", "8,742");
  await demo.isWell();
});

test("who travels while the log is forgotten is back in the present", limit, async (t) => {
  const demo = await streamed(t);
  await demo.part("time").fill("3000");
  await isAt(demo, 3000);
  await demo.turnTo("accidents");
  await demo.part("forget").click();
  await demo.part("forget-confirm").click();
  await demo.counts("0", "0", "0");
  await demo.shows("time-text", "Nothing to travel to yet");
  await demo.isWell();
});
