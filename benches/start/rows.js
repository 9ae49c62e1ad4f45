// Rows about starting.
import { deleteBus } from "everbus";
import { deleteDB } from "idb";
import { median } from "../median.js";
import { visit } from "./visit.js";

let count = 0;

/** Opening a database that isn't there yet, and one that an earlier page made: medians of `visits` fresh pages. */
export function starting(visits) {
  return [
    row(`start: import until a new bus is open, median of ${visits} fresh pages`, visits, async (start, remove) => {
      const name = `start ${++count}`;
      const time = await start(name);
      await remove(name);
      return time;
    }),
    row(`start: import until a bus that was there is open, median of ${visits} fresh pages`, visits, async (start, remove) => {
      const name = `start ${++count}`;
      await start(name);
      const time = await start(name);
      await remove(name);
      return time;
    }),
  ];
}

function row(name, visits, once) {
  const contestant = (name, task, remove, targets) => ({
    name,
    open() {},
    async measure() {
      const times = [];
      for (let i = 0; i < visits; i++) times.push(await once((database) => visit(task, database), remove));
      return median(times);
    },
    close() {},
    targets,
  });
  const byHand = "by hand, the database alone";
  const targets = [{ atMost: { chromium: 60, firefox: 60 } }, { against: byHand, atMost: { chromium: 3, firefox: 3 } }];
  return {
    name,
    contestants: [contestant("everbus", "everbus", deleteBus, targets), contestant(byHand, "byHand", deleteDB, [])],
  };
}
