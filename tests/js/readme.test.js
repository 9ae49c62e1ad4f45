// The README's examples compile, and run as they stand, but for the package's address.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { until } from "./engines/realm.js";
import { serve } from "./engines/static-server.js";
import { afterwards, browse, load, profile, visit } from "./engines/visits.js";

const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map(([, example]) => example);
const [first] = examples;
const atItsAddress = (example) => example.replaceAll('from "everbus"', 'from "/pkg/dist/index.js"');
/** What the later examples have from the first one, and from the application. */
const given = `import { type Bus, type FrameworkEvent, entity, openBus } from "everbus";
declare function render(state: unknown): void;
declare function send(event: FrameworkEvent): Promise<void>;
declare global {
  var bus: Bus;
}
`;

/** Runs an example that follows the log as long as the page lives. */
const begin = (page, code) =>
  page.evaluate((code) => {
    document.head.append(Object.assign(document.createElement("script"), { type: "module", textContent: code }));
  }, atItsAddress(code));

let server;
before(async () => {
  server = await serve();
});
after(() => server.close());

test("the README's examples compile as TypeScript", async (t) => {
  const folder = await mkdtemp(fileURLToPath(new URL("types/readme-", import.meta.url)));
  afterwards(t, () => rm(folder, { recursive: true }));
  const files = examples.map((_, n) => `example-${n}.ts`);
  await Promise.all(files.map((file, n) => writeFile(join(folder, file), (n === 0 ? "" : given) + examples[n])));
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../tsconfig.json", files }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const mistakes = await new Promise((resolve) => {
    execFile(process.execPath, [tsc, "-p", folder], { timeout: 120_000 }, (error, stdout) => resolve(error && `${error}\n${stdout}`));
  });
  assert.equal(mistakes, null);
});

test("the README's first example runs in a page, twice", { timeout: 120_000 }, async (t) => {
  assert.ok(first, "README.md has no example");
  assert.match(first, /from "everbus"/);
  assert.ok(first.trimEnd().split("\n").length <= 15, "it has more than 15 lines");
  const page = await visit(t, await browse(t, await profile(t)), server.origin);
  for (const run of ["first", "second"]) {
    const printed = [];
    const heard = new Promise((resolve) => {
      page.on("console", (message) => {
        printed.push(`${message.type()}: ${message.text()}`);
        resolve();
      });
    });
    // A module that fails is an uncaught error, which fails the visit.
    await page.addScriptTag({ type: "module", content: atItsAddress(first) });
    await heard;
    assert.deepEqual(printed.filter((line) => line.startsWith("error:")), [], run);
    await page.reload();
  }
});

test("the README's state is the same in each tab, and after a reload", { timeout: 120_000 }, async (t) => {
  const example = examples.find((each) => each.includes("render("));
  const { code } = await transform(given + example, { loader: "ts" });
  const browser = await browse(t, await profile(t));
  const run = async (page) => {
    await page.evaluate(() => {
      globalThis.renders = 0;
      globalThis.render = (todos) => {
        renders++;
        globalThis.drawn = JSON.stringify([...todos.values()]);
      };
    });
    await begin(page, code);
  };
  const change = (page, act) =>
    page.evaluate(async (act) => {
      const bus = await everbus.openBus("todos");
      const id = "00000000-0000-4000-8000-00000000000a";
      if (act === "create") bus.publish(everbus.entity.created("todo", { text: "milk", done: false }, id));
      if (act === "update") bus.publish(everbus.entity.updated("todo", id, { text: "milk", done: true }));
      if (act === "delete") bus.publish(everbus.entity.deleted("todo", id));
      await bus.close();
    }, act);
  const pages = [await visit(t, browser, server.origin), await visit(t, browser, server.origin)];
  const isDrawn = (expected) => globalThis.drawn === expected;
  const drawn = (todos) => Promise.all(pages.map((page) => until(page, isDrawn, JSON.stringify(todos))));
  for (const page of pages) await run(page);
  await change(pages[0], "create");
  await drawn([{ text: "milk", done: false }]);
  await change(pages[1], "update");
  await drawn([{ text: "milk", done: true }]);
  await pages[0].reload();
  await load(pages[0]);
  await run(pages[0]);
  await drawn([{ text: "milk", done: true }]);
  assert.equal(await pages[0].evaluate(() => renders), 1, "renders of two stored events");
  await change(pages[0], "delete");
  await drawn([]);
});

test("the README's consumer goes on after a reload with what it has not acknowledged", { timeout: 120_000 }, async (t) => {
  const { code } = await transform(examples.find((each) => each.includes("send(")), { loader: "ts" });
  const page = await visit(t, await browse(t, await profile(t)), server.origin);
  const run = async (texts) => {
    await page.evaluate(async (texts) => {
      globalThis.bus = await everbus.openBus("mail");
      globalThis.sent = [];
      globalThis.send = async ({ data }) => void sent.push(data);
      for (const text of texts) bus.publish(created(text));
    }, texts);
    await begin(page, code);
    await until(page, (count) => sent.length === count, texts.length);
    assert.deepEqual(await page.evaluate(() => sent), texts);
    await page.evaluate(() => bus.flush());
  };
  await run(["first", "second"]);
  await page.reload();
  await load(page);
  await run(["third"]);
});
