// With IndexedDB from fake-indexeddb, in every test runner and each of its environments: the log is there again.
import "fake-indexeddb/auto";
import { entity, openBus } from "everbus";
import { outcome } from "../../outcome.js";
import { shop } from "../shop.js";

for (const visit of [1, 2]) {
  test(`visit ${visit} finds what was stored before`, async () => {
    expect(await shop({ entity, openBus })).toEqual(outcome(visit, "persistent"));
  });
}
