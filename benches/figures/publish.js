// Makes the published tables and charts from measured values.
import { copyFile, readFile, readdir, writeFile } from "node:fs/promises";
import { chart } from "./chart.js";
import { summary, tables } from "./table.js";

const BENCHES = ["log", "delivery", "memory", "start"];
const folder = new URL("./", import.meta.url);
const page = new URL("../RESULTS.md", import.meta.url);
const readme = new URL("../../README.md", import.meta.url);

/** Keeps these files of results, and makes everything anew that is made from the kept ones. */
export async function publish(files) {
  for (const file of files) await copyFile(file, new URL(file.pathname.split("/").at(-1), folder));
  for (const [file, text] of await made()) await writeFile(file, text);
}

/** The files whose text isn't what the kept results make. */
export async function stale() {
  const found = [];
  for (const [file, text] of await made()) {
    if ((await readFile(file, "utf8").catch(() => "")) !== text) found.push(file);
  }
  return found;
}

/** The text of each file that is made from the kept results. */
async function made() {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const results = await Promise.all(names.map(async (name) => JSON.parse(await readFile(new URL(name, folder), "utf8"))));
  const place = ({ bench, engine }) => `${engine} ${BENCHES.indexOf(bench)}`;
  results.sort((a, b) => (place(a) < place(b) ? -1 : 1));
  const charts = results.map((result) => [new URL(`${result.bench}-${result.engine}.svg`, folder), chart(result)]);
  const inChromium = results.filter(({ engine }) => engine === "chromium");
  return [
    ...charts,
    [page, `${[HEAD, ...results.map(tables)].join("\n\n")}\n`],
    [readme, fill(await readFile(readme, "utf8"), summary(inChromium))],
  ];
}

const HEAD = `# Measured

Made by \`scripts/bench --write\` from the values in [figures/](figures); [README.md](README.md) says what each row measures,
how, and what the others don't do. A ratio is taken in each round; the median of all rounds is written, and the lowest and
the highest. Compare ratios, not times.`;

const BEGIN = "<!-- scripts/bench --write fills this in -->";
const END = "<!-- until here -->";

function fill(text, table) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no "${BEGIN}" … "${END}"`);
  return `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`;
}
