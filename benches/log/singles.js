// Rows about a log that was written one event at a time.
import { eventsOf } from "../page/events.js";
import { expect, once, timed } from "../page/work.js";
import * as everbus from "./everbus.js";

const SINGLES = "one at a time, each awaited";
const BULK = "in bulk";

/** `count` events published one at a time, each awaited, against the same in bulk: what is left of it, once merged. */
export function singles(count) {
  const makers = {
    [SINGLES]: once(() =>
      filled(count, async (bus, events) => {
        for (const event of events) await bus.publish(event).committed;
        await untilMerged(bus);
      }),
    ),
    [BULK]: once(() => filled(count, everbus.publish)),
  };
  const row = (what, unit, measure) => ({
    name: `${what} of a log of ${count.toLocaleString("en")} events that were published`,
    unit,
    contestants: Object.entries(makers).map(([name, make]) => ({
      name,
      events: unit === "ms" ? count : 1,
      open: async () => everbus.open(await make()),
      measure,
      close: (bus) => bus.close(),
      targets: name === SINGLES ? [{ against: BULK, atMost: { chromium: 2, firefox: 2 } }] : [],
    })),
  });
  return [
    row("replay", "ms", async (bus) => {
      let last = 0;
      const time = await timed(async () => {
        for (let from = 1; from <= count; from += 1000) {
          for (const { seq_no } of await bus.log.read({ from, limit: 1000 })) expect(seq_no, ++last, "the next number");
        }
      });
      expect(last, count, "the last number");
      return time;
    }),
    row("bytes", "bytes", async (bus) => (await bus.log.stats()).bytes),
    row("segments", "segments", async (bus) => (await bus.log.stats()).segments),
  ];
}

/** The name of a bus, closed again, whose log holds `count` events. It goes with the browser's profile. */
async function filled(count, publish) {
  const bus = await everbus.openFresh();
  await publish(bus, eventsOf(count));
  expect(await bus.log.lastSeqNo(), count, "stored events");
  await bus.close();
  return bus.name;
}

/** Resolves once the number of segments has stayed the same for a second: merging goes on in the background. */
async function untilMerged(bus) {
  for (let before; ; ) {
    const { segments } = await bus.log.stats();
    if (segments === before) return;
    before = segments;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
