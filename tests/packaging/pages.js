// Pages in Chromium that run the shop.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { options } from "../js/engines/chromium.js";
import { outcome } from "./outcome.js";

let browser;
export const start = async () => void (browser = await chromium.launch(options()));
export const stop = () => browser.close();

/** Visits a page in a fresh profile. `look` gets a function that loads it (again) and brings its `outcome`. */
export async function visit(url, look) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => /error|warning/.test(message.type()) && complaints.push(message.text()));
  try {
    await look(async () => {
      await page.goto(url);
      await page.waitForFunction(() => "outcome" in globalThis);
      return page.evaluate(() => globalThis.outcome);
    }, complaints);
  } catch (error) {
    error.message += `\n${complaints.join("\n")}`;
    throw error;
  } finally {
    await context.close();
  }
}

/** Visits a page that runs the shop, reloads it, and sees that the second visit replays the first. */
export function shopInPage(url) {
  return visit(url, async (load, complaints) => {
    assert.deepEqual(await load(), outcome(1, "persistent"));
    assert.deepEqual(await load(), outcome(2, "persistent"));
    assert.deepEqual(complaints, []);
  });
}
