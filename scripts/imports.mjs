// Who imports what, in TypeScript and in Rust, read from the sources' text.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/** The files in a folder, and in those within it. */
export function filesOf(folder, ending) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(ending) && !file.endsWith(".d.ts"))
    .map((file) => join(folder, file));
}

/** The files of the package that a file of it imports. */
export function importsOfTypeScript(file) {
  const text = readFileSync(file, "utf8");
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport\()\s*"(\.[^"]*)\.js"/g)].map(([, specifier]) => specifier);
  const paths = specifiers.map((specifier) => `${join(dirname(file), specifier)}.ts`);
  // The generated glue is no room's, and the entries import what is built of the others.
  return paths.filter((path) => existsSync(path));
}

/**
 * What files of a crate use of each other. A name that a module only passes on is that of the module it is from. What a
 * file uses of the module that it is a part of, or that of its parts, is no import: together they are one room.
 */
export function importsOfRust(files, root) {
  const modules = new Map([root, ...files].map((file) => [moduleOf(file), file]));
  const uses = new Map([...modules].map(([module, file]) => [module, usesOf(file)]));
  const imports = files.map((file) => {
    const own = moduleOf(file);
    const isRoom = (module) => module === own || own.startsWith(`${module}::`) || module.startsWith(`${own}::`);
    const used = new Set(uses.get(own).map(({ path }) => definer(path, modules, uses)));
    return [file, [...used].filter((module) => module !== "" && !isRoom(module)).map((module) => modules.get(module))];
  });
  const found = new Map(imports);
  return (file) => found.get(file);
}

/** The module that a path leads to, past those that pass on what it names. */
function definer(path, modules, uses) {
  let length = path.length;
  while (!modules.has(path.slice(0, length).join("::"))) length--;
  const module = path.slice(0, length).join("::");
  const passedOn = uses.get(module).find(({ as, path: from }) => as === path[length] && from.length > length + 1);
  if (passedOn === undefined) return module;
  return definer([...passedOn.path, ...path.slice(length + 1)], modules, uses);
}

function moduleOf(file) {
  if (basename(file) === "lib.rs") return "";
  return relative("src", file).replace(/\.rs$/, "").split("/").join("::");
}

/** What a file's `use`s bring, each as a path from the crate's root, and under which name. Tests use what they like. */
function usesOf(file) {
  const module = moduleOf(file).split("::").filter(Boolean);
  const text = readFileSync(file, "utf8")
    .replace(/#\[cfg\(test\)\]\s*mod tests \{[\s\S]*/, "")
    .replace(/\/\/.*/g, "");
  const uses = [...text.matchAll(/^\s*(?:pub(?:\([^)]*\))? )?use ([^;]+);/gm)].flatMap(([, tree]) => flatten(tree.replace(/\s+/g, " ")));
  const inline = [...text.matchAll(/\bcrate(?:::\w+)+/g)].map(([path]) => ({ path: path.split("::"), as: path.split("::").at(-1) }));
  return [...uses, ...inline].flatMap(({ path, as }) => {
    const absolute = fromRoot(path, module);
    return absolute === undefined ? [] : [{ path: absolute, as }];
  });
}

function fromRoot([first, ...rest], module) {
  if (first === "crate") return rest;
  if (first === "self") return [...module, ...rest];
  if (first === "super") {
    let up = module.slice(0, -1);
    while (rest[0] === "super") {
      up = up.slice(0, -1);
      rest = rest.slice(1);
    }
    return [...up, ...rest];
  }
  // A module of this file's own.
  const file = join("src", ...module, `${first}.rs`);
  return existsSync(file) ? [...module, first, ...rest] : undefined;
}

/** `a::{b, c::d as e}` as its paths. */
function flatten(tree) {
  const open = tree.indexOf("{");
  if (open < 0) {
    const [path, as] = tree.trim().split(" as ");
    const parts = path.trim().split("::");
    return [{ path: parts, as: as ?? parts.at(-1) }];
  }
  const before = tree.slice(0, open).trim().split("::").filter(Boolean);
  const parts = split(tree.slice(open + 1, tree.lastIndexOf("}")));
  return parts.flatMap(flatten).map(({ path, as }) => ({ path: [...before, ...path.filter((part) => part !== "self")], as }));
}

/** At the commas that are in no inner braces. */
function split(text) {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    if (character === "{") depth++;
    if (character === "}") depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}
