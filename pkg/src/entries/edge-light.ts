// Both entries on an edge runtime that takes a module by `?module`, as Vercel's does.
import module from "./everbus.wasm?module";
import * as core from "./core.js";

const imported = () => core.compileGiven(() => module);

export { EverbusError, entity, link, useWasm } from "./core.js";
export const openBus: typeof core.openBus = /* @__PURE__ */ core.withModule(imported, core.openBus);
export const deleteBus: typeof core.deleteBus = /* @__PURE__ */ core.withModule(imported, core.deleteBus);
