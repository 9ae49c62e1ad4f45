// Measures in a browser, prints what came out and keeps it as JSON:
// `node benches/run.mjs [NAME...] [--quick | --write] [--engine chromium|firefox] [--only TEXT]`, after scripts/build.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { publish, stale } from "./figures/publish.js";
import { bundle } from "./host/bundle.js";
import { show } from "./host/browser.js";
import { serve } from "./host/server.js";
import { compare, describe } from "./report.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    engine: { type: "string", default: "chromium" },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});
const { quick, engine, only, write } = values;

/** A page that says nothing for so long hangs. Making a long log takes minutes. */
const SILENCE_LIMIT = quick ? 60_000 : 600_000;

const names = positionals.length > 0 ? positionals : ["log", "delivery", "memory", "start"];
const unknown = names.filter((name) => !existsSync(new URL(`${name}/page.js`, import.meta.url)));
if (unknown.length > 0 || !["chromium", "firefox"].includes(engine)) {
  console.error(`unknown: ${unknown.length > 0 ? unknown.join(" ") : engine}. See benches/README.md`);
  process.exit(2);
}

if (write && (quick || only !== "")) {
  console.error("only whole, long runs are written: leave out --quick and --only");
  process.exit(2);
}

const files = [];
for (const name of names) {
  console.log(`${name}, in ${engine}${quick ? ", quick: too short to be compared" : ""}`);
  const result = { bench: name, engine, quick, date: new Date().toISOString(), load: loadavg()[0], rows: [] };
  await measure(name, (said) => {
    if (said.about) {
      Object.assign(result, said.about);
      console.log(`${said.about.userAgent}, ${said.about.cores} cores`);
    }
    if (!said.row) return;
    const row = { ...said.row, comparisons: compare(said.row, engine) };
    result.rows.push(row);
    console.log(`\n${describe(row)}`);
  });
  const folder = new URL("results/", import.meta.url);
  await mkdir(folder, { recursive: true });
  const file = new URL(`${[name, engine, quick && "quick", only && "part"].filter(Boolean).join("-")}.json`, folder);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\n${fileURLToPath(file)}`);
  files.push(file);
}
if (write) await publish(files);
if (quick) {
  const differing = await stale();
  if (differing.length > 0) {
    console.error(`not made from the kept results: ${differing.map(fileURLToPath).join(", ")}. Run scripts/bench --write`);
    process.exit(1);
  }
}

/** Shows the page of a bench and passes on what it says, until it is done. */
async function measure(name, hear) {
  const endings = [];
  const scope = { after: (ending) => endings.unshift(ending) };
  try {
    const script = await bundle(name);
    await new Promise((resolve, reject) => {
      let silence;
      const expectMore = (last) => {
        clearTimeout(silence);
        silence = setTimeout(() => reject(new Error(`nothing heard for ${SILENCE_LIMIT} ms after: ${last}`)), SILENCE_LIMIT);
      };
      scope.after(() => clearTimeout(silence));
      expectMore("the start");
      const onSaid = async (said) => {
        expectMore(JSON.stringify(said));
        if (said.failure) reject(new Error(said.failure));
        else if (said.done) resolve();
        else if (said.order) await shown.then((orders) => orders[said.order](said.tab)).catch(reject);
        else hear(said);
      };
      const query = new URLSearchParams({ ...(quick && { quick }), only, engine });
      const shown = serve(scope, script, onSaid).then((origin) => show(scope, engine, `${origin}/?${query}`));
      shown.catch(reject);
    });
  } finally {
    for (const end of endings) await end();
  }
}
