// The row about one entity's events among very many.
import { median } from "../median.js";
import { expect, timed } from "../page/work.js";
import { TIMES, openBus, openDexie } from "./long.js";

/** How many entities a round asks for, one after another. */
const ENTITIES = 5;

/** The events of one entity, which are spread evenly over a log of `count` events that `makeLong` makes at the first need. */
export function oneEntity(count, makeLong) {
  const period = count / TIMES;
  let asked = 0;

  // Always another one, far from the last one.
  const timeNext = async (ids, read) => {
    const place = (asked++ * 7919) % period;
    let found;
    const time = await timed(async () => {
      found = await read(ids[place]);
    });
    const expected = Array.from({ length: TIMES }, (_, i) => i * period + place + 1);
    expect(found.map(({ seq_no }) => seq_no).join(), expected.join(), "the numbers of the entity's events");
    return time;
  };
  const everbus = {
    async open() {
      const { ids, ...long } = await makeLong();
      const bus = await openBus(long);
      return { ids, read: (id) => bus.log.read({ filter: { entity_id: id }, limit: 1000 }), end: () => bus.close() };
    },
    close: ({ end }) => end(),
  };
  const dexie = {
    async open() {
      const { ids, ...long } = await makeLong();
      const db = await openDexie(long);
      return { ids, read: (id) => db.events.where("entity_id").equals(id).toArray(), end: () => db.close() };
    },
    close: ({ end }) => end(),
  };
  const atOnce = {
    measure: ({ ids, read }) => timeNext(ids, read),
  };
  const later = {
    async measure({ ids, read }) {
      await timeNext(ids, read);
      const times = [];
      for (let i = 0; i < ENTITIES; i++) times.push(await timeNext(ids, read));
      return median(times);
    },
  };
  const targets = (against) => [{ atMost: { chromium: 50, firefox: 50 } }, { against, atMost: { chromium: 3, firefox: 3 } }];
  return {
    name: `the ${TIMES} events of one entity among ${count.toLocaleString("en")}, as objects`,
    contestants: [
      { ...everbus, ...later, name: "everbus", targets: targets("Dexie, by an index") },
      { ...dexie, ...later, name: "Dexie, by an index" },
      { ...everbus, ...atOnce, name: "everbus, right after opening", targets: targets("Dexie, right after opening") },
      { ...dexie, ...atOnce, name: "Dexie, right after opening" },
    ],
  };
}
