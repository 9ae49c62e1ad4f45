// Pages that are hidden, frozen, prerendered or in the back/forward cache while others write: each event once, in order, after.
import assert from "node:assert/strict";
import { test } from "node:test";
import { options } from "./engines/chromium.js";
import { inEachEngine, serveFor } from "./engines/each.js";
import { find } from "./engines/processes.js";
import { until } from "./engines/realm.js";
import { drive } from "./engines/webdriver.js";
import { range } from "./suite/fixtures.js";
import { follow, hasAll, hasExactly, write } from "./tabs/following.js";

const limit = { timeout: 180_000 };

/** Nobody is left to say that something was missed. */
const leave = async () => {
  await bus.close();
  globalThis.bus = undefined;
};

/** Two tabs of one window, as a user has them: the one that isn't shown is hidden, and can be frozen. */
async function realTabs(t, heard) {
  const { origin } = await serveFor(t, heard);
  const { executablePath, args } = options();
  const chrome = { binary: executablePath, args: [...args, "--headless=new"] };
  const driver = await drive(find("chromedriver"), (port) => [`--port=${port}`], { browserName: "chrome", "goog:chromeOptions": chrome });
  t.after(() => driver.close());
  const tab = (handle) => {
    const within = async (method, path, body) => {
      await driver.command("POST", "/window", { handle });
      return driver.command(method, path, body);
    };
    const devtools = (cmd, params = {}) => within("POST", "/goog/cdp/execute", { cmd, params });
    return {
      show: () => devtools("Page.bringToFront"),
      turn: (state) => devtools("Page.setWebLifecycleState", { state }),
      async evaluate(work, ...args) {
        const script = `const done = arguments[arguments.length - 1];
          (${work})(...[...arguments].slice(0, -1)).then((value) => done({ value }), (error) => done({ error: error.stack }));`;
        const { value, error } = await within("POST", "/execute/async", { script, args });
        if (error !== undefined) throw new Error(error);
        return value;
      },
    };
  };
  const [first, second] = [await driver.command("GET", "/window"), (await driver.command("POST", "/window/new", { type: "tab" })).handle];
  const tabs = [tab(first), tab(second)];
  for (const { evaluate } of tabs) {
    await evaluate(async () => {});
    await driver.open(`${origin}/tests/js/hosts/blank.html`);
    await evaluate(async () => {
      globalThis.everbus = await import("/pkg/dist/index.js");
      globalThis.created = (data) => everbus.entity.created("order", data);
    });
  }
  return tabs;
}

test("a page that was hidden and frozen gets what it missed when it is thawed", limit, async (t) => {
  const [reader, writer] = await realTabs(t);
  await reader.show();
  await reader.evaluate(async () => {
    globalThis.channels = 0;
    globalThis.BroadcastChannel = class extends BroadcastChannel {
      constructor(name) {
        super(name);
        channels++;
      }
      close() {
        super.close();
        channels--;
      }
    };
  });
  await reader.evaluate(follow);
  await reader.evaluate(async () => {
    globalThis.states = [];
    for (const event of ["freeze", "resume"]) document.addEventListener(event, () => states.push([event, channels, got.subscriber.length]));
  });
  await writer.show();
  await writer.evaluate(write, 5);
  // Hidden, but not frozen: it gets events as they come.
  const caughtUp = `async (count) => {
    while (!(${hasAll})(count)) await new Promise((resolve) => setTimeout(resolve, 10));
    return got;
  }`;
  await reader.evaluate(caughtUp, 5);
  for (const round of [1, 2, 3]) {
    await reader.turn("frozen");
    await writer.evaluate(write, 40);
    await writer.evaluate(leave);
    await reader.turn("active");
    await reader.evaluate(caughtUp, round * 45);
    // From now on it gets events as they come again.
    await writer.evaluate(write, 5);
    const last = round * 45 + 5;
    for (const [who, numbers] of Object.entries(await reader.evaluate(caughtUp, last))) assert.deepEqual(numbers, range(1, last), who);
  }
  const states = await reader.evaluate(async () => states);
  // What is said meanwhile would pile up where somebody listens.
  assert.deepEqual(states, [5, 50, 95].flatMap((count) => [["freeze", 0, count], ["resume", 1, count]]));
});

// Only Chromium prerenders.
test("a page that was prerendered gets what it missed when it is shown, and holds what is exclusive from then on", limit, async (t) => {
  const told = new Map();
  const hearing = (about) => new Promise((resolve) => told.set(about, resolve));
  const [prerendered, shown] = [hearing("/prerendered"), hearing("/shown")];
  const [writer] = await realTabs(t, (about, outcome) => told.get(about)?.(outcome));
  await writer.evaluate(write, 3);
  await writer.evaluate(async () => {
    const rules = document.createElement("script");
    rules.type = "speculationrules";
    rules.textContent = JSON.stringify({ prerender: [{ source: "list", urls: ["/tests/js/hosts/prerendered.html"], eagerness: "immediate" }] });
    document.head.append(rules);
  });
  assert.deepEqual(await prerendered, { prerendering: true, seqNo: 4 });
  await writer.evaluate(write, 5);
  await writer.evaluate(async () => void (location.href = "/tests/js/hosts/prerendered.html"));
  assert.deepEqual(await shown, { got: { subscriber: range(4, 9), exclusive: range(1, 9) }, wasShown: true });
});

// Firefox doesn't use its cache while it is driven.
inEachEngine(({ test, site }) => {
  test("a page comes back from the back/forward cache with an open bus, and gets what it missed", limit, async (t) => {
    const told = new Map();
    /** What a page posts to /outcomes<about>, once. */
    const hearing = (about) => new Promise((resolve) => told.set(about, resolve));
    const back = hearing("/back");
    const away = hearing("/away");
    const live = hearing("/live");
    const { visit } = await site(t, (about, outcome) => told.get(about)?.(outcome));
    const writer = await visit();
    const reader = await visit();
    await reader.evaluate(follow);
    await writer.evaluate(write, 5);
    await hasExactly(reader, 5);

    // It may be gone before it has answered.
    const leaving = reader.evaluate(() => {
      addEventListener("pageshow", async ({ persisted }) => {
        const tell = (about, told) => fetch(`/outcomes/${about}`, { method: "POST", body: JSON.stringify(told) });
        const caughtUp = async (count) => {
          while (!Object.values(got).every((list) => list.length >= count)) await new Promise((resolve) => setTimeout(resolve, 10));
        };
        const last = await bus.log.lastSeqNo();
        await caughtUp(last);
        await tell("back", { persisted, reasons: performance.getEntriesByType("navigation")[0].notRestoredReasons });
        await caughtUp(last + 5);
        await tell("live", got);
      });
      location.href = "/tests/js/hosts/away.html";
    });
    leaving.catch(() => {});
    await away;
    await writer.evaluate(write, 40);
    await writer.evaluate(leave);
    await writer.evaluate(() => new BroadcastChannel("away").postMessage("come back"));
    const { persisted, reasons } = await back;
    assert.ok(persisted, `not restored: ${JSON.stringify(reasons)}`);
    // From now on it gets events as they come again.
    await writer.evaluate(write, 5);
    for (const [who, numbers] of Object.entries(await live)) assert.deepEqual(numbers, range(1, 50), who);
  });
}, ["Chromium", "WebKitGTK"]);
