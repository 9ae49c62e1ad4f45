// `everbus/slim` in Node, whose fetch reads no files.
import { readFile } from "node:fs/promises";
import * as core from "./core.js";

// Known by what it says: test environments have a URL of their own.
const load = async (address: string | URL | Request) =>
  (address as Partial<URL>).protocol === "file:" ? readFile(address as URL) : fetch(address);
const read = () => core.compileGiven(() => new URL("./everbus.wasm", import.meta.url), load);

export { EverbusError, entity, link, useWasm } from "./core.js";
export const openBus: typeof core.openBus = /* @__PURE__ */ core.withModule(read, core.openBus);
export const deleteBus: typeof core.deleteBus = /* @__PURE__ */ core.withModule(read, core.deleteBus);
