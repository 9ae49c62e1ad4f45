// Tells `everbus/slim` where its WebAssembly is, in the way that the first argument names; the second is a server that
// has it, as /everbus.wasm and, as any bytes, as /everbus.bin. Prints what came of it.
import { readFile } from "node:fs/promises";
import { entity, openBus, useWasm } from "everbus/slim";
import { shop } from "./shop.js";

const [way, origin] = process.argv.slice(2);
const address = `${origin}/everbus.wasm`;
const bytes = () => readFile(new URL(import.meta.resolve("everbus/wasm")));

const sources = {
  address: () => address,
  url: () => new URL(address),
  request: () => new Request(address),
  response: () => fetch(address),
  bytes: async () => bytes(),
  module: async () => WebAssembly.compile(await bytes()),
  otherType: () => `${origin}/everbus.bin`,
  missing: () => `${origin}/missing.wasm`,
  unreachable: () => new Request("http://127.0.0.1:1/everbus.wasm"),
  rejected: () => Promise.reject(new Error("no")),
  nothing: () => undefined,
  number: () => 5,
};

try {
  useWasm(sources[way]());
  console.log(JSON.stringify(await shop({ entity, openBus })));
} catch ({ name, code, message }) {
  // What failed may be tried again.
  useWasm(address);
  console.log(JSON.stringify({ name, code, message, then: await shop({ entity, openBus }) }));
}
