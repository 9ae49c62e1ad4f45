// Both entries in a Worker, which compiles nothing at run time: there the file is imported as a module.
import module from "./everbus.wasm";
import * as core from "./core.js";

const imported = () => core.compileGiven(() => module);

export { EverbusError, entity, link, useWasm } from "./core.js";
export const openBus: typeof core.openBus = /* @__PURE__ */ core.withModule(imported, core.openBus);
export const deleteBus: typeof core.deleteBus = /* @__PURE__ */ core.withModule(imported, core.deleteBus);
