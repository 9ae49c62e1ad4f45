import { entity, openBus } from "everbus";
import { entity as entity2, openBus as openBus2 } from "everbus/slim";
import { expect, test } from "vitest";
import { outcome } from "../../outcome.js";
import { shop } from "../shop.js";

test("the package replays", async () => {
  expect(await shop({ entity, openBus })).toEqual(outcome(1, "memory"));
});

test("its slim entry replays", async () => {
  expect(await shop({ entity: entity2, openBus: openBus2 })).toEqual(outcome(1, "memory"));
});
