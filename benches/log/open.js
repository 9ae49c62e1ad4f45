// The row about opening.
import { median } from "../median.js";
import { eventsOf } from "../page/events.js";
import { timed } from "../page/work.js";
import * as everbus from "./everbus.js";

/** Opening a log of `many` events, the median of `times`, against one of `few`. */
export function opening(few, many, times) {
  const nameOf = (count) => `everbus, ${count.toLocaleString("en")} events`;
  const contestant = (count) => ({
    name: nameOf(count),
    async open() {
      const bus = await everbus.openFilled(eventsOf(count));
      await bus.close();
      return bus;
    },
    async measure({ name }) {
      const opened = [];
      for (let i = 0; i < times; i++) {
        let bus;
        opened.push(await timed(async () => (bus = await everbus.open(name))));
        await bus.close();
      }
      return median(opened);
    },
    close: everbus.remove,
  });
  return {
    name: `open, median of ${times}`,
    contestants: [
      { ...contestant(many), targets: [{ against: nameOf(few), atMost: { chromium: 1.5, firefox: 1.5 } }] },
      contestant(few),
    ],
  };
}
