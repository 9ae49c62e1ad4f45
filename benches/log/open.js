// The row about opening.
import { median } from "../median.js";
import { eventsOf } from "../page/events.js";
import { timed } from "../page/work.js";
import * as everbus from "./everbus.js";

/**
 * Opening a log of `many` events, and the one that `makeLong` makes at the first need, against one of `few`: the median
 * of `times`.
 */
export function opening(few, many, long, makeLong, times) {
  const nameOf = (count) => `everbus, ${count.toLocaleString("en")} events`;
  const measure = async ({ name }) => {
    const opened = [];
    for (let i = 0; i < times; i++) {
      let bus;
      opened.push(await timed(async () => (bus = await everbus.open(name))));
      await bus.close();
    }
    return median(opened);
  };
  const fresh = (count) => ({
    name: nameOf(count),
    async open() {
      const bus = await everbus.openFilled(eventsOf(count));
      await bus.close();
      return bus;
    },
    measure,
    close: everbus.remove,
  });
  const targets = [{ against: nameOf(few), atMost: { chromium: 1.5, firefox: 1.5 } }];
  return {
    name: `open, median of ${times}`,
    contestants: [
      {
        name: nameOf(long),
        open: async () => ({ name: (await makeLong()).busName }),
        measure,
        close() {},
        targets,
      },
      { ...fresh(many), targets },
      fresh(few),
    ],
  };
}
