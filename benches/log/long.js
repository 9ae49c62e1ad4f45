// A log so long that nobody wants to go through it, and the same events in a table of Dexie's.
import { envelopesOf, idOf, worldOf } from "../page/events.js";
import { expect, inPieces, nextTask } from "../page/work.js";
import * as dexie from "./dexie.js";
import * as everbus from "./everbus.js";

/** How many events each entity has, spread evenly over the log. */
export const TIMES = 20;

/** Makes both, of `count` events, and closes them: `{ count, busName, dexieName, ids }`. They go with the browser's profile. */
export async function makeLong(count) {
  const world = worldOf(count / TIMES);
  const bus = await everbus.openFresh();
  const db = await dexie.openFresh("entity_id");
  for (let time = 0; time < TIMES; time++) {
    for (const events of inPieces(world, 1000)) {
      for (const event of events) bus.publish(event);
      await nextTask();
      await db.events.bulkAdd(envelopesOf(events).map((envelope) => ({ ...envelope, entity_id: idOf(envelope.event) })));
    }
  }
  await bus.flush();
  expect(await bus.log.lastSeqNo(), count, "stored events");
  expect(await db.events.count(), count, "stored rows");
  await bus.close();
  db.close();
  return { count, busName: bus.name, dexieName: db.name, ids: world.map(idOf) };
}

export const openBus = ({ busName }) => everbus.open(busName);
export const openDexie = ({ dexieName }) => dexie.open(dexieName, "entity_id");
