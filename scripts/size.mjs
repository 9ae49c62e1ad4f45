// Prints what each part of a WebAssembly module costs: `node scripts/size.mjs NAMED.wasm SHIPPED.wasm`. The first one
// has a name section, by which its functions are put down to crates and modules.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const [CUSTOM, IMPORT, CODE, DATA] = [0, 2, 10, 11];
const FUNCTION_NAMES = 1;

const [named, shipped] = process.argv.slice(2).map((path) => readFileSync(path));

/** Reads the module's numbers and names one after another. */
class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  piece(length) {
    return this.bytes.subarray(this.at, (this.at += length));
  }
  name() {
    return this.piece(this.number()).toString("utf8");
  }
  get isAtEnd() {
    return this.at >= this.bytes.length;
  }
}

function* sectionsOf(module) {
  const reader = new Reader(module, 8);
  while (!reader.isAtEnd) {
    const kind = reader.bytes[reader.at++];
    yield { kind, content: reader.piece(reader.number()) };
  }
}

/** How many functions are imported: their numbers come first. */
function importedFunctions(content) {
  const reader = new Reader(content);
  let functions = 0;
  for (let left = reader.number(); left > 0; left--) {
    const [module, name] = [reader.name(), reader.name()];
    const kind = reader.number();
    if (kind !== 0) throw new Error(`${module}.${name} is imported, and is no function`);
    functions++;
    reader.number();
  }
  return functions;
}

function functionNames(content) {
  const reader = new Reader(content);
  const names = new Map();
  if (reader.name() !== "name") return names;
  while (!reader.isAtEnd) {
    const kind = reader.number();
    const part = new Reader(reader.piece(reader.number()));
    if (kind !== FUNCTION_NAMES) continue;
    for (let left = part.number(); left > 0; left--) names.set(part.number(), part.name());
  }
  return names;
}

const STANDARD = new Set(["core", "alloc", "std", "compiler_builtins", "hashbrown"]);

/**
 * The crate that a function is of; everbus's modules one by one. Generic code counts for the first of these crates that
 * it is for: a callback of everbus for everbus, and a list of strings for the standard library.
 */
function partOf(name = "") {
  const paths = [...name.replace(/\[[0-9a-f]+\]/g, "").matchAll(/[a-z_][a-z0-9_]*(?:::[a-z_][a-z0-9_]*)*(?=::)/g)].map(([path]) => path.split("::"));
  if (paths.length === 0) return "exports and runtime";
  const path = paths.find(([crate]) => crate === "everbus") ?? paths.find(([crate]) => !STANDARD.has(crate)) ?? paths[0];
  const [crate, module, inner] = path;
  if (STANDARD.has(crate)) return "Rust's standard library";
  if (crate !== "everbus") return crate;
  return ["everbus", module, ["log", "web"].includes(module) ? inner : undefined].filter(Boolean).join("::");
}

const sections = [...sectionsOf(named)];
const contentOf = (wanted) => sections.find(({ kind }) => kind === wanted)?.content ?? Buffer.alloc(0);
const names = new Map(sections.filter(({ kind }) => kind === CUSTOM).flatMap(({ content }) => [...functionNames(content)]));
const imported = importedFunctions(contentOf(IMPORT));

const code = new Reader(contentOf(CODE));
const bodies = Array.from({ length: code.number() }, (_, i) => ({
  part: partOf(names.get(imported + i)),
  body: code.piece(code.number()),
}));
if (names.size === 0) throw new Error("the first module has no names");

const zipped = (pieces) => gzipSync(Buffer.concat(pieces), { level: 9 }).length;
const data = contentOf(DATA);
const whole = zipped([...bodies.map(({ body }) => body), data]);
const rows = [...new Set(bodies.map(({ part }) => part))].map((part) => {
  const bytes = bodies.filter((each) => each.part === part).reduce((sum, { body }) => sum + body.length, 0);
  // What the rest takes less. Parts that resemble each other share, so that the sum is less than the whole.
  const rest = bodies.filter((each) => each.part !== part).map(({ body }) => body);
  return { part, bytes, gzipped: whole - zipped([...rest, data]) };
});
rows.push({ part: "data: texts and tables", bytes: data.length, gzipped: whole - zipped(bodies.map(({ body }) => body)) });
rows.sort((a, b) => b.gzipped - a.gzipped);

const line = (...cells) => `| ${cells.join(" | ")} |`;
console.log(line("part", "bytes", "less, gzipped, without it"));
console.log("|---|--:|--:|");
const [shown, small] = [rows.filter(({ bytes }) => bytes >= 500), rows.filter(({ bytes }) => bytes < 500)];
for (const { part, bytes, gzipped } of shown) console.log(line(part, bytes.toLocaleString("en"), gzipped.toLocaleString("en")));
const sum = (field) => small.reduce((total, row) => total + row[field], 0).toLocaleString("en");
console.log(line(`${small.length} more of less than 500 bytes`, sum("bytes"), sum("gzipped")));
const shippedSize = gzipSync(shipped, { level: 9 }).length;
console.log(line("**the module as it is shipped**", shipped.length.toLocaleString("en"), shippedSize.toLocaleString("en")));
