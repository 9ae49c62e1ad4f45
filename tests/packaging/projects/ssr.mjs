// What a server does that renders a page: it imports the page's modules. Prints which globals of the platform and of a
// browser that looked at (not the language's own, such as `Object`), and how many it added.
import { runInNewContext } from "node:vm";

const language = new Set(runInNewContext("Object.getOwnPropertyNames(globalThis)"));
language.delete("WebAssembly");
const touched = [];
const missing = { configurable: true, value: undefined };
const browsers = ["window", "document", "location", "navigator", "indexedDB", "localStorage"].map((key) => [key, missing]);
const globals = { ...Object.fromEntries(browsers), ...Object.getOwnPropertyDescriptors(globalThis) };
for (const [key, property] of Object.entries(globals)) {
  if (language.has(key) || !property.configurable) continue;
  Object.defineProperty(globalThis, key, {
    configurable: true,
    get() {
      touched.push(key);
      return property.get ? property.get.call(globalThis) : property.value;
    },
  });
}
const before = Reflect.ownKeys(globalThis).length;
await Promise.all([import("everbus"), import("everbus/slim")]);
const seen = touched.splice(0);
console.log(JSON.stringify({ touched: seen, added: Reflect.ownKeys(globalThis).length - before }));
