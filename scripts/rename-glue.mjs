// Has the generated glue use the short names that the optimizer has given the module's imports and exports:
// `wasm_opt --minify-imports-and-exports-and-modules IN -o OUT | node scripts/rename-glue.mjs GLUE.js`. It reads which is
// which. The long ones are 3 % of the package after compression, as most end with a hash.
import { readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";

/** What the optimizer calls the module of all imports. */
const MODULE = "a";

const [path] = process.argv.slice(2);
const names = JSON.parse(await text(process.stdin));
const exported = new Map(names.exports);
const imported = new Map(names.imports.map(([, name, short]) => [name, short]));

const glue = readFileSync(path, "utf8")
  .replace(/\bwasm\.(\w+)/g, (_, name) => `wasm.${shortOf(exported, name)}`)
  .replace(/^ {8}(\w+)(?=: function\()/gm, (_, name) => `        ${shortOf(imported, name)}`)
  .replace(/"[^"]+"(?=: import0)/, MODULE);
writeFileSync(path, glue);

function shortOf(names, name) {
  const short = names.get(name);
  if (short === undefined) throw new Error(`the module doesn't have ${name}`);
  return short;
}
