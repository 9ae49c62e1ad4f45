// Holds the layers that ARCHITECTURE.md shows: `node scripts/layers.mjs` fails if files import each other in a circle, or
// if one imports from a room that its own stands beside or under. `scripts/test lint` runs it.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { filesOf, importsOfRust, importsOfTypeScript } from "./imports.mjs";

process.chdir(new URL("../", import.meta.url).pathname);

/**
 * The rooms of the package, from the ground up: one may use those of the lines below its own. What stands in one line is
 * beside each other, and does without the others.
 */
const PACKAGE = [
  ["api"],
  ["values"],
  ["clock"],
  ["core", "events", "tabs"],
  ["indexeddb", "options"],
  ["publish", "deliver"],
  ["consumers"],
  ["log"],
  ["bus"],
  ["index"],
  ["slim"],
  ["entries"],
];

/** The same for the crate. */
const CRATE = [
  ["platform", "seq_no"],
  ["error"],
  ["json", "seek"],
  ["event", "env"],
  ["envelope"],
  ["wire"],
  ["filter"],
  ["log"],
  ["writer"],
  ["bus"],
  ["web"],
];

/** The rooms of the log. */
const LOG = [
  ["store"],
  ["segment"],
  ["batch", "commits"],
  ["head"],
  ["consumer"],
  ["reading", "retention"],
  ["operations"],
  ["stored", "upkeep"],
  ["conformance"],
];

/** The rooms of the web layer. */
const WEB = [["env", "error"], ["call"], ["convert"], ["bindings", "store"]];

/** The one place where the core asks for its platform: what `env::system` gives in WebAssembly. */
const EXCEPT = { from: "src/env.rs", to: "src/web/env.rs" };

const MOST_FILES = 12;

const faults = [
  ...check("pkg/src", filesOf("pkg/src", ".ts"), importsOfTypeScript, PACKAGE),
  ...checkCrate(),
  ...["pkg/src", "src"].flatMap(foldersOf).flatMap(checkSize),
];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);

function checkCrate() {
  const files = filesOf("src", ".rs").filter((file) => file !== "src/lib.rs");
  const importsOf = importsOfRust(files, "src/lib.rs");
  const imports = (file) => importsOf(file).filter((imported) => file !== EXCEPT.from || imported !== EXCEPT.to);
  return [
    ...check("src", files, imports, CRATE),
    ...checkRooms("src/log", files, imports, LOG),
    ...checkRooms("src/web", files, imports, WEB),
  ];
}

function check(house, files, importsOf, layers) {
  return [...checkRooms(house, files, importsOf, layers), ...circles(files, importsOf)];
}

/** What imports from a room that isn't below its own. */
function checkRooms(house, files, importsOf, layers) {
  const floors = new Map(layers.flatMap((rooms, floor) => rooms.map((room) => [room, floor])));
  const roomOf = (file) => relative(house, file).split("/")[0].replace(/\.(ts|rs)$/, "");
  const inside = files.filter((file) => file.startsWith(`${house}/`));
  const faults = [];
  for (const room of new Set(inside.map(roomOf))) {
    if (!floors.has(room)) faults.push(`${house}/${room} has no place among the layers in scripts/layers.mjs`);
  }
  for (const file of inside) {
    for (const imported of importsOf(file)) {
      if (!imported.startsWith(`${house}/`)) continue;
      const [from, to] = [roomOf(file), roomOf(imported)];
      if (from !== to && !(floors.get(to) < floors.get(from))) faults.push(`${file} imports ${imported}, which isn't below it`);
    }
  }
  return faults;
}

/** A file of each circle of imports. */
function circles(files, importsOf) {
  const faults = [];
  const state = new Map();
  const visit = (file, path) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      faults.push(`a circle of imports: ${[...path.slice(path.indexOf(file)), file].join(" → ")}`);
      return;
    }
    state.set(file, "open");
    for (const imported of importsOf(file)) visit(imported, [...path, file]);
    state.set(file, "done");
  };
  for (const file of files) visit(file, []);
  return faults;
}

function checkSize(folder) {
  const { length } = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return length > MOST_FILES ? [`${folder} has ${length} files: a room has at most ${MOST_FILES}`] : [];
}

function foldersOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
}
