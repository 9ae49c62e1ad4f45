// The demo's way of working: streamed, reloaded, edited by hand, forgotten.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serveDemo, show } from "./demo/site.js";
import { browse, profile } from "./engines/visits.js";

serveDemo();

test("the demo streams, and a reload rebuilds it from the log", { timeout: 180_000 }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await demo.counts("0", "0", "0");
  await demo.photograph("empty");
  await demo.part("stream").click();
  await demo.counts("3,376", "5,366", "8,742");
  await demo.live();
  await demo.photograph("streamed");
  await demo.page.reload();
  assert.match(await demo.live(), /Replayed 8,742 events/);
  await demo.counts("3,376", "5,366", "8,742");
  await demo.photograph("replayed");
  await demo.isWell();
});

test("airports are added, renamed and deleted by hand, and stay so after a reload", { timeout: 180_000 }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  for (const [code, name, latitude, longitude] of [["ZZA", "Alpha Field", "39", "-98"], ["ZZB", "Beta Field", "41", "-100"]]) {
    await demo.part("add-airport").click();
    await demo.part("airport-code").fill(code);
    await demo.part("airport-name").fill(name);
    await demo.part("airport-latitude").fill(latitude);
    await demo.part("airport-longitude").fill(longitude);
    await demo.part("airport-save").click();
    await demo.part("airport-form").waitFor({ state: "hidden" });
  }
  await demo.counts("2", "0", "2");
  await demo.part("add-route").click();
  await demo.part("route-from").fill("ZZA");
  await demo.part("route-to").fill("ZZB");
  await demo.part("route-save").click();
  await demo.counts("2", "1", "3");
  await demo.select("ZZA");
  await demo.part("edit-airport").click();
  await demo.part("edit-name").fill("Gamma Field");
  await demo.part("edit-save").click();
  await demo.shows("selected-name", "Gamma Field");
  await demo.counts("2", "1", "4");
  await demo.photograph("edited");

  await demo.page.reload();
  await demo.live();
  await demo.counts("2", "1", "4");
  await demo.select("ZZA");
  await demo.shows("selected-name", "Gamma Field");
  await demo.part("delete-airport").click();
  await demo.counts("1", "0", "6");
  await demo.page.reload();
  await demo.live();
  await demo.counts("1", "0", "6");
  await demo.isWell();
});

test("a second tab shows what the first one streams", { timeout: 180_000 }, async (t) => {
  const context = await browse(t, await profile(t));
  const [streaming, watching] = [await show(context), await show(context)];
  await streaming.page.bringToFront();
  await streaming.part("stream").click();
  await streaming.counts("3,376", "5,366", "8,742");
  await watching.page.bringToFront();
  await watching.counts("3,376", "5,366", "8,742");
  await watching.shows("status", "Live: another tab has brought the log to event 8,742.");
  await watching.photograph("second-tab");
  for (const demo of [streaming, watching]) await demo.isWell();
});

test("forgetting empties the demo for good", { timeout: 180_000 }, async (t) => {
  const demo = await show(await browse(t, await profile(t)));
  await demo.part("add-airport").click();
  await demo.part("airport-code").fill("ZZA");
  await demo.part("airport-name").fill("Alpha Field");
  await demo.part("airport-latitude").fill("39");
  await demo.part("airport-longitude").fill("-98");
  await demo.part("airport-save").click();
  await demo.counts("1", "0", "1");
  await demo.turnTo("accidents");
  await demo.part("forget").click();
  await demo.part("forget-confirm").click();
  await demo.counts("0", "0", "0");
  await demo.page.reload();
  await demo.live();
  await demo.counts("0", "0", "0");
});
